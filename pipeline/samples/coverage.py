"""How much of a window was watched in X-rays: a gap in the data is not a quiet Sun."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.reading import group_names, open_group
from sunproof.pipeline.samples.timeline import microseconds

__all__ = ["XrayCoverage", "load_coverage", "xrs_groups"]

_MINUTE = 60_000_000
# Records are read in blocks, so that a decade of one-second flux needs no more memory than this many records.
_BLOCK = 5_000_000


class XrayCoverage:
    """Minutes inside the archive's X-ray series in which no satellite gave a usable long-channel flux.

    Parameters
    ----------
    good : array of int
        Minutes since 1970 with a good record, from any satellite.
    spans : array of int, shape (span, 2)
        First and last minute of each series. Outside all of them the archive knows nothing and claims nothing.
    """

    def __init__(self, good: NDArray[np.int64], spans: NDArray[np.int64]) -> None:
        covered = [np.arange(first, last + 1) for first, last in np.asarray(spans, np.int64).reshape(-1, 2)]
        watched = np.unique(np.concatenate(covered)) if covered else np.zeros(0, np.int64)
        self.missing: NDArray[np.int64] = np.setdiff1d(watched, good, assume_unique=False)
        self.watched: NDArray[np.int64] = watched

    def fraction(self, start: NDArray[Any], hours: float) -> NDArray[np.float64]:
        """Fraction of the window after each start that is not known to be unobserved.

        Parameters
        ----------
        start : array of datetime64, shape (sample,)
        hours : float
            Length of the window.

        Returns
        -------
        array of float, shape (sample,)
            1 for a window outside all series: there the catalogue's own coverage decides.
        """
        first = microseconds(start) // _MINUTE
        minutes = round(hours * 60)
        lost = np.searchsorted(self.missing, first + minutes) - np.searchsorted(self.missing, first)
        return 1.0 - lost / minutes


def xrs_groups(archive: str | Path) -> list[str]:
    """List the X-ray series of the archive, ``goesNN_xrs``, sorted."""
    return [name for name in group_names(archive) if re.fullmatch(r"goes\d+_xrs", name)]


def load_coverage(archive: str | Path, start: np.datetime64, end: np.datetime64) -> XrayCoverage | None:
    """Read which minutes of an interval have good X-ray flux.

    Parameters
    ----------
    archive : str or Path
        The archive.
    start, end : datetime64
        The interval.

    Returns
    -------
    XrayCoverage or None
        None if no X-ray series overlaps the interval.

    Raises
    ------
    ArchiveError
        If a series lacks its quality flag.
    """
    good: list[NDArray[np.int64]] = []
    spans: list[tuple[int, int]] = []
    for group in xrs_groups(archive):
        series = open_group(archive, group, ["time", "xrsb_good"])
        time = series["time"].to_numpy()
        # In the series' own unit: numpy would else convert the whole series to compare.
        first, last = np.searchsorted(time, np.array([start, end]).astype(time.dtype))
        if first == last:
            continue
        minutes = microseconds(time[first:last]) // _MINUTE
        spans.append((int(minutes[0]), int(minutes[-1])))
        for block in range(int(first), int(last), _BLOCK):
            stop = min(block + _BLOCK, int(last))
            usable = series["xrsb_good"][block:stop].to_numpy() == 1
            good.append(np.unique(minutes[block - int(first) : stop - int(first)][usable]))
    if not spans:
        return None
    return XrayCoverage(np.unique(np.concatenate(good)), np.array(spans))
