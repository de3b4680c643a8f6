"""Active regions as a telescope needs them at one moment: where, how large, how turned, and how they flare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["Regions", "regions_at", "spread_of"]

Array = npt.NDArray[np.float64]

_SOLAR_RADIUS_CM = 6.957e10
# Field (G) over which half of a region's flux is spread: with it the polarities of 6e21 Mx lie 55 Mm apart.
_MEAN_FIELD = 200.0
# Joy's law: the leading polarity lies nearer to the equator by 0.5 degrees a degree of latitude (Wang & Sheeley 1991,
# ApJ 375, 761: sin(tilt) = 0.48 sin(latitude)).
_JOY = 0.48
# Cycle 24 began in December 2008; in even cycles leading spots of the north are negative (Hale & Nicholson 1925).
_CYCLE, _CYCLE_START, _CYCLE_HOURS = 24, np.datetime64("2008-12-01", "ns"), 132 * 30.44 * 24.0
# Rise and decay in minutes of flares that nobody's X-ray sensor sees, as the medians of `emission`.
_RISE, _DECAY = (7.0, 0.17), (10.0, 0.12)


class Regions(NamedTuple):
    """All regions that exist at one moment, on both sides of the Sun.

    Parameters
    ----------
    number : ndarray of int, shape (region,)
        Index into the population.
    latitude, longitude : ndarray, shape (region,)
        Heliographic latitude and Stonyhurst longitude, degrees.
    flux : ndarray, shape (region,)
        Unsigned magnetic flux, Mx.
    spread : ndarray, shape (region,)
        Width (one sigma) of each polarity, solar radii.
    leading : ndarray, shape (region,)
        Sign of the western polarity.
    tilt : ndarray, shape (region,)
        Angle from east-west by which the western polarity lies south, radians.
    flaring : ndarray, shape (region,)
        Soft X-ray flux of its flares now, W m-2.
    """

    number: npt.NDArray[np.int64]
    latitude: Array
    longitude: Array
    flux: Array
    spread: Array
    leading: Array
    tilt: Array
    flaring: Array


def regions_at(scene: Scene, hours: float) -> Regions:
    """List the regions of a moment.

    Parameters
    ----------
    scene : Scene
    hours : float
        From the start of the observations.
    """
    population = scene.sun.population
    # Times on the grid of ages must not fall into the step before by rounding.
    age = np.floor((hours - population.emergence) / population.step + 1e-9).astype(np.int64)
    index = np.flatnonzero((age >= 0) & (age < population.flux.shape[1]))
    flux = population.flux[index, age[index]]
    latitude = population.latitude[index]
    return Regions(
        index,
        latitude,
        population.longitudes(np.full(len(population.emergence), hours))[index],
        flux,
        spread_of(flux),
        _leading(scene, index),
        np.arcsin(_JOY * np.sin(np.radians(latitude))),
        _flaring(scene, hours)[index],
    )


def spread_of(flux: Array) -> Array:
    """Width (one sigma) of each polarity in solar radii, from the unsigned flux in Mx."""
    return np.asarray(np.sqrt(flux / 2.0 / (2.0 * np.pi * _MEAN_FIELD)) / _SOLAR_RADIUS_CM)


def _leading(scene: Scene, index: npt.NDArray[np.int64]) -> Array:
    """Sign of the western polarity by Hale's law, which turns with every cycle."""
    population, hour = scene.sun.population, np.timedelta64(1, "h")
    minimum = float((np.datetime64(scene.sun.config.minimum, "ns") - _CYCLE_START) / hour)
    since = float((np.datetime64(scene.sun.config.start, "ns") - _CYCLE_START) / hour) - minimum
    cycle = _CYCLE + round(minimum / _CYCLE_HOURS) + np.floor((since + population.emergence[index]) / _CYCLE_HOURS)
    even = cycle.astype(np.int64) % 2 == 0
    return np.where(even, -1.0, 1.0) * np.where(population.latitude[index] >= 0, 1.0, -1.0)


def _flaring(scene: Scene, hours: float) -> Array:
    """Soft X-ray flux of every region's flares, those behind the Earth's limb included."""
    flares, emission = scene.sun.flares, scene.emission
    rise = _RISE[0] * (flares.flux / 1e-6) ** _RISE[1]
    decay = _DECAY[0] * (flares.flux / 1e-6) ** _DECAY[1]
    peak = np.floor(flares.hours * 60.0)
    # Flares in sight take the times that the X-ray sensors' light curves have, so that images and flux agree.
    rise[emission.seen] = np.maximum(emission.peak - emission.start, 1)
    # The listed end is where half of the flux has gone.
    decay[emission.seen] = np.maximum(emission.end - emission.peak, 1) / np.log(2.0)
    since = hours * 60.0 - peak
    light = flares.flux * np.where(since < 0, np.exp(-((2.0 * since / rise) ** 2)), np.exp(-np.abs(since) / decay))
    # Far from its peak a flare adds nothing, and the exponentials of all flares of a decade would take long.
    near = (since > -3.0 * rise) & (since < 360.0)
    total = np.bincount(flares.region[near], light[near], minlength=len(scene.sun.population.emergence))
    return total.astype(np.float64)
