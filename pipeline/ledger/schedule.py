"""Scheduled slots against certificates: a receipt for every one, and none that nobody scheduled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import Field

from sunproof.pipeline.auditing.chain import certificate_lines
from sunproof.pipeline.config import Config, load_config
from sunproof.pipeline.errors import InputError, Problem

__all__ = ["ScheduleConfig", "certified_slots", "compare_slots", "scheduled_slots"]

# Slots named one by one; of more, the number is told.
_SHOWN = 10

Slot = tuple[str, str, int]


class ScheduleConfig(Config):
    """A service's hours: one full-disk forecast at each."""

    start: datetime
    """First issue time, UTC."""
    end: datetime
    """No issue time at or after this one, UTC."""
    cadence_hours: float = Field(gt=0)
    """From one issue time to the next."""


def scheduled_slots(path: str) -> tuple[list[Slot], bool]:
    """Read what was scheduled.

    Parameters
    ----------
    path : str
        A YAML file (`ScheduleConfig`): full-disk slots at fixed hours; or a netCDF file of samples, where ``:block``
        behind the name takes the rows of that block: every row is a slot.

    Returns
    -------
    slots : list of (issue time, entity, HARP number)
    regions : bool
        Whether regions are scheduled, too; else certificates of regions are not counted.

    Raises
    ------
    SunproofError
        If it cannot be read.
    """
    if path.endswith((".yaml", ".yml")):
        return _of_hours(load_config(ScheduleConfig, path)), False
    name, _, block = path.partition(".nc")
    return _of_samples(f"{name}.nc", block.removeprefix(":")), True


def _of_hours(config: ScheduleConfig) -> list[Slot]:
    start, end = (moment.replace(tzinfo=moment.tzinfo or UTC) for moment in (config.start, config.end))
    step = timedelta(hours=config.cadence_hours)
    # Rounded up, for the end itself is no issue time.
    count = max(0, -((start - end) // step))
    return [(_iso(start + number * step), "full_disk", -1) for number in range(count)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of_samples(path: str, block: str) -> list[Slot]:
    # imported here: a schedule of hours needs no xarray
    import numpy as np

    from sunproof.pipeline.samples.dataset import read_samples
    from sunproof.pipeline.samples.reading import texts

    samples = read_samples(Path(path))
    blocks = texts(samples["block"])
    if block and block not in blocks:
        # no slot at all would make every certificate one that nobody scheduled
        raise InputError(Problem("no such block", path, block, f"one of {', '.join(sorted(set(blocks)))}"))
    rows = samples.isel(sample=np.flatnonzero(blocks == block)) if block else samples
    times = np.datetime_as_string(rows["issue_time"].to_numpy(), unit="s")
    entities, harps = texts(rows["entity"]), rows["harpnum"].to_numpy()
    return [(f"{t}Z", str(e), int(h)) for t, e, h in zip(times, entities, harps, strict=True)]


def certified_slots(paths: Iterable[str | Path]) -> list[Slot]:
    """List the slots of all certificates of some files."""
    found: list[Slot] = []
    for path in paths:
        for line in certificate_lines(path):
            record = json.loads(line)
            if record["kind"] == "certificate":
                key = record["key"]
                found.append((record["times"]["issue_time"], key["entity"], int(key["harpnum"])))
    return found


def compare_slots(wanted: list[Slot], regions: bool, found: list[Slot], where: str) -> list[Problem]:
    """Tell which slots have no certificate, which have several, and which were not scheduled.

    Parameters
    ----------
    wanted, found : list
        Slots.
    regions : bool
        Whether regions were scheduled.
    where : str
        Place named in the problems.
    """
    # A plan of hours names no regions: which there will be, nobody knows beforehand.
    counted = Counter(slot for slot in found if regions or slot[1] == "full_disk")
    planned = Counter(wanted)
    missing, extra = planned - counted, counted - planned
    told = f"{counted.total()} certificates for {planned.total()} slots"
    problems = [Problem("a scheduled slot has no certificate", where, _words(slot), told) for slot in sorted(missing)]
    problems += [
        Problem("more certificates than were scheduled for the slot", where, _words(slot), told)
        for slot in sorted(extra)
    ]
    if len(problems) > _SHOWN:
        left = len(problems) - _SHOWN
        problems[_SHOWN:] = [Problem("and more slots like these", where, left, told)]
    return problems


def _words(slot: Slot) -> str:
    time, entity, harp = slot
    return f"{time} {entity}" + (f" HARP {harp}" if harp >= 0 else "")
