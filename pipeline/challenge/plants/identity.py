"""Right values of the wrong region, or of the wrong time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.editing import Table, edited
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator

_ALL = 72.0


def _tables(scene: Scene, hours: float) -> list[Table]:
    sharp = scene.groups["sharp"]
    table = np.stack([sharp[name].to_numpy() for name in SHARP_KEYWORDS], axis=1).astype(np.float64)
    return [table[rows] for rows in scene.records(hours)]


def _donors(scene: Scene, tables: list[Table], random: Random) -> NDArray[np.intp]:
    """Another region for each region-time: never itself, never one without records."""
    harp = scene.slots["harpnum"].to_numpy()
    full = np.flatnonzero([len(table) > 0 for table in tables])
    drawn = random.choice(full, len(harp))
    for number in np.flatnonzero(harp[drawn] == harp):
        others = full[harp[full] != harp[number]]
        drawn[number] = random.choice(others) if len(others) else number
    return drawn


def _foreign(values: Table, other: Table, hours: float) -> Table:
    """Put the latest records of another region over those of the last hours."""
    count = min(len(values), max(1, round(len(values) * hours / _ALL)))
    # stretched or thinned to the number of records that are there
    rows = len(other) - 1 - (np.arange(count)[::-1] * max(1, len(other)) // max(count, len(values)))
    values[-count:] = other[np.clip(rows, 0, len(other) - 1)]
    return values


def _another(scene: Scene, severity: Grades, random: Random) -> Scene:
    tables = _tables(scene, _ALL)
    donors = _donors(scene, tables, random)
    return edited(scene, severity, _ALL, lambda values, hours, number: _foreign(values, tables[donors[number]], hours))


def _mixed(scene: Scene, severity: Grades, random: Random) -> Scene:
    tables = _tables(scene, _ALL)
    donors = _donors(scene, tables, random)

    def edit(values: Table, count: float, number: int) -> Table:
        chosen = random.permutation(values.shape[1])[: round(count)]
        values[:, chosen] = _foreign(values.copy(), tables[donors[number]], _ALL)[:, chosen]
        return values

    return edited(scene, severity, _ALL, edit)


def _number(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Give each patch the number of another region on the disk: 1 any, 2 one of the larger half, 3 the largest."""
    srs, slots = scene.groups["srs"], scene.slots
    when, noaa = srs["time"].to_numpy(), srs["noaa_ar"].to_numpy()
    area = np.nan_to_num(srs["srs_area"].to_numpy())
    shown = texts(srs["srs_section"]) == "I"
    wrong = slots["noaa_ar"].to_numpy().copy()
    for row, (now, own, grade) in enumerate(zip(slots["data_cutoff"].to_numpy(), wrong.copy(), severity, strict=True)):
        day = np.timedelta64(24, "h")
        there = np.flatnonzero(shown & (when <= now) & (when > now - day) & (noaa != own))
        if len(there):
            ordered = there[np.argsort(area[there])]
            first = {1: 0, 2: len(ordered) // 2, 3: len(ordered) - 1}[int(grade)]
            wrong[row] = noaa[random.choice(ordered[first:])]
    return _renumbered(scene, wrong)


def _renumbered(scene: Scene, wrong: NDArray[np.int64]) -> Scene:
    slots, harp = scene.slots, scene.slots["harpnum"].to_numpy()
    groups = dict(scene.groups)
    table = groups["harp_noaa"]
    own = table["harpnum"].to_numpy()
    # a patch stands in several region-times, but has one number
    final = dict(zip(harp.tolist(), wrong.tolist(), strict=True))
    first = np.append(True, own[1:] != own[:-1])
    # with one number per patch: of several regions the first stands for all
    kept = ~np.isin(own, harp) | first
    table = table.isel(record=kept)
    own = table["harpnum"].to_numpy()
    number = np.array(
        [final.get(key, value) for key, value in zip(own.tolist(), table["noaa_ar"].to_numpy().tolist(), strict=True)]
    )
    groups["harp_noaa"] = table.assign(noaa_ar=("record", number))
    sharp = groups["sharp"]
    patch = sharp["harpnum"].to_numpy()
    inside = np.isin(patch, harp)
    changed = {}
    if "noaa_ar" in sharp:
        values = sharp["noaa_ar"].to_numpy().copy()
        values[inside] = [final[key] for key in patch[inside].tolist()]
        changed["noaa_ar"] = ("record", values)
    if "noaa_ars" in sharp:
        names = sharp["noaa_ars"].to_numpy().astype(object)
        names[inside] = [str(final[key]) if final[key] >= 0 else "" for key in patch[inside].tolist()]
        changed["noaa_ars"] = ("record", names)
    groups["sharp"] = sharp.assign(changed)
    last = np.array([final[key] for key in harp.tolist()])
    columns = {"noaa_ar": ("forecast", last)}
    if "noaa_ars" in slots:
        columns["noaa_ars"] = ("forecast", np.array([str(n) if n >= 0 else "" for n in last], object))
    return replace(scene, groups=groups, slots=slots.assign(columns))


def _delayed(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Stamp records with so many hours later."""

    def edit(values: Table, hours: float, _: int) -> Table:
        back = round(len(values) * hours / _ALL)
        return values[np.maximum(np.arange(len(values)) - back, 0)]

    return edited(scene, severity, _ALL, edit)


def _early(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Put into the history what was observed after the data cut-off."""
    sharp = scene.groups["sharp"]
    table = np.stack([sharp[name].to_numpy() for name in SHARP_KEYWORDS], axis=1).astype(np.float64)
    later = [table[rows] for rows in scene.records(0.0, -24.0)]

    def edit(values: Table, hours: float, number: int) -> Table:
        both = np.concatenate([values, later[number]])
        ahead = round(len(values) * hours / _ALL)
        rows = np.minimum(np.arange(len(values)) + ahead, len(both) - 1)
        return both[rows]

    return edited(scene, severity, _ALL, edit)


def _flare_clock(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Stamp flares with so many hours earlier: what will happen seems to have happened."""
    groups = dict(scene.groups)
    # one shift for the whole list, as a clock would have it
    shift = np.timedelta64(round(float(np.median(severity))), "h")
    for name in [key for key in groups if key.startswith("flares_")]:
        group = groups[name]
        moved = {key: group[key] - shift for key in ("start_time", "peak_time", "end_time") if key in group}
        groups[name] = group.assign(moved)
    return replace(scene, groups=groups)


PLANTS = (
    Plant(
        "another region",
        "wrong identity",
        "All keywords of the last hours are another region's.",
        _another,
        (6, 24, 72),
    ),
    Plant("mixed regions", "wrong identity", "So many keywords are another region's.", _mixed, (4, 8, 12)),
    Plant("wrong number", "wrong identity", "The patch carries another region's NOAA number.", _number, (1, 2, 3)),
    Plant("stale", "wrong time", "Records carry the stamps of so many hours later.", _delayed, (12, 24, 48)),
    Plant("future", "wrong time", "Records of so many hours after the data cut-off.", _early, (6, 12, 24)),
    Plant("flare clock", "wrong time", "The flare list is ahead by half a day.", _flare_clock, (12.0,)),
)
