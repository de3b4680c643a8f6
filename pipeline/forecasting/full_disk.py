"""The full disk from its regions: 1 - (1 - p_bg) prod(1 - p_i), with flares from no listed region as p_bg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DiskForecast", "compose"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DiskForecast:
    """Forecasts of the full-disk rows.

    Parameters
    ----------
    intensity : ndarray, shape (disk, threshold, window)
        Expected number of flares, so that P = 1 - exp(-intensity); NaN where there is no forecast.
    rate : ndarray, shape (disk, window)
        Expected number of flares >= C1.0.
    limit : ndarray, shape (disk,)
        Largest flux limit of the regions; NaN without regions.
    status, reason : ndarray of str objects, shape (disk,)
    """

    intensity: Floats
    rate: Floats
    limit: Floats
    status: NDArray[Any]
    reason: NDArray[Any]


def compose(
    time: NDArray[Any],
    disk: NDArray[np.bool_],
    issued: NDArray[np.bool_],
    intensity: Floats,
    rate: Floats,
    limit: Floats,
    background: tuple[Floats, Floats] | None,
) -> DiskForecast:
    """Put full-disk forecasts together from the regions of the same issue time.

    Parameters
    ----------
    time : ndarray, shape (row,)
        Issue times.
    disk : ndarray of bool, shape (row,)
        True for full-disk rows.
    issued : ndarray of bool, shape (row,)
        Regions that have a forecast.
    intensity : ndarray, shape (row, threshold, window)
        Expected number of flares of each region; full-disk rows are not read.
    rate : ndarray, shape (row, window)
    limit : ndarray, shape (row,)
        W m-2.
    background : tuple of ndarray, shapes (disk, threshold, window) and (disk, window), or None
        Intensity and rate of flares from no listed region.

    Returns
    -------
    DiskForecast
        ISSUED; FALLBACK where the product is incomplete, because a region or the background is missing.
    """
    slots, place = np.unique(time[disk], return_inverse=True)
    found = np.searchsorted(slots, time).clip(0, max(0, len(slots) - 1))
    mine = ~disk & (slots[found] == time) if len(slots) else np.zeros(len(time), bool)
    used = mine & issued
    # -log(1 - P) adds up where 1 - P multiplies, and keeps classes and windows nested
    shape = (len(slots), *intensity.shape[1:])
    total, rates, limits = np.zeros(shape), np.zeros((len(slots), rate.shape[1])), np.full(len(slots), -np.inf)
    np.add.at(total, found[used], intensity[used])
    np.add.at(rates, found[used], rate[used])
    # a limit that is unknown leaves the largest one unknown: a model without limits is no error
    with np.errstate(invalid="ignore"):
        np.maximum.at(limits, found[used], limit[used])
    if background is not None:
        # rows of one issue time have one background
        each = np.unique(place, return_index=True)[1]
        total, rates = total + background[0][each], rates + background[1][each]
    regions, silent = (
        np.bincount(found[mine], minlength=len(slots)),
        np.bincount(found[mine & ~issued], minlength=len(slots)),
    )
    status, reason = _status(regions, silent, background is not None)
    nothing = status == "NO_FORECAST"
    total[nothing], rates[nothing] = np.nan, np.nan
    return DiskForecast(
        total[place], rates[place], np.where(np.isfinite(limits), limits, np.nan)[place], status[place], reason[place]
    )


def _status(
    regions: NDArray[np.int64], silent: NDArray[np.int64], background: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    status, reason = np.full(len(regions), "ISSUED", dtype=object), np.full(len(regions), "", dtype=object)
    for number in np.flatnonzero(silent > 0):
        status[number] = "FALLBACK"
        reason[number] = f"{silent[number]} of {regions[number]} regions have no forecast and are not in the product"
    if not background:
        told = "flares from unlisted regions are not in the product: the model has no background rate"
        reason[:] = [f"{text}; {told}" if text else told for text in reason]
        status[:] = np.where(regions - silent > 0, "FALLBACK", "NO_FORECAST")
    return status, reason
