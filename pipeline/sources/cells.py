"""Cells of text tables: missing as JSOC, HEK and NOAA write it, numbers, integers, texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.records import NAMED

__all__ = ["floats", "integers", "is_missing", "texts"]

# JSOC writes MISSING, nan, -nan and "Invalid KeyLink" (drms, and hmi.sharp query results); the rest are how tables of
# pandas and astropy write the same.
_MISSING = ("", "missing", "nan", "-nan", "invalid keylink", "none", "null", "nat", "<na>", "n/a", "--", "////")


def is_missing(cells: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Tell which cells are one of the spellings of "missing"."""
    if cells.dtype.kind in "fiub":
        return np.asarray(pd.isna(cells), dtype=bool)
    text = cells.astype(str).str.strip().str.lower()
    return np.asarray(pd.isna(cells) | text.isin(_MISSING), dtype=bool)


def floats(cells: pd.Series[Any], problems: ProblemList, column: str) -> npt.NDArray[np.float64]:
    """Read a column of numbers; missing is NaN, anything else that is no finite number is a problem."""
    if cells.dtype.kind in "fiu":
        values = cells.to_numpy(dtype=float)
        bad = np.isinf(values)
    else:
        values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        bad = np.isinf(values)
        # to_numeric makes NaN of what it cannot read: only those cells are looked at again
        unread = np.flatnonzero(np.isnan(values))
        if unread.size:
            bad[unread] = ~is_missing(cells.iloc[unread])
    _complain(cells, bad, problems, column, "a number")
    return np.where(bad, np.nan, values)


def integers(
    cells: pd.Series[Any], problems: ProblemList, column: str, missing: int | None, read: Callable[[str], int] = int
) -> npt.NDArray[np.int64]:
    """Read a column of whole numbers.

    Parameters
    ----------
    cells : pandas.Series
        Numbers, or text.
    problems : ProblemList
        Receives what cannot be read.
    column : str
        Name for messages.
    missing : int or None
        What to return for missing cells; with None a missing cell is a problem.
    read : callable
        Text to number, for columns that are not decimal.
    """
    # each distinct cell once: a table of a million records has few
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    absent = is_missing(pd.Series(distinct))
    values, bad = np.zeros(len(distinct), dtype=np.int64), np.zeros(len(distinct), dtype=bool)
    for index, cell in enumerate(distinct):
        value = None if absent[index] else _whole(cell, read)
        if value is None and (missing is None or not absent[index]):
            bad[index] = True
        else:
            values[index] = (missing or 0) if value is None else value
    _complain(cells, bad[codes], problems, column, "a whole number")
    return values[codes]


def _whole(cell: Any, read: Callable[[str], int]) -> int | None:
    if isinstance(cell, (int, np.integer)):
        return int(cell)
    text = str(cell).strip()
    try:
        return read(text.removesuffix(".0"))  # whole numbers come back from float columns as "11158.0"
    except ValueError:
        return None


def texts(cells: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Read a column of texts, stripped; missing is empty."""
    stripped = cells.astype(str).str.strip().to_numpy(dtype=object)
    stripped[is_missing(cells)] = ""
    return stripped


def _complain(
    cells: pd.Series[Any], bad: npt.NDArray[np.bool_], problems: ProblemList, column: str, wanted: str
) -> None:
    positions = np.flatnonzero(bad)
    for position in positions[:NAMED]:
        problems.add(f"not {wanted}", f"record {position + 1}, column {column}", str(cells.iloc[position]), wanted)
    if positions.size > NAMED:
        problems.add(f"more cells are not {wanted}", f"column {column}", int(positions.size) - NAMED, "none")
