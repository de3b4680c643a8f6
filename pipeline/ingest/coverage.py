"""The interval in which a catalogue of several files claims to be complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["merge_coverage"]

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


def _iso(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="s"))
