"""One file to get, and the calendar that cuts an interval into such files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

__all__ = ["Job", "first_of_slots", "periods"]

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One file of the raw folder.

    Parameters
    ----------
    product : str
        Named like the source that reads it.
    path : str
        Relative to the raw folder.
    url : str
        Where it comes from, or the query, for messages and the manifest.
    end : datetime
        End of what the file covers: a file fetched before that may grow and is fetched again.
    get : callable
        Writes the file to a path and returns; raises `Absent` where the source has nothing for this file.
    """

    product: str
    path: str
    url: str
    end: datetime
    get: Callable[[Path], None]


def periods(
    start: datetime, end: datetime, unit: Literal["day", "month", "year"]
) -> Iterator[tuple[datetime, datetime]]:
    """Give the whole days, months or years (UTC) that an interval touches, as (start, end)."""
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit != "day":
        first = first.replace(day=1, month=1 if unit == "year" else first.month)
    while first < end:
        # 32 days after the first of a month lie in the next one, 366 days after 1 January in the next year.
        step = {"day": timedelta(days=1), "month": timedelta(days=32), "year": timedelta(days=366)}[unit]
        following = first + step
        if unit != "day":
            following = following.replace(day=1, month=1 if unit == "year" else following.month)
        yield first, following
        first = following


def first_of_slots(items: Iterable[tuple[datetime, T]], cadence: float) -> Iterator[tuple[datetime, T]]:
    """Give the first item of every slot, in the order of time.

    Parameters
    ----------
    items : iterable of (datetime, object)
        Times (naive UTC) and what belongs to them.
    cadence : float
        Seconds; slots begin at whole multiples since 1970-01-01. Zero gives every item.
    """
    latest: float | None = None
    for time, item in sorted(items, key=lambda pair: pair[0]):
        # slots since 1970, not since the first item: another interval chooses the same files
        slot = time.replace(tzinfo=UTC).timestamp() // cadence if cadence else None
        if slot is None or slot != latest:
            yield time, item
        latest = slot
