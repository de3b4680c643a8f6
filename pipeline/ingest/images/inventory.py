"""Which slots of which image group hold a frame, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.console import show_table
from sunproof.pipeline.ingest.images.clock import Schedule

__all__ = ["show_slots", "slot_inventory"]

# More rows than this are not read; the machine-readable inventory keeps every stretch.
_ROWS = 36


def slot_inventory(slots: Schedule) -> dict[str, Any]:
    """Count slots.

    Parameters
    ----------
    slots : Schedule
        Slots of one group.

    Returns
    -------
    dict
        ``count``, ``filled``; ``reasons``: reason -> empty slots; ``days``: day -> [slots, filled]; ``missing``:
        stretches of empty slots of one reason, as [first slot, last slot, reason].
    """
    kinds = [_kind(reason) for reason in slots.reasons]
    filled = slots.chosen >= 0
    days, where = np.unique(slots.times.astype("datetime64[D]"), return_inverse=True)
    counts = (np.bincount(where, minlength=len(days)), np.bincount(where[filled], minlength=len(days)))
    return {
        "count": len(kinds),
        "filled": int(filled.sum()),
        "reasons": dict(sorted(Counter(kind for kind in kinds if kind).items())),
        "days": {str(day): [int(all_), int(good)] for day, all_, good in zip(days, *counts, strict=True)},
        "missing": _stretches(slots.times, kinds),
    }


def _kind(reason: str) -> str:
    """Drop what names one file from a reason."""
    return reason if reason.startswith("rejected") else reason.partition(":")[0].partition(" of ")[0]


def _stretches(times: NDArray[np.datetime64], kinds: list[str]) -> list[list[str]]:
    if not kinds:
        return []
    borders = [0, *(at for at in range(1, len(kinds)) if kinds[at] != kinds[at - 1]), len(kinds)]
    texts = np.datetime_as_string(times, unit="s")
    return [
        [str(texts[first]), str(texts[stop - 1]), kinds[first]] for first, stop in pairwise(borders) if kinds[first]
    ]


def show_slots(groups: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a table of image groups over time: empty slots of all slots, and their reasons below."""
    clocks = {name: group["slots"] for name, group in groups.items() if "slots" in group}
    if not clocks:
        return
    length = _period_length({day for clock in clocks.values() for day in clock["days"]})
    table = {name: _by_period(clock["days"], length) for name, clock in clocks.items()}
    periods = sorted({period for cells in table.values() for period in cells})
    rows = [[period, *(table[name].get(period, "-") for name in clocks)] for period in periods]
    rows.append(["all", *(f"{clock['count'] - clock['filled']} of {clock['count']}" for clock in clocks.values())])
    for reason in sorted({reason for clock in clocks.values() for reason in clock["reasons"]}):
        rows.append([reason, *(str(clock["reasons"].get(reason, 0)) for clock in clocks.values())])
    headings = (name.replace("_", "\n") for name in clocks)
    show_table("Slots without a frame, of all slots", ("", *headings), rows)


def _period_length(days: set[str]) -> int:
    """Letters of a date that name its day, month or year, whichever is the finest that fits a terminal."""
    return next((length for length in (10, 7) if len({day[:length] for day in days}) <= _ROWS), 4)


def _by_period(days: Mapping[str, list[int]], length: int) -> dict[str, str]:
    sums: dict[str, list[int]] = {}
    for day, (slots, filled) in days.items():
        cell = sums.setdefault(day[:length], [0, 0])
        cell[0] += slots - filled
        cell[1] += slots
    return {period: f"{empty} of {slots}" for period, (empty, slots) in sums.items()}
