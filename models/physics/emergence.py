"""How fast a region's unsigned flux grows or decays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["flux_span", "flux_trend"]

Floats = NDArray[np.float64]

# Shorter stretches mistake noise and orbital residuals for emergence.
_LEAST_HOURS = 3.0
_LEAST_RECORDS = 4
# Over a day a daily oscillation of amplitude A leaves a slope of at most 12 A/(2 pi T): 2 % of 5e22 Mx give 8e19 Mx/h.
_WINDOW_HOURS = 24.0


def flux_trend(hours: NDArray[np.floating], flux: NDArray[np.floating]) -> Floats:
    """Slope of a straight line through the last day of unsigned flux.

    A day is one period of the instrument's daily oscillation and two of the half-daily one (Kutsenko and Abramenko
    2016, Sol. Phys. 291, 1613), so they nearly cancel.

    Parameters
    ----------
    hours : ndarray, shape (..., step)
        Time of each value, hours, with 0 at the data cut-off and earlier times negative.
    flux : ndarray, shape (..., step)
        Total unsigned flux, Mx; NaN where missing.

    Returns
    -------
    ndarray, shape (...)
        Mx/h; NaN where fewer than four records, or records spanning less than three hours, are left.
    """
    values, times, used = _day(hours, flux)
    number = used.sum(axis=-1)
    enough = (number >= _LEAST_RECORDS) & (_span(times, used) >= _LEAST_HOURS)
    count = np.maximum(number, 1)[..., None]
    # about the mean of the used times, whose sums then need no intercept
    offset = np.where(used, times, 0.0) - np.where(used, times, 0.0).sum(axis=-1, keepdims=True) / count
    offset = np.where(used, offset, 0.0)
    spread = (offset**2).sum(axis=-1)
    slope = (offset * np.where(used, values, 0.0)).sum(axis=-1) / np.where(spread > 0, spread, 1.0)
    return np.where(enough, slope, np.nan)


def flux_span(hours: NDArray[np.floating], flux: NDArray[np.floating]) -> Floats:
    """Hours between the first and the last record that `flux_trend` uses; same arguments, NaN where it gives none."""
    _, times, used = _day(hours, flux)
    span = _span(times, used)
    return np.where((used.sum(axis=-1) >= _LEAST_RECORDS) & (span >= _LEAST_HOURS), span, np.nan)


def _day(hours: NDArray[np.floating], flux: NDArray[np.floating]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    values = np.asarray(flux, np.float64)
    times = np.broadcast_to(np.asarray(hours, np.float64), values.shape)
    return values, times, np.isfinite(values) & (times <= 0) & (times >= -_WINDOW_HOURS)


def _span(times: Floats, used: NDArray[np.bool_]) -> Floats:
    first = np.where(used, times, np.inf).min(axis=-1, initial=np.inf)
    last = np.where(used, times, -np.inf).max(axis=-1, initial=-np.inf)
    return np.asarray(last - first)
