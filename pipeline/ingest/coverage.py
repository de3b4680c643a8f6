"""The interval in which a catalogue of several files claims to be complete, and what it is declared to lack in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from sunproof.pipeline.errors import ArchiveError, ProblemList

__all__ = ["merge_coverage", "note_missing", "read_missing"]

# Files whose stretches end at 23:59 or 23:59:59 and begin at 00:00 touch: flare lists are given to the minute.
_TOUCHING = np.timedelta64(60, "s")


def merge_coverage(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the coverage of files into that of their group.

    Parameters
    ----------
    facts : sequence of mapping
        What readers noted about the files; ``coverage_start`` and ``coverage_end`` are ISO 8601 where there are any.

    Returns
    -------
    dict
        ``coverage``: every stretch, in order, as pairs; ``coverage_start`` and ``coverage_end``: the longest of them,
        because a gap between two files must not be taken for a time without flares. Empty where no file claims any.
    """
    claims = sorted(
        (np.datetime64(item["coverage_start"], "ns"), np.datetime64(item["coverage_end"], "ns"))
        for item in facts
        if "coverage_start" in item and "coverage_end" in item
    )
    stretches: list[list[np.datetime64]] = []
    for start, end in claims:
        if stretches and start <= stretches[-1][1] + _TOUCHING:
            stretches[-1][1] = max(stretches[-1][1], end)
        else:
            stretches.append([start, end])
    if not stretches:
        return {}
    # one claim for those who read a single interval: the longest, for nothing is known of the gap between two
    longest = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return {
        "coverage": [[_iso(time) for time in stretch] for stretch in stretches],
        "coverage_start": _iso(longest[0]),
        "coverage_end": _iso(longest[1]),
    }


def note_missing(stretches: Sequence[tuple[datetime, datetime]]) -> dict[str, Any]:
    """Write what a catalogue is declared to lack as an attribute of its group.

    Parameters
    ----------
    stretches : sequence of (datetime, datetime)
        UTC, in any order; a catalogue's file tells what is in it, and not which of its quiet days nobody reported.

    Returns
    -------
    dict
        ``missing``: the stretches in order, as pairs in ISO 8601. Empty where nothing is declared.
    """
    pairs = [[_iso(np.datetime64(time, "s")) for time in stretch] for stretch in sorted(set(stretches))]
    return {"missing": pairs} if pairs else {}


def read_missing(attributes: Mapping[str, Any], where: str) -> list[tuple[np.datetime64, np.datetime64]]:
    """Read what `note_missing` wrote.

    Parameters
    ----------
    attributes : mapping
        Of the group.
    where : str
        Archive and group, for messages.

    Returns
    -------
    list of (datetime64, datetime64)

    Raises
    ------
    ArchiveError
        If a stretch is no pair of times, the first before the second.
    """
    problems = ProblemList(where, ArchiveError)
    found: list[tuple[np.datetime64, np.datetime64]] = []
    stretches = attributes.get("missing", ())
    for stretch in stretches if isinstance(stretches, (list, tuple)) else [stretches]:
        start: np.datetime64
        end: np.datetime64
        try:
            start, end = (np.datetime64(str(text), "ns") for text in stretch)
        except (TypeError, ValueError):
            start = end = np.datetime64("NaT", "ns")
        if not start < end:
            wanted = "two times, ISO 8601, UTC, the first before the second"
            problems.add("no stretch that the list lacks", "attribute missing", stretch, wanted)
        found.append((start, end))
    problems.check()
    return found


def _iso(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="s"))
