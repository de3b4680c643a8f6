"""What the SHARP records tell besides their keywords: age, place and QUALITY of a patch, how many are on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import KeywordSource
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import remembered, texts
from sunproof.pipeline.samples.records import RECOMPUTED, SERIES, sharp_records
from sunproof.pipeline.samples.sequences import usable_records
from sunproof.pipeline.samples.timeline import microseconds

__all__ = ["no_patches", "patch_scalars"]

_ALONE = {"series": SERIES, "recomputed": RECOMPUTED}
_HOUR = 3_600_000_000
# A patch counts as on the disk for this long after a record: longer than the longest eclipse or calibration break.
_PRESENT = 24 * _HOUR


def patch_scalars(archive: str | Path, keys: Keys, source: KeywordSource = "series") -> dict[str, NDArray[Any]]:
    """Describe each row's patch at its data cut-off.

    Parameters
    ----------
    archive : str or Path
        With group ``sharp``.
    keys : Keys
        The rows.
    source : str
        Whose records; see `sunproof.pipeline.samples.records.sharp_records`.

    Returns
    -------
    dict
        Name -> values of shape (row,): ``time`` of the latest usable record, ``input_age`` and ``region_age`` (hours
        since the latest and the first), ``latitude``, ``longitude`` and ``quality`` of the latest (-1 unknown),
        whose numbers it has (``keyword_source``, empty where there is none), and ``patches`` on the disk. NaN where
        missing.

    Raises
    ------
    ArchiveError
        If the archive has no SHARP records.
    """
    sharp = sharp_records(archive, source)
    line, rows = remembered(("usable", str(archive), source), lambda: usable_records(sharp))
    now = microseconds(keys.cutoff)
    begin, end = line.begin(keys.harpnum), line.until(keys.harpnum, now)
    some = np.flatnonzero(end > begin)
    record = rows[end[some] - 1]
    columns = no_patches(keys)
    columns["time"][some] = line.time[end[some] - 1].astype("datetime64[us]")
    columns["input_age"] = keys.hours_since(columns["time"])
    columns["region_age"][some] = (now[some] - line.time[begin[some]]) / _HOUR
    for name in ("latitude", "longitude"):
        if name in sharp:
            columns[name][some] = sharp[name].to_numpy()[record]
    if "quality" in sharp:
        columns["quality"][some] = sharp["quality"].to_numpy()[record]
    told = texts(sharp["keyword_source"])[record] if "keyword_source" in sharp else _ALONE[source]
    columns["keyword_source"][some] = told
    columns["patches"] = _present(line.time, line.starts, now)
    return columns


def no_patches(keys: Keys) -> dict[str, NDArray[Any]]:
    """Tell nothing of each row's patch, as of an archive without SHARP records; see `patch_scalars`.

    Returns
    -------
    dict
        Of the same names, all missing.
    """
    numbers = ("region_age", "input_age", "latitude", "longitude", "patches")
    return {
        **{name: np.full(len(keys), np.nan) for name in numbers},
        "time": np.full(len(keys), np.datetime64("NaT", "us")),
        "quality": np.full(len(keys), -1, np.int64),
        "keyword_source": np.full(len(keys), "", object),
    }


def _present(time: NDArray[np.int64], starts: NDArray[np.intp], now: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count the patches that had a record within the last day."""
    if not len(time):
        return np.full(len(now), np.nan)
    first = np.zeros(len(time), bool)
    first[starts] = True
    opens = first | (np.diff(time, prepend=time[0]) > _PRESENT)
    # every run of records without a longer break is one presence, from its first record to a day after its last
    closes = np.append(opens[1:], True)
    appeared = np.searchsorted(np.sort(time[opens]), now, side="right")
    gone = np.searchsorted(np.sort(time[closes]) + _PRESENT, now, side="left")
    return (appeared - gone).astype(np.float64)
