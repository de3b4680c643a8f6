"""FITS keywords as SDOML keeps them: attributes of an array, one list a keyword, one entry a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.cells import floats, integers
from sunproof.pipeline.sources.sdo_quality import AIA_QUALITY, HMI_VECTOR_QUALITY
from sunproof.pipeline.sources.timescale import parse_times, tai_to_utc

__all__ = ["read_keywords"]

_NUMBERS = {"EXPTIME": "exposure_time", "DEG_COR": "degradation"}


def read_keywords(
    attrs: Mapping[str, Any], frames: int, magnetic: bool, where: str
) -> tuple[NDArray[np.datetime64], dict[str, NDArray[Any]]]:
    """Read the keywords that say what a frame is.

    Parameters
    ----------
    attrs : mapping
        The array's attributes.
    frames : int
        Number of frames.
    magnetic : bool
        Whether it is HMI, whose stamps are TAI and whose quality word has its own bits.
    where : str
        The array, for messages.

    Returns
    -------
    times : ndarray of datetime64, shape (frame,)
        UTC, NaT where ``T_OBS`` is missing.
    columns : dict of str to ndarray, shape (frame,)
        ``t_tai`` (HMI), ``quality`` (-1 unknown), ``quality_flags``, ``reject_reason``, ``exposure_time``,
        ``degradation``.

    Raises
    ------
    InputError
        If ``T_OBS`` is not there, a list has another length than the array, or an entry cannot be read.
    """
    problems = ProblemList(where)
    names = ("T_OBS", "QUALITY", *_NUMBERS)
    lists = {name: _list(attrs, name, frames, problems) for name in names}
    problems.check()
    # HMI writes T_OBS on TAI, AIA on UTC.
    stamps = parse_times(lists["T_OBS"], problems, "T_OBS", "TAI" if magnetic else "UTC")
    columns: dict[str, NDArray[Any]] = {
        ours: floats(lists[name], problems, name).astype(np.float32) for name, ours in _NUMBERS.items()
    }
    columns |= _quality(lists["QUALITY"], magnetic, problems)
    problems.check()
    if magnetic:
        return tai_to_utc(stamps), {**columns, "t_tai": stamps.astype("datetime64[ns]")}
    return stamps, columns


def _list(attrs: Mapping[str, Any], name: str, frames: int, problems: ProblemList) -> pd.Series[Any]:
    none = pd.Series([""] * frames, dtype=object)
    if name not in attrs:
        if name == "T_OBS":
            problems.add("keyword is missing", name, sorted(attrs)[:8], f"a list of {frames} times")
        return none
    entries = attrs[name]
    if not isinstance(entries, (list, tuple)) or len(entries) != frames:
        got = len(entries) if isinstance(entries, (list, tuple)) else entries
        todo = "Which entry belongs to which frame cannot be known; get the array again."
        problems.add("list of another length than the array", name, got, f"{frames} entries", todo)
        return none
    return pd.Series(list(entries), dtype=object)


def _quality(cells: pd.Series[Any], magnetic: bool, problems: ProblemList) -> dict[str, NDArray[Any]]:
    bits = HMI_VECTOR_QUALITY if magnetic else AIA_QUALITY
    # Base 0 reads decimal and hexadecimal words alike.
    words = integers(cells, problems, "QUALITY", -1, lambda text: int(text, 0))
    verdicts = {word: bits.decode(None if word == -1 else int(word)) for word in np.unique(words)}
    chosen = [verdicts[word] for word in words]
    return {
        "quality": np.array([verdict.word for verdict in chosen], np.int64),
        "quality_flags": np.array([",".join(verdict.flags) for verdict in chosen], object),
        "reject_reason": np.array([",".join(verdict.rejected_for) for verdict in chosen], object),
    }
