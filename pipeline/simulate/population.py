"""Active regions that emerge, grow and decay: positions and unsigned flux, before any energy is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.geometry import limb_cosine, synodic_rate, wrapped

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.config import SunConfig

__all__ = ["Population", "cycle_activity", "emerge"]

Array = npt.NDArray[np.float64]

# Regions live at most this long here; the flux of larger ones is then cut, as a decayed plage would be.
MAX_AGE_HOURS = 45 * 24.0
# Peak unsigned flux, Mx: log-normal, so that the quantiles of the SHARP archive 2010-2019 (5 %: 4e20, 50 %: 6e21,
# 95 %: 4e22) come out over the life of a region.
_FLUX_MEDIAN, _FLUX_SPREAD, _FLUX_RANGE = 7.5e21, 0.95, (5e20, 1.2e23)
# Mean emergence rate 7.1e19 Mx/h at 5.9e21 Mx, growing as flux^0.36 (Norton et al. 2017); peak flux is reached faster
# than by the mean rate alone, hence the factor.
_EMERGENCE_RATE, _EMERGENCE_ANCHOR, _EMERGENCE_POWER, _EMERGENCE_FACTOR = 7.1e19, 5.9e21, 0.36, 2.5
# Decay -1.9e19 to -3.4e19 Mx/h (Norton et al. 2017) is an e-folding of about 9 days at the anchor flux.
_DECAY_HOURS, _DECAY_POWER = 9 * 24.0, 0.4
# Further emergence inside a region: 29 of 100 strong regions show major, 30 minor episodes (Kutsenko et al. 2021).
_EPISODE_CHANCE = 0.45
# Sporer's law: mean latitude 28 degrees at the start of a cycle, falling with 90 months (Hathaway 2011).
_LATITUDE, _LATITUDE_HOURS, _LATITUDE_SPREAD = 28.0, 90 * 30.44 * 24.0, 5.0
# Cycle shape t^3 / (exp(t^2/b^2) - c) with b = 56 months and c = 0.71 (Hathaway, Wilson and Reichmann 1994).
_CYCLE_MONTHS, _CYCLE_C = 56.0, 0.71


@dataclass(frozen=True)
class Population:
    """All active regions of a run, on a common grid of ages.

    Parameters
    ----------
    emergence : ndarray, shape (region,)
        Hours from the start of the observations; negative for the spin-up. On the time grid, ascending.
    latitude, longitude : ndarray, shape (region,)
        Heliographic latitude and Stonyhurst longitude at emergence, degrees.
    handedness : ndarray, shape (region,)
        Sign of the net current helicity, +1 or -1.
    shear, temper : ndarray, shape (region,)
        Factors on energy storage and on the flare rate; 1 in the median. No instrument sees ``temper`` directly.
    flux : ndarray, shape (region, age)
        Unsigned magnetic flux, Mx.
    step : float
        Spacing of the ages, hours.
    """

    emergence: Array
    latitude: Array
    longitude: Array
    handedness: Array
    shear: Array
    temper: Array
    flux: Array
    step: float

    @property
    def hours(self) -> Array:
        """Time of every (region, age), hours from the start of the observations."""
        ages = np.arange(self.flux.shape[1]) * self.step
        return np.asarray(self.emergence[:, None] + ages)

    def longitudes(self, hours: Array) -> Array:
        """Stonyhurst longitude at times of shape (region, ...), degrees, under differential rotation."""
        extra = (1,) * (hours.ndim - 1)
        rate = synodic_rate(self.latitude).reshape(-1, *extra) / 24.0
        return wrapped(
            self.longitude.reshape(-1, *extra) + rate * (hours - self.emergence.reshape(-1, *extra)),
        )

    def cosines(self, hours: Array) -> Array:
        """Cosine of the distance from the disk's centre at times of shape (region, ...), for a disk without tilt."""
        extra = (1,) * (hours.ndim - 1)
        return limb_cosine(self.latitude.reshape(-1, *extra), self.longitudes(hours))


