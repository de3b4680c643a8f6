"""The synthetic Sun: state of every region over time and every flare, before any instrument looks."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.energy import Energetics, Releases
from sunproof.pipeline.simulate.population import Population, emerge

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.config import SunConfig

__all__ = ["Flares", "Sun", "generator", "simulate_sun"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flares:
    """Every flare that happened, seen or not, sorted by time.

    Parameters
    ----------
    region : ndarray of int, shape (flare,)
    hours : ndarray, shape (flare,)
        Peak time, hours from the start of the observations.
    flux : ndarray, shape (flare,)
        Peak flux above the background, 0.1-0.8 nm, W m-2, science scale.
    """

    region: npt.NDArray[np.int64]
    hours: Array
    flux: Array


@dataclass(frozen=True)
class Sun:
    """State of the Sun; instruments read it and never change it.

    Parameters
    ----------
    config : SunConfig
    population : Population
    energetics : Energetics
    free, wander : ndarray, shape (region, age)
        Free magnetic energy (erg) and momentary shear (logarithm, relative) at each age, before that step's flares.
    flares : Flares
    """

    config: SunConfig
    population: Population
    energetics: Energetics
    free: Array
    wander: Array
    flares: Flares

    def times(self, hours: Array) -> npt.NDArray[np.datetime64]:
        """UTC of hours from the start of the observations, to the microsecond."""
        offset = np.round(np.asarray(hours) * 3.6e9).astype("timedelta64[us]")
        return (np.datetime64(self.config.start, "us") + offset).astype("datetime64[ns]")

    @property
    def duration(self) -> float:
        """Length of the observations, hours."""
        return self.config.days * 24.0

    @cached_property
    def longitude(self) -> Array:
        """Stonyhurst longitude (region, age), degrees."""
        return self.population.longitudes(self.population.hours)

    @cached_property
    def visible(self) -> npt.NDArray[np.bool_]:
        """Whether a flare at (region, age) is seen from the Earth: loops stand a little above the limb."""
        return self.population.cosines(self.population.hours) > -0.05


def generator(seed: int, name: str) -> np.random.Generator:
    """Random numbers of one part of the simulation; adding a part never changes another's."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))


def simulate_sun(config: SunConfig, seed: int) -> Sun:
    """Let regions emerge, store energy and flare.

    Parameters
    ----------
    config : SunConfig
    seed : int

    Returns
    -------
    Sun
        Equal bit for bit for equal arguments.
    """
    population = emerge(config, generator(seed, "population"))
    energetics = Energetics(config.size_index, config.flare_rate, population.step)
    rng = generator(seed, "energy")
    free, wander = np.zeros_like(population.flux), np.zeros_like(population.flux)
    growth = np.diff(population.flux, axis=1, prepend=0.0)
    state = energetics.settled(population.flux[:, 0], population.shear, rng)
    parts: list[tuple[int, Releases]] = []
    for age in range(population.flux.shape[1]):
        # stored before it is released: a flare takes from what the step brought
        state = energetics.stored(state, population.flux[:, age], growth[:, age], population.shear, rng)
        free[:, age], wander[:, age] = state.free, state.wander
        state, releases = energetics.flared(state, population.temper, rng)
        parts.append((age, releases))
    return Sun(config, population, energetics, free, wander, _flares(population, parts, config.days * 24.0))


def _flares(population: Population, parts: list[tuple[int, Releases]], duration: float) -> Flares:
    ages = np.concatenate([np.full(len(releases.region), age) for age, releases in parts])
    region, flux, fraction = (np.concatenate([part[index] for _, part in parts]) for index in range(3))
    hours = population.emergence[region] + (ages + fraction) * population.step
    kept = (hours >= 0.0) & (hours < duration)
    order = np.argsort(hours[kept], kind="stable")
    return Flares(region[kept][order].astype(np.int64), hours[kept][order], flux[kept][order])
