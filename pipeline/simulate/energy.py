"""Free magnetic energy: stored by shear and emergence, lost by decay, released in flares (a stress-release process).

In the manner of Wheatland and Glukhov 1998 (ApJ 494, 858): the flare rate grows with the stored energy, sizes follow
a power law that ends where one flare would need more than the region can release.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Energetics", "Releases", "State", "largest_flux", "potential_energy"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Potential-field energy ~ flux^1.5, anchored on NOAA 11158 on 2011-02-15: 9e32 erg at 2.7e22 Mx.
_POTENTIAL, _POTENTIAL_FLUX = 9e32, 2.7e22
# Magnetic energy of an X1 flare, erg: radiated 2.2e31 (one hundred times the soft X-ray fluence) and as much again
# for the ejection.
ENERGY_OF_X1 = 4.4e31
# One flare releases at most this fraction of the free energy (60 +- 26 %, Aschwanden 2019).
LARGEST_SHARE = 0.6
# Free energy stays below this fraction of the potential-field energy (1 to 25 % before flares, Aschwanden et al. 2014).
_SATURATION = 0.5
# Build-up and loss, hours: together they leave about 8 % of the potential-field energy free in a median region.
_BUILD_UP, _LOSS = 37 * 24.0, 3 * 24.0
# Share of the potential energy of new flux that arrives as free energy.
_EMERGING = 0.3
# Rate of flares above 1e-6 W m-2 at a free energy of 1e32 erg, per hour, and how it grows with that energy; set so that
# a simulated cycle has the flaring region-days of 1996-2018 (C 0.19, M 0.036, X 0.004 of all region-days).
_RATE, _RATE_ENERGY, _RATE_POWER = 2.6 / 24.0, 1e32, 1.15
# Wandering of the shear: logarithmic amplitude and memory, hours.
_WANDER, _WANDER_HOURS = 0.6, 48.0
# Smallest flare that is simulated, W m-2 (science scale).
SMALLEST = 3e-7


def potential_energy(flux: Array) -> Array:
    """Potential-field energy in erg of a region with unsigned flux in Mx."""
    return np.asarray(_POTENTIAL * (flux / _POTENTIAL_FLUX) ** 1.5)


def largest_flux(free: Array) -> Array:
    """Largest possible peak flux (W m-2, science scale) of one flare, from the free energy in erg."""
    return np.asarray(LARGEST_SHARE * free / ENERGY_OF_X1 * 1e-4)


@dataclass(frozen=True)
class State:
    """What a set of regions carries from step to step.

    Parameters
    ----------
    free : ndarray, shape (n,)
        Free magnetic energy, erg.
    wander : ndarray, shape (n,)
        Logarithm of the momentary shear relative to its region's own.
    """

    free: Array
    wander: Array


class Releases(NamedTuple):
    """Flares of one step: which region, peak flux (W m-2, science scale), and when within the step (0 to 1)."""

    region: Ints
    flux: Array
    fraction: Array


@dataclass(frozen=True)
class Energetics:
    """The process of one Sun.

    Parameters
    ----------
    size_index : float
        Index alpha of the peak-flux distribution.
    flare_rate : float
        Factor on all rates.
    step : float
        Time step, hours.
    """

    size_index: float
    flare_rate: float
    step: float

    def rate(self, free: Array, temper: Array, smallest: Array | float) -> Array:
        """Flares per hour with a peak flux of at least ``smallest`` (W m-2, science scale)."""
        slope = self.size_index - 1.0
        scale = self.flare_rate * _RATE * temper * (np.maximum(free, 0.0) / _RATE_ENERGY) ** _RATE_POWER
        top = np.maximum(largest_flux(free), 1e-12)
        above = (np.asarray(smallest) / 1e-6) ** -slope - (top / 1e-6) ** -slope
        return np.asarray(scale * np.maximum(above, 0.0))

    def settled(self, flux: Array, shear: Array, rng: np.random.Generator) -> State:
        """State of regions that just begin, with the wander in its stationary distribution."""
        return State(0.0 * flux * shear, rng.normal(0.0, _WANDER, len(flux)))

    def stored(self, state: State, flux: Array, growth: Array, shear: Array, rng: np.random.Generator) -> State:
        """One step of storage and loss; ``growth`` is the flux gained in the step, Mx."""
        potential = potential_energy(flux)
        # less and less is stored as the region fills up
        room = np.clip(1.0 - state.free / np.maximum(_SATURATION * potential, 1e20), 0.0, 1.0)
        drive = shear * np.exp(state.wander) * potential / _BUILD_UP * self.step
        drive += _EMERGING * np.maximum(growth, 0.0) * 1.5 * potential / np.maximum(flux, 1e18)
        memory = np.exp(-self.step / _WANDER_HOURS)
        # Ornstein-Uhlenbeck: the amplitude stays the same however long a step is
        wander = memory * state.wander + _WANDER * np.sqrt(1 - memory**2) * rng.standard_normal(len(flux))
        free = state.free * np.exp(-self.step / _LOSS) + room * drive
        return State(np.minimum(free, _SATURATION * potential), wander)

    def flared(
        self, state: State, temper: Array, rng: np.random.Generator, ceiling: Array | float = np.inf
    ) -> tuple[State, Releases]:
        """One step of flares.

        Parameters
        ----------
        state : State
        temper : ndarray, shape (n,)
        rng : numpy.random.Generator
        ceiling : float or ndarray
            Flares at or above this peak flux are left out: the process conditioned on not having had one.

        Returns
        -------
        State
            After the releases.
        Releases
            In no particular order.
        """
        mean = self.rate(state.free, temper, SMALLEST) - self.rate(state.free, temper, ceiling)
        counts = rng.poisson(np.maximum(mean, 0.0) * self.step)
        parts: list[Releases] = []
        free = state.free.copy()
        # one after the other: each flare leaves less for the next of the same step
        for index in range(int(counts.max(initial=0))):
            regions = np.flatnonzero(counts > index)
            limit = ceiling if np.ndim(ceiling) == 0 else np.asarray(ceiling)[regions]
            flux = self._sizes(np.minimum(largest_flux(free[regions]), limit), rng)
            free[regions] -= ENERGY_OF_X1 * flux / 1e-4
            kept = flux > 0
            parts.append(Releases(regions[kept], flux[kept], rng.random(len(regions))[kept]))
        return replace(state, free=free), _joined(parts)

    def _sizes(self, top: Array, rng: np.random.Generator) -> Array:
        """Peak fluxes between the smallest and ``top``, by the inverse distribution; 0 where nothing fits."""
        slope = self.size_index - 1.0
        high = np.maximum(top, SMALLEST) ** -slope
        drawn = (SMALLEST**-slope - rng.random(len(top)) * (SMALLEST**-slope - high)) ** (-1.0 / slope)
        return np.where(top > SMALLEST, drawn, 0.0)


def _joined(parts: list[Releases]) -> Releases:
    if not parts:
        return Releases(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
    return Releases(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))
