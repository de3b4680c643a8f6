"""What the forecast formats share: a submission, its entries and bins, times and places as text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from sunproof.pipeline.errors import ProblemList

__all__ = [
    "Bin",
    "Entry",
    "Format",
    "Submission",
    "day_of",
    "parse_number",
    "parse_place",
    "parse_time",
    "write_place",
    "write_time",
]


class Bin(NamedTuple):
    """Probability of one class of flares; ``name`` is C, M, X (that class alone) or C+, M+, X+ (that class and above).

    Missing numbers are NaN; a missing level is -1 (1 low, 2 medium, 3 high).
    """

    name: str
    probability: float
    uncertainty: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: int = -1


@dataclass(frozen=True)
class Entry:
    """Forecast for the full disk or for one region.

    Parameters
    ----------
    entity : str
        ``full_disk`` or ``region``.
    bins : tuple of Bin
        What is forecast.
    noaa_ar, harpnum : int
        Numbers of the region, -1 for none.
    latitude, longitude : float
        Stonyhurst [deg], NaN for unknown.
    """

    entity: str
    bins: tuple[Bin, ...]
    noaa_ar: int = -1
    harpnum: int = -1
    latitude: float = math.nan
    longitude: float = math.nan


@dataclass(frozen=True)
class Submission:
    """One file: one method, one issue time, one prediction window.

    Parameters
    ----------
    method : str
        Registered identifier of the method.
    issue_time, start, end : numpy.datetime64
        UTC.
    entries : tuple of Entry
        Full disk first.
    facts : dict
        What else the file says (``input_data``, ``spase_id``, ``mode``).
    """

    method: str
    issue_time: np.datetime64
    start: np.datetime64
    end: np.datetime64
    entries: tuple[Entry, ...]
    facts: dict[str, str] = field(default_factory=dict)


class Format(Protocol):
    """Protocol of every ``FORMAT`` of this folder."""

    suffix: str

    def recognises(self, text: str) -> bool:
        """Tell from the content, for names lie: XML is often served with a .txt name."""
        ...

    def read(self, text: str, where: str) -> list[Submission]:
        """Read a file's text.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        ...

    def write(self, submissions: Sequence[Submission]) -> dict[str, str]:
        """Write submissions as file name -> text."""
        ...


def day_of(item: Submission, submissions: Sequence[Submission]) -> int:
    """Day on which a window ends, counted from the start of the first window of the same issue time; at least 1."""
    first = min(other.start for other in submissions if other.issue_time == item.issue_time)
    return max(round(float((item.end - first) / np.timedelta64(1, "D"))), 1)


_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d*)?)?(?:Z|\+00:?00)?$")
_PLACE = re.compile(r"([NS])(\d{1,2})([EW])(\d{1,3})$", re.IGNORECASE)


def parse_time(text: str | None, place: str, problems: ProblemList) -> np.datetime64:
    """Read a UTC time with or without seconds and Z; NaT and a problem for anything else."""
    match = _TIME.match((text or "").strip())
    if match:
        year, month, day, hour, minute, second = (part or "00" for part in match.groups())
        try:
            return np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}:{second}", "ns")
        except ValueError:
            # The pattern lets a 13th month pass.
            pass
    problems.add("not a time", place, text, "UTC as 2024-05-10T12:00Z")
    return np.datetime64("NaT", "ns")


def write_time(time: np.datetime64, unit: str = "m") -> str:
    """Write a UTC time to the minute (``m``) or second (``s``), with Z."""
    return f"{np.datetime_as_string(time, unit=unit)}Z"  # type: ignore[call-overload]


def parse_place(text: str | None, place: str, problems: ProblemList) -> tuple[float, float]:
    """Read ``N26W08`` as Stonyhurst latitude and longitude [deg], west positive; NaN where there is none."""
    # Also of an empty text: both stand for no place.
    if text is None or set(text.strip()) <= {"-"}:
        return math.nan, math.nan
    match = _PLACE.match(text.strip())
    if not match:
        problems.add("not a position", place, text, "latitude and longitude as N26W08")
        return math.nan, math.nan
    north, latitude, east, longitude = match.groups()
    return float(latitude) * (1 if north in "Nn" else -1), float(longitude) * (1 if east in "Ww" else -1)


def write_place(latitude: float, longitude: float) -> str:
    """Write Stonyhurst latitude and longitude [deg] as ``N26W08``; dashes where unknown."""
    if math.isnan(latitude) or math.isnan(longitude):
        return "------"
    return f"{'N' if latitude >= 0 else 'S'}{abs(latitude):02.0f}{'W' if longitude >= 0 else 'E'}{abs(longitude):02.0f}"


def parse_number(text: object, place: str, problems: ProblemList) -> float:
    """Read a fraction; absent, dashes and -1 are missing (NaN), never zero."""
    if text is None or (isinstance(text, str) and set(text.strip()) <= {"-"}):
        return math.nan
    try:
        value = float(str(text))
    except ValueError:
        problems.add("not a number", place, text, "a fraction between 0 and 1, or -1 for missing")
        return math.nan
    if value == -1:
        return math.nan
    if not 0 <= value <= 1:
        problems.add(
            "not a fraction", place, value, "between 0 and 1, or -1 for missing", "Percent are not accepted here."
        )
    return value
