"""Quantities some hours ahead and at the data cut-off: labels of auxiliary predictions, and their persistence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.coverage import xrs_groups
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import open_group, remembered
from sunproof.pipeline.samples.sequences import keyword_history, xray_history
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["X_RAYS", "ahead", "at_cutoff"]

Floats = NDArray[np.float64]

X_RAYS = ("xrsb", "xrsb_peak")
"""Quantities of the whole disk; all others are of the region."""
_HOUR = 3_600_000_000
# Least share of the X-ray records between the first and the last minute of a peak's interval, as for negative labels.
_COVERAGE = 0.8


def at_cutoff(
    archive: str | Path, keys: Keys, quantities: Sequence[str], leads: Sequence[float], config: InputConfig
) -> Floats:
    """Measure quantities up to the data cut-off: what persistence says of them.

    Parameters
    ----------
    archive : str or Path
    keys : Keys
        The rows.
    quantities : sequence of str
        SHARP keywords (latest usable record of the history), ``xrsb`` (median of the latest step of the history with
        any), ``xrsb_peak`` (largest in the hours before the cut-off that the lead has).
    leads : sequence of float
        Hours.
    config : InputConfig
        History, step, and whose keywords.

    Returns
    -------
    ndarray, shape (row, quantity, lead)
        log10 of the quantity in its unit; NaN where nothing, or nothing above 0, was observed.

    Raises
    ------
    ArchiveError
        If a group or variable is missing.
    """

    def measure(name: str, hours: float) -> Floats:
        if name == "xrsb_peak":
            return _peak(archive, keys.ago(hours), hours)
        if name == "xrsb":
            return _latest(xray_history(archive, keys, config.history_hours, config.steps).values[..., 1])
        return _keyword(archive, keys, name, config.history_hours, config)

    return _table(quantities, leads, measure)


def ahead(
    archive: str | Path,
    keys: Keys,
    start: NDArray[Any],
    quantities: Sequence[str],
    leads: Sequence[float],
    config: InputConfig,
) -> Floats:
    """Measure quantities in the future of the rows: labels, which never enter a model's inputs.

    Parameters
    ----------
    archive, keys, quantities, leads, config
        As `at_cutoff`.
    start : ndarray of datetime64, shape (row,)
        Leads count from here: the start of the forecast windows.

    Returns
    -------
    ndarray, shape (row, quantity, lead)
        log10. Keywords are those of the latest usable record in the last step before the lead is over, ``xrsb`` the
        median of the last hour, ``xrsb_peak`` the largest flux since ``start``. NaN where nothing was observed.
    """

    def measure(name: str, hours: float) -> Floats:
        if name == "xrsb_peak":
            return _peak(archive, start, hours)
        # what is the past of that moment is the future of this one
        then = replace(keys, cutoff=start.astype("datetime64[us]") + np.timedelta64(round(hours * _HOUR), "us"))
        if name == "xrsb":
            return _latest(xray_history(archive, then, 1, 1).values[..., 1])
        # A label must be of its moment, to a step; persistence may look back as far as the inputs do.
        return _keyword(archive, then, name, config.step_hours, config)

    return _table(quantities, leads, measure)


def _table(quantities: Sequence[str], leads: Sequence[float], measure: Callable[[str, float], Floats]) -> Floats:
    return np.stack([np.stack([measure(name, hours) for hours in leads], axis=1) for name in quantities], axis=1)


def _keyword(archive: str | Path, keys: Keys, name: str, hours: float, config: InputConfig) -> Floats:
    record = keyword_history(archive, keys, hours, 1, config.keyword_source).values[:, 0]
    values = record[:, SHARP_KEYWORDS.index(name)].astype(np.float64)
    # a patch without active pixels has all keywords 0, of which there is no logarithm
    return np.asarray(np.log10(np.where(values > 0, values, np.nan)))


def _latest(values: NDArray[np.float32]) -> Floats:
    """Value of the latest step that has one."""
    known = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.asarray(values[np.arange(len(values)), last], np.float64)


def _peak(archive: str | Path, start: NDArray[Any], hours: float) -> Floats:
    """Largest good flux in (start, start + hours], from the satellite that observed most of it."""
    # All regions of a moment share one Sun's flux.
    first, inverse = np.unique(microseconds(start), return_inverse=True)
    # A satellite has to reach the least share to count at all, and then to beat the one before it.
    found, best = np.full(len(first), np.nan), np.full(len(first), _COVERAGE)
    for group in xrs_groups(archive):
        time, flux = remembered(("xrsb", str(archive), group), partial(_series, archive, group))
        if len(time) < 2:
            continue
        begin, end = (np.searchsorted(time, first + shift, side="right") for shift in (0, round(hours * _HOUR)))
        good = np.concatenate([[0], np.cumsum(np.isfinite(flux))])
        # records are of one cadence, but not all of them are there
        share = (good[end] - good[begin]) / max(1.0, hours * _HOUR / float(np.median(np.diff(time))))
        largest = _largest(np.where(np.isfinite(flux), flux, -np.inf), begin, end)
        better = (share >= best) & (largest > 0)
        found[better], best[better] = np.log10(largest[better]), share[better]
    return found[inverse]


def _series(archive: str | Path, group: str) -> tuple[NDArray[np.int64], Floats]:
    """Read times in microseconds, and the long channel's flux with NaN where it is not good."""
    series = open_group(archive, group, ["time", "xrsb", "xrsb_good"])
    flux = series["xrsb"].to_numpy().astype(np.float64)
    return microseconds(series["time"].to_numpy()), np.where(series["xrsb_good"].to_numpy() == 1, flux, np.nan)


def _largest(values: Floats, begin: NDArray[np.intp], end: NDArray[np.intp]) -> Floats:
    """Maximum of each range begin:end; -inf where it is empty."""
    some = end > begin
    found = np.full(len(begin), -np.inf)
    if some.any():
        # pairs of borders: every second piece is what lies between two ranges, or nothing
        borders = np.stack([begin[some], end[some]], axis=1).ravel()
        found[some] = np.maximum.reduceat(np.append(values, -np.inf), borders)[::2]
    return found
