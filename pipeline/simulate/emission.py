"""Soft X-rays of the whole Sun, one value a minute, as a perfect detector at one astronomical unit would see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.sun import Sun, generator

__all__ = ["Emission", "radiate"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Quiet corona and that of a region of 5e21 Mx, W m-2 in 0.1-0.8 nm: background from A9 at minimum to C1 at maximum.
_QUIET, _REGION, _REGION_FLUX, _REGION_POWER = 2e-8, 2e-8, 5e21, 1.2
# Rise in minutes of a C1 flare (log-normal); M flares: median 11, 95 % below 38 minutes (SWPC list 2010-2025).
_RISE, _RISE_POWER, _RISE_SPREAD = 7.0, 0.17, 0.6
# Decay time in minutes of a C1 flare (log-normal); whole duration of M flares: median 20, 95 % below 69 minutes.
_DECAY, _DECAY_POWER, _DECAY_SPREAD = 10.0, 0.12, 0.6
# Longest time for which a flare is followed, minutes.
_FOLLOWED = 360


@dataclass(frozen=True)
class Emission:
    """X-ray light curves and the flares in them.

    Parameters
    ----------
    xrsa, xrsb : ndarray, shape (minute,)
        Flux in 0.05-0.4 and 0.1-0.8 nm, W m-2, science scale, averaged over each minute from the start.
    background : ndarray, shape (minute,)
        ``xrsb`` without flares.
    seen : ndarray of int, shape (flare,)
        Indices into `Sun.flares` of those on the visible side.
    start, peak, end : ndarray of int, shape (flare,)
        Minutes; the end is where the flare has lost half of its peak.
    """

    xrsa: Array
    xrsb: Array
    background: Array
    seen: Ints
    start: Ints
    peak: Ints
    end: Ints


def radiate(sun: Sun, seed: int) -> Emission:
    """Light curves of a Sun.

    Parameters
    ----------
    sun : Sun
    seed : int

    Returns
    -------
    Emission
    """
    rng = generator(seed, "emission")
    background = _background(sun, rng)
    flares = sun.flares
    ages = (flares.hours - sun.population.emergence[flares.region]) / sun.population.step
    # flares behind the limb light nothing up that the Earth sees
    seen = np.flatnonzero(sun.visible[flares.region, ages.astype(np.int64)])
    flux = flares.flux[seen]
    rise = _RISE * (flux / 1e-6) ** _RISE_POWER * np.exp(rng.normal(0.0, _RISE_SPREAD, len(seen)))
    decay = _DECAY * (flux / 1e-6) ** _DECAY_POWER * np.exp(rng.normal(0.0, _DECAY_SPREAD, len(seen)))
    rise, decay = np.clip(rise, 2.0, 90.0), np.clip(decay, 3.0, 180.0)
    peak = (flares.hours[seen] * 60.0).astype(np.int64)
    ratio = _flare_ratio(flux) * np.exp(rng.normal(0.0, 0.1, len(seen)))
    long, short = background.copy(), background * _quiet_ratio(background)
    for index in range(len(seen)):
        _add(long, short, (peak[index], flux[index], rise[index], decay[index]), ratio[index])
    last = len(long) - 1
    start = np.clip(peak - np.ceil(rise).astype(np.int64), 0, last)
    # SWPC's end: halfway down, which an exponential reaches after ln 2 decay times
    end = np.clip(peak + np.ceil(np.log(2.0) * decay).astype(np.int64), 0, last)
    return Emission(short, long, background, seen, start, np.clip(peak, 0, last), end)


def _background(sun: Sun, rng: np.random.Generator) -> Array:
    step, steps = sun.population.step, round(sun.duration / sun.population.step)
    slot = np.round(sun.population.hours / step).astype(np.int64)
    glow = _REGION * (sun.population.flux / _REGION_FLUX) ** _REGION_POWER
    inside = (slot >= 0) & (slot < steps) & sun.visible
    coarse = _QUIET + np.bincount(slot[inside], weights=glow[inside], minlength=steps)
    # Slow brightenings: a wander of 10 % with a memory of 12 hours.
    memory = np.exp(-step / 12.0)
    kicks = rng.standard_normal(steps) * 0.1 * np.sqrt(1.0 - memory**2)
    wander = np.empty(steps)
    value = 0.0
    for index in range(steps):
        value = memory * value + kicks[index]
        wander[index] = value
    minutes = np.arange(round(sun.duration * 60.0)) / 60.0
    return np.asarray(np.interp(minutes, np.arange(steps) * step, coarse * np.exp(wander)))


def _quiet_ratio(background: Array) -> Array:
    """Short over long channel of the background: 0.01 at A5, 0.03 at C1, like GOES-15 in 2014."""
    return np.asarray(0.03 * (background / 1e-6) ** 0.35)


def _flare_ratio(flux: Array) -> Array:
    """Short over long channel at the peak: 0.08 for C1, 0.32 for X1; at most 0.47 (SOL2017-09-10)."""
    return np.clip(0.08 + 0.12 * np.log10(np.maximum(flux, 1e-7) / 1e-6), 0.03, 0.47)


def _add(long: Array, short: Array, flare: tuple[int, float, float, float], ratio: float) -> None:
    """Add one flare (peak minute, flux, rise, decay) in place: a Gaussian rise, then an exponential decay."""
    peak, flux, rise, decay = flare
    begin, end = max(0, int(peak - 3 * rise)), min(len(long), int(peak) + _FOLLOWED)
    if begin >= end:
        return
    since = np.arange(begin, end) - peak
    curve = flux * np.where(since < 0, np.exp(-((2.0 * since / rise) ** 2)), np.exp(-since / decay))
    long[begin:end] += curve
    # Hot plasma comes first: the ratio is largest before the peak and falls with the temperature (Sadykov et al. 2019).
    late = since + 0.15 * rise
    short[begin:end] += curve * ratio * np.where(late < 0, np.exp(-((late / rise) ** 2)), np.exp(-late / (1.5 * decay)))
