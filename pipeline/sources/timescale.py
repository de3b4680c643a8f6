"""Times as observatories write them: several spellings, two time scales, leap seconds."""

from __future__ import annotations

from typing import Any

import erfa
import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.cells import is_missing
from sunproof.pipeline.sources.records import NAMED

__all__ = ["Times", "parse_times", "tai_to_utc"]

Times = npt.NDArray[np.datetime64]

# Year first only: 03/04/2012 is two different days, and no reader can know which.
_PATTERN = (
    r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[T _](?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{1,2}(?:\.\d*)?))?[ _]?(?P<scale>TAI|UTC|UT|Z)?$"
)
_TIMES_WANTED = "year first, like 2011-02-15 01:44:00, 2011/02/15 01:44 or 2011.02.15_02:00:00_TAI"


def tai_to_utc(tai: Times) -> Times:
    """Convert TAI to UTC exactly.

    Parameters
    ----------
    tai : numpy.ndarray
        datetime64, from 1972 on; NaT stays NaT.

    Returns
    -------
    numpy.ndarray
        datetime64[ns], UTC. It has no 23:59:60: an instant within a leap second appears as the second after it.

    Raises
    ------
    ValueError
        For times before 1972, when TAI - UTC was not a whole number of seconds.
    """
    table = erfa.leap_seconds.get()
    # Before 1972 UTC ran at a rate of its own: no whole seconds to take off.
    table = table[table["year"] >= 1972]
    starts = np.array([f"{row['year']:04d}-{row['month']:02d}-01" for row in table], dtype="datetime64[ns]")
    offsets = (table["tai_utc"] * 1e9).astype("timedelta64[ns]")
    values = np.asarray(tai, dtype="datetime64[ns]")
    # Leap seconds come at UTC times; in TAI they are later by the offset itself.
    steps = np.searchsorted(starts + offsets, values, side="right") - 1
    early = (steps < 0) & ~np.isnat(values)
    if early.any():
        raise ValueError(f"TAI before 1972 cannot be converted; got {values[early][0]}")
    return np.where(np.isnat(values), values, values - offsets[steps])


def parse_times(cells: pd.Series[Any], problems: ProblemList, column: str, scale: str = "UTC") -> Times:
    """Parse a column of times; different spellings may stand in one column.

    Parameters
    ----------
    cells : pandas.Series
        Text, or datetimes without a zone, which are taken to be on ``scale``.
    problems : ProblemList
        Receives what cannot be read: the first records by number, the rest as a count.
    column : str
        Name for messages.
    scale : {"UTC", "TAI"}
        Scale the column must be on; a cell that declares the other is a problem. Seconds may be 60.

    Returns
    -------
    numpy.ndarray
        datetime64[ns] on ``scale``; NaT where the cell is missing or wrong.
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if getattr(cells.dtype, "tz", None) is not None:
            problems.add("times carry a zone", f"column {column}", str(cells.dtype), f"{scale} without a zone")
            cells = cells.dt.tz_localize(None)
        return cells.to_numpy(dtype="datetime64[ns]")
    # All regions of a moment write the same time: each spelling is parsed once.
    codes, distinct = pd.factorize(cells.astype(str).str.strip())
    texts = pd.Series(np.asarray(distinct, dtype=object), dtype=object)
    times, wrong = _parse_distinct(texts, scale)
    bad = np.flatnonzero(wrong[codes])
    for position in bad[:NAMED]:
        where, got = f"record {position + 1}, column {column}", str(cells.iloc[position])
        todo = "Write the year first, on that time scale, without an offset like +01:00."
        problems.add(f"not a {scale} time", where, got, _TIMES_WANTED, todo)
    if bad.size > NAMED:
        problems.add(f"more cells are no {scale} time", f"column {column}", int(bad.size) - NAMED, "none")
    return times[codes]


def _parse_distinct(texts: pd.Series[Any], scale: str) -> tuple[Times, npt.NDArray[np.bool_]]:
    parts = texts.str.extract(_PATTERN)
    days = pd.to_datetime(parts[["year", "month", "day"]].astype(float), errors="coerce")
    hour, minute, second = (parts[name].astype(float).fillna(0.0).to_numpy() for name in ("hour", "minute", "second"))
    # JSOC rounds to ":60"; as a sum that is simply the next minute.
    of_day = np.round((hour * 3600 + minute * 60 + second) * 1e3).astype("timedelta64[ms]")
    times = days.to_numpy(dtype="datetime64[ns]") + of_day
    own = {"TAI"} if scale == "TAI" else {"UTC", "UT", "Z"}
    foreign = parts["scale"].notna().to_numpy() & ~parts["scale"].isin(own).to_numpy()
    invalid = np.isnat(times) | (hour > 23) | (minute > 59) | (second > 60) | foreign
    times[invalid] = np.datetime64("NaT")
    return times, invalid & ~is_missing(texts)
