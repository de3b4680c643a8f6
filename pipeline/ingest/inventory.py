"""What the archive holds and what it lacks: records and gaps of every group over time, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.console import show_table

__all__ = ["inventory", "show_inventory"]

_DAY = np.timedelta64(1, "D")
# More rows than this are not read; the machine-readable inventory keeps every day.
_ROWS = 36


def inventory(times: NDArray[np.datetime64] | None) -> dict[str, Any]:
    """Count one group's records over time.

    Parameters
    ----------
    times : numpy.ndarray of datetime64 or None
        Time of every record; None for a group without times.

    Returns
    -------
    dict
        ``first`` and ``last`` (ISO 8601, UTC), ``days``: days between them, ``days_with_data``, ``months``: month ->
        records, ``missing``: stretches of whole days without any record, as pairs of first and last day.
    """
    if times is None or not (known := times[~np.isnat(times)]).size:
        return {"first": None, "last": None, "days": 0, "days_with_data": 0, "months": {}, "missing": []}
    days, counts = np.unique(known.astype("datetime64[D]"), return_counts=True)
    months, where = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    records = np.bincount(where, weights=counts).astype(int)
    gaps = np.flatnonzero(np.diff(days) > _DAY)
    return {
        "first": str(np.datetime_as_string(known.min(), unit="s")),
        "last": str(np.datetime_as_string(known.max(), unit="s")),
        "days": int((days[-1] - days[0]) / _DAY) + 1,
        "days_with_data": len(days),
        "months": dict(zip(map(str, months), records.tolist(), strict=True)),
        "missing": [[str(days[gap] + _DAY), str(days[gap + 1] - _DAY)] for gap in gaps],
    }


def show_inventory(groups: Mapping[str, Mapping[str, Any]]) -> None:
    """Print two tables: what each group holds, and for each period how many of its days have no record."""
    rows = []
    for name, group in groups.items():
        first, last = ((group[key] or "-").partition("T")[0] for key in ("first", "last"))
        counts = (group[key] for key in ("files", "records", "duplicates", "conflicts"))
        rows.append([name, *counts, f"{first}\n{last}"])
    columns = ("group", "files", "records", "repeated", "conflicts", "first, last")
    show_table("Archive", columns, rows)
    # Images have a table of their own, slot by slot.
    timed = {name: group for name, group in groups.items() if group["days"] and "slots" not in group}
    if timed:
        table = [[period, *(_cell(group, period) for group in timed.values())] for period in _periods(timed)]
        table.append(["all", *(item["days"] - item["days_with_data"] for item in timed.values())])
        headings = (name.replace("_", "\n") for name in timed)
        show_table("Days without any record, between first and last", ("", *headings), table)


def _periods(groups: Mapping[str, Mapping[str, Any]]) -> NDArray[np.datetime64]:
    """Days, months or years, whichever is the finest that fits a terminal."""
    first = min(np.datetime64(group["first"]) for group in groups.values())
    last = max(np.datetime64(group["last"]) for group in groups.values())
    for unit in ("D", "M"):
        periods = np.arange(first.astype(f"datetime64[{unit}]"), last.astype(f"datetime64[{unit}]") + 1)
        if len(periods) <= _ROWS:
            return periods
    return np.arange(first.astype("datetime64[Y]"), last.astype("datetime64[Y]") + 1)


def _cell(group: Mapping[str, Any], period: np.datetime64) -> str:
    """Count the period's days without data between the group's first and last; a dash where there are no such days."""
    start, end = period.astype("datetime64[D]"), (period + 1).astype("datetime64[D]")
    if not _overlap(start, end, np.datetime64(group["first"], "D"), np.datetime64(group["last"], "D") + _DAY):
        return "-"
    gaps = ((np.datetime64(first), np.datetime64(last) + _DAY) for first, last in group["missing"])
    return str(sum(_overlap(start, end, *gap) for gap in gaps))


def _overlap(start: np.datetime64, end: np.datetime64, first: np.datetime64, last: np.datetime64) -> int:
    return max(0, int((min(end, last) - max(start, first)) / _DAY))
