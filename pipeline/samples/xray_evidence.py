"""The X-ray flux of a history, held against the flare list, the other satellites, and itself."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import Catalogue
from sunproof.pipeline.samples.coverage import xrs_groups
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import open_group
from sunproof.pipeline.samples.timeline import microseconds

__all__ = ["xray_evidence"]

Floats = NDArray[np.float64]

_MINUTE = 60_000_000
_MINUTES = 1440
# Flares below C1.0 are printed with too few digits, and drown in the background.
_LEAST = 1e-6
# So many minutes to both sides of the listed peak belong to it: lists and fluxes are of one minute.
_PEAK = 2
# A large flare shines for hours.
_DECAY = 6
# Satellites are compared over quarters of the day, each with so many minutes in common.
_QUARTERS, _COMMON = 4, 30
NAMES = ("xrs_listed_ratio", "xrs_satellite_ratio", "xrs_frozen", "xrs_unlisted")


def xray_evidence(archive: str | Path, catalogue: Catalogue, keys: Keys) -> dict[str, Floats]:
    """Hold the long channel of the day before each data cut-off against what else is known.

    Parameters
    ----------
    archive : str or Path
    catalogue : Catalogue
        By peak time.
    keys : Keys

    Returns
    -------
    dict
        Shape (row,), the worst satellite's; NaN where nothing can be compared. ``xrs_listed_ratio``: median over the
        listed flares (C1.0 and above) of log10 of the flux at their peak over the listed one, on the true scale.
        ``xrs_satellite_ratio``: log10 of the ratio of two satellites, in the quarter of the day in which it is
        largest. ``xrs_frozen``: minutes at the end that repeat the one before to the last bit. ``xrs_unlisted``: log10
        of an hour's median over the background and the flares listed for it and the six hours before; hours of a flare
        of unknown size are left out, and nothing is told where the list is not complete.
    """
    # All regions of a moment share one day of flux.
    cutoffs, inverse = np.unique(microseconds(keys.cutoff), return_inverse=True)
    series = [open_group(archive, name, ["time", "xrsb", "xrsb_good"]) for name in xrs_groups(archive)]
    times = [microseconds(one["time"].to_numpy()) for one in series]
    found = np.full((len(cutoffs), len(NAMES)), np.nan)
    for row, now in enumerate(cutoffs.tolist()):
        days = [_minutes(one, time, now) for one, time in zip(series, times, strict=True)]
        days = [day for day in days if np.isfinite(day).any()]
        if days:
            peaks, fluxes, unsized = _flares(catalogue, now)
            light = [_unlisted(_without(day, unsized), peaks, fluxes) for day in days]
            found[row] = (
                _worst([_listed(day, peaks, fluxes) for day in days]),
                _apart(days),
                max(_frozen(day) for day in days),
                # a list that is not complete says nothing of a flare that it lacks
                _worst(light) if _complete(catalogue, now) else np.nan,
            )
    return dict(zip(NAMES, found[inverse].T, strict=True))


def _minutes(series: xr.Dataset, time: NDArray[np.int64], now: int) -> Floats:
    """Log10 of the good flux, minute by minute up to ``now``; NaN where there is none."""
    first, last = np.searchsorted(time, [now - _MINUTES * _MINUTE, now], side="right")
    day = np.full(_MINUTES, np.nan)
    if last > first:
        flux = series["xrsb"][first:last].to_numpy().astype(np.float64)
        good = (series["xrsb_good"][first:last].to_numpy() == 1) & (flux > 0)
        place = _MINUTES - 1 - (now - time[first:last][good]) // _MINUTE
        # the last record of a minute stands for it: a copy must stay one to the last bit
        day[place] = np.log10(flux[good])
    return day


def _complete(catalogue: Catalogue, now: int) -> bool:
    """Tell whether the list claims to be complete from where a flare still shines in the day up to its end."""
    ends = np.array([now - (_MINUTES + 60 * _DECAY) * _MINUTE, now])
    return bool(catalogue.known(ends[0], ends[1]))


def _without(day: Floats, peaks: NDArray[np.int64]) -> Floats:
    """Leave out the hours in which a flare of unknown size shines: from the one before its peak until it decayed."""
    kept = day.copy()
    for minute in peaks.tolist():
        kept[max(0, minute - 60) : max(0, minute + 60 * (_DECAY + 1))] = np.nan
    return kept


def _flares(catalogue: Catalogue, now: int) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Minute of the day, and true peak flux (log10), of listed flares of known size; minutes of the others."""
    time = microseconds(catalogue.time)
    # a little earlier ones, too: their light is still there when the day begins
    first, last = np.searchsorted(time, [now - (_MINUTES + 60 * _DECAY) * _MINUTE, now], side="right")
    true = catalogue.true[first:last]
    sized = np.isfinite(true)
    minute = _MINUTES - 1 - (now - time[first:last]) // _MINUTE
    return minute[sized], np.log10(true[sized]), minute[~sized]


def _listed(day: Floats, peaks: NDArray[np.int64], fluxes: Floats) -> float:
    ratios = []
    for minute, flux in zip(peaks.tolist(), fluxes.tolist(), strict=True):
        around = day[max(0, minute - _PEAK) : minute + _PEAK + 1] if minute >= 0 else day[:0]
        if flux >= np.log10(_LEAST) and np.isfinite(around).sum() > _PEAK:
            ratios.append(float(np.nanmax(around)) - flux)
    # The median of the flares: one of them may have a wrong class in the list.
    return float(np.median(ratios)) if ratios else float("nan")


def _apart(days: list[Floats]) -> float:
    apart = []
    for place, one in enumerate(days):
        for other in days[place + 1 :]:
            # In quarters: a satellite that was wrong for some hours would vanish in the day's median.
            for part in np.split(one - other, _QUARTERS):
                if np.isfinite(part).sum() >= _COMMON:
                    apart.append(float(np.nanmedian(part)))
    return _worst(apart)


def _frozen(day: Floats) -> float:
    known = day[np.isfinite(day)]
    moved = np.flatnonzero(np.diff(known) != 0)
    return float(len(known) - 1 - (moved[-1] + 1 if len(moved) else 0))


def _unlisted(day: Floats, peaks: NDArray[np.int64], fluxes: Floats) -> float:
    """Largest hour over what background and listed flares explain; the background is the lower quarter of the hours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # hours without a record
        hours = np.nanmedian(day.reshape(24, 60), axis=1)
    known = np.isfinite(hours)
    if known.sum() < 4:
        return float("nan")
    ground = 10 ** float(np.quantile(hours[known], 0.25))
    light = np.full(24, ground)
    for minute, flux in zip((peaks // 60).tolist(), fluxes.tolist(), strict=True):
        # from the hour before its peak, in which it rises, until it has decayed
        first, last = max(0, minute - 1), max(0, minute + _DECAY + 1)
        light[first:last] = np.maximum(light[first:last], ground + 10**flux)
    return float(np.nanmax(hours - np.log10(light)))


def _worst(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return max(known, key=abs) if known else float("nan")
