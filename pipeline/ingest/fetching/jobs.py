"""One file to get, and the calendar that cuts an interval into such files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

__all__ = ["Job", "periods"]


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