def cycle_activity(months: Array) -> Array:
    """Shape of a solar cycle, 1 at its maximum (Hathaway, Wilson and Reichmann 1994).

    Parameters
    ----------
    months : ndarray
        Months since the minimum at which the cycle began.
    """
    grid = np.linspace(1.0, 132.0, 132)

    def shape(t: Array) -> Array:
        return np.asarray(t**3 / (np.exp((t / _CYCLE_MONTHS) ** 2) - _CYCLE_C))

    # An older cycle repeats after eleven years, so that any date has an activity; 0.02 is left at minimum.
    return np.asarray(np.maximum(shape(np.maximum(months % 132.0, 1e-3)) / shape(grid).max(), 0.02))


def emerge(config: SunConfig, rng: np.random.Generator) -> Population:
    """Draw the regions of a run, those of the spin-up before its start included.

    Parameters
    ----------
    config : SunConfig
    rng : numpy.random.Generator

    Returns
    -------
    Population
    """
    step = config.step_minutes / 60.0
    emergence, months = _emergences(config, rng)
    count = len(emergence)
    ages: Array = np.arange(round(MAX_AGE_HOURS / step), dtype=np.float64) * np.float64(step)
    latitude = rng.choice([-1.0, 1.0], count) * np.abs(
        rng.normal(_LATITUDE * np.exp(-months * 30.44 * 24.0 / _LATITUDE_HOURS), _LATITUDE_SPREAD)
    )
    latitude = np.clip(latitude, -45.0, 45.0)
    return Population(
        emergence=emergence,
        latitude=latitude,
        longitude=rng.uniform(-180.0, 180.0, count),
        # Helicity is negative in the north for a majority of regions only.
        handedness=np.where(rng.random(count) < 0.65, -1.0, 1.0) * np.sign(latitude),
        shear=np.exp(rng.normal(0.0, 0.7, count)),
        temper=np.exp(rng.normal(0.0, 0.4, count)),
        flux=_flux(ages, count, rng),
        step=step,
    )


def _emergences(config: SunConfig, rng: np.random.Generator) -> tuple[Array, Array]:
    """Emergence times on the time grid, and months since minimum."""
    step = config.step_minutes / 60.0
    # Regions seen on the first day emerged up to a lifetime before it.
    first = -np.ceil(MAX_AGE_HOURS / step) * step
    grid = np.arange(first, config.days * 24.0, step)
    origin = (config.start - config.minimum).total_seconds() / 3600.0
    months = (grid + origin) / (30.44 * 24.0)
    counts = rng.poisson(config.regions_per_day * cycle_activity(months) * step / 24.0)
    return np.repeat(grid, counts), np.repeat(months % 132.0, counts)


def _flux(ages: Array, count: int, rng: np.random.Generator) -> Array:
    """Unsigned flux (region, age): a first emergence and up to two further episodes, each rising and decaying."""
    peak = np.clip(np.exp(rng.normal(np.log(_FLUX_MEDIAN), _FLUX_SPREAD, count)), *_FLUX_RANGE)
    total = _episode(ages, np.zeros(count), peak, rng)
    for _ in range(2):
        # Drawn for every region, whether it has the episode or not, so that no later random number shifts.
        later = rng.uniform(24.0, 300.0, count)
        share = np.where(rng.random(count) < _EPISODE_CHANCE, rng.uniform(0.1, 0.8, count), 0.0)
        total += _episode(ages, later, peak * share, rng)
    return total


def _episode(ages: Array, start: Array, peak: Array, rng: np.random.Generator) -> Array:
    rate = _EMERGENCE_FACTOR * _EMERGENCE_RATE * (np.maximum(peak, 1e19) / _EMERGENCE_ANCHOR) ** _EMERGENCE_POWER
    # The hour more keeps an episode without flux from dividing by zero.
    rise = peak / rate * np.exp(rng.normal(0.0, 0.4, len(peak))) + 1.0
    decay = _DECAY_HOURS * (np.maximum(peak, 1e20) / _EMERGENCE_ANCHOR) ** _DECAY_POWER
    decay *= np.exp(rng.normal(0.0, 0.3, len(peak)))
    since = ages[None, :] - start[:, None]
    grown = np.clip(since / rise[:, None], 0.0, 1.0)
    faded = np.exp(-np.maximum(since - rise[:, None], 0.0) / decay[:, None])
    # A smooth step: emergence is fastest half-way.
    return np.asarray(peak[:, None] * grown**2 * (3.0 - 2.0 * grown) * faded)
