"""The NOAA region summary (SRS) that was last issued at a data cut-off: area, classes, spots, place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import group_names, open_group, texts
from sunproof.pipeline.samples.timeline import Timeline

__all__ = ["Summaries", "read_summaries"]

# Sidereal rotation of magnetic features, Howard, Harvey & Forgach 1990, Sol. Phys. 130, 295 (sunpy's default), urad/s,
# and the Earth's mean motion, deg/day.
_ROTATION = (2.894, -0.428, -0.370)
_EARTH = 0.9856
_PER_DAY = np.degrees(1e-6) * 86400

# McIntosh 1990, Sol. Phys. 125, 251: modified Zurich class, penumbra of the largest spot, spot distribution.
_MCINTOSH = ("ABCDEFH", "XRSAHK", "XOIC")


@dataclass(frozen=True, eq=False)
class Summaries:
    """Latest region summary of each row. A patch with several regions gets the largest one's classes and place.

    Parameters
    ----------
    time : array of datetime64[us], shape (row,)
        When the summary was issued; NaT where there is none recent enough.
    numbers : dict of str to array of float, shape (row,)
        ``srs_area`` (summed over the patch's regions), ``spot_count`` (summed), ``longitude_extent``, ``latitude``,
        ``longitude`` (rotated from the time of issue to the cut-off). NaN where missing.
    mcintosh, hale : array of str objects, shape (row,)
        Classes as printed; empty where missing.
    spotless : array of float, shape (row,)
        1 for a plage without spots (section IA, which prints neither area nor class), 0 for a sunspot group.
    noaa_ar : array of int, shape (row,)
        Whose classes and place these are; -1 where there is no summary.
    regions : array of float, shape (row,)
        How many of the patch's regions the summary lists; NaN where there is no summary.
    """

    time: NDArray[Any]
    numbers: dict[str, NDArray[np.float64]]
    mcintosh: NDArray[Any]
    hale: NDArray[Any]
    spotless: NDArray[np.float64]
    noaa_ar: NDArray[np.int64]
    regions: NDArray[np.float64]

    def columns(self, keys: Keys) -> dict[str, NDArray[np.float64]]:
        """Named numbers for a model: the numbers, and each letter of the classes as 0 or 1."""
        area = self.numbers["srs_area"]
        longitude = self.numbers["longitude"]
        columns = {**self.numbers, "spotless": self.spotless}
        # A plage without spots has no printed class, and that is known: its letters are 0, not missing.
        plage = self.spotless == 1
        columns["log_srs_area"] = np.log10(1 + area)
        columns["limb_distance"] = 90 - np.abs(longitude)
        columns["srs_age"] = keys.hours_since(self.time)
        letters = np.char.upper(self.mcintosh.astype("U3"))
        printed = (np.char.str_len(letters) == 3) | plage
        for place, (part, alphabet) in enumerate(zip(("z", "p", "c"), _MCINTOSH, strict=True)):
            letter = np.array([text[place : place + 1] for text in letters])
            for one in alphabet:
                columns[f"mcintosh_{part}_{one.lower()}"] = np.where(printed, letter == one, np.nan)
        hale = np.char.lower(self.hale.astype("U32"))
        for part in ("beta", "gamma", "delta"):
            columns[f"hale_{part}"] = np.where((hale != "") | plage, np.char.find(hale, part) >= 0, np.nan)
        return columns


def read_summaries(archive: str | Path, keys: Keys, max_age_hours: float) -> Summaries:
    """Find the latest summary issued at or before each data cut-off.

    Parameters
    ----------
    archive : str or Path
        Its group ``srs``; without it everything is missing.
    keys : Keys
        The rows.
    max_age_hours : float
        An older summary is no summary.

    Returns
    -------
    Summaries
    """
    size = len(keys)
    names = ("srs_area", "spot_count", "longitude_extent", "latitude", "longitude")
    numbers = {name: np.full(size, np.nan) for name in names}
    mcintosh, hale = (np.full(size, "", dtype=object) for _ in range(2))
    nothing = np.full(size, np.datetime64("NaT", "us"))
    spotless, regions = np.full(size, np.nan), np.full(size, np.nan)
    result = Summaries(nothing, numbers, mcintosh, hale, spotless, np.full(size, -1, np.int64), regions)
    if "srs" not in group_names(archive):
        return result
    table = open_group(archive, "srs", ["time", "noaa_ar", "srs_section", "mcintosh", "hale", *names]).load()
    # section II lists regions that are not on the disk
    listed = np.flatnonzero(np.isin(texts(table["srs_section"]), ["I", "IA"]))
    line = Timeline(table["noaa_ar"].to_numpy()[listed], table["time"].to_numpy()[listed])
    listed = listed[line.order]
    cutoff = keys.cutoff[keys.noaa_row]
    oldest = cutoff - np.timedelta64(round(max_age_hours * 3.6e9), "us")
    end = line.until(keys.noaa_ar, cutoff)
    found = end > line.until(keys.noaa_ar, oldest)
    _fill(result, table.isel(record=listed[end[found] - 1]), keys.noaa_row[found], keys)
    return result


def _fill(result: Summaries, found: Any, row: NDArray[np.intp], keys: Keys) -> None:
    """Put the records found for (row, region) pairs into the rows."""
    values = {name: found[name].to_numpy().astype(np.float64) for name in result.numbers}
    # section IA holds plages without spots: there is no printed area because there is no spot
    spotless = texts(found["srs_section"]) == "IA"
    for name in ("srs_area", "spot_count", "longitude_extent"):
        values[name] = np.where(spotless, 0.0, values[name])
    # From unknown to a count; add.at because a row stands here once for each of its regions.
    result.regions[row] = 0
    np.add.at(result.regions, row, 1)
    for name in ("srs_area", "spot_count"):
        result.numbers[name][row] = 0
        np.add.at(result.numbers[name], row, values[name])
    # writing in ascending order of area leaves the largest region's values
    order = np.argsort(np.nan_to_num(values["srs_area"], nan=-1), kind="stable")
    row = row[order]
    for name in ("longitude_extent", "latitude", "longitude"):
        result.numbers[name][row] = values[name][order]
    result.time[row] = found["time"].to_numpy().astype("datetime64[us]")[order]
    result.mcintosh[row] = texts(found["mcintosh"])[order]
    result.hale[row] = texts(found["hale"])[order]
    result.spotless[row] = spotless[order]
    result.noaa_ar[row] = found["noaa_ar"].to_numpy().astype(np.int64)[order]
    # The summary is hours old at the cut-off: the region has turned on since.
    days = keys.hours_since(result.time) / 24
    result.numbers["longitude"] += _synodic(result.numbers["latitude"]) * days


def _synodic(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation as seen from the Earth, degrees a day."""
    sine2 = np.sin(np.radians(latitude)) ** 2
    return np.asarray((_ROTATION[0] + _ROTATION[1] * sine2 + _ROTATION[2] * sine2**2) * _PER_DAY - _EARTH)
