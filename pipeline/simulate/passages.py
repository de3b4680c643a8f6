"""Disk passages: what an observatory gives a number, a region from its appearance to the west limb or its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.sun import Sun

__all__ = ["Passages", "find_passages"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Patches are tracked this far from the central meridian, degrees; region summaries list them a little further.
TRACKED = 80.0
# Smallest tracked flux and smallest flux with sunspots, Mx.
FAINTEST, SPOTTED = 6e20, 1.0e21
# First numbers of a run; real ones exist too, so every file says that it is simulated.
_FIRST_HARP, _FIRST_NOAA = 3001, 12001


@dataclass(frozen=True)
class Passages:
    """Passages in order of HARP number; a region that returns after half a rotation gets new numbers.

    Parameters
    ----------
    region : ndarray of int, shape (passage,)
        Index into the population.
    first, last : ndarray of int, shape (passage,)
        Ages (indices) from the first tracked one to behind the last.
    harpnum, noaa_ar : ndarray of int, shape (passage,)
        ``noaa_ar`` is -1 where spots were never seen at a daily summary.
    numbered : ndarray, shape (passage,)
        Hour of the first daily summary that lists the region; infinite where there is none.
    """

    region: Ints
    first: Ints
    last: Ints
    harpnum: Ints
    noaa_ar: Ints
    numbered: Array

    def at(self, region: Ints, age: Ints) -> Ints:
        """Index of the passage in which (region, age) falls, -1 outside all; any shape."""
        found = np.full(np.shape(region), -1, dtype=np.int64)
        for index in range(len(self.region)):
            inside = (region == self.region[index]) & (age >= self.first[index]) & (age < self.last[index])
            found[inside] = index
        return found


def find_passages(sun: Sun) -> Passages:
    """Find and number the disk passages of all regions within the observations."""
    hours = sun.population.hours
    tracked = (
        (np.abs(sun.longitude) <= TRACKED) & (sun.population.flux >= FAINTEST) & (hours >= 0.0) & (hours < sun.duration)
    )
    # padded with False: passages that begin or end with the observations have their edges, too
    edges = np.diff(np.pad(tracked.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    region, first = np.nonzero(edges == 1)
    _, last = np.nonzero(edges == -1)
    order = np.lexsort((region, hours[region, first]))
    region, first, last = region[order], first[order], last[order]
    numbered = _first_summary(sun, region, first, last)
    noaa = np.full(len(region), -1, dtype=np.int64)
    # NOAA numbers in the order in which summaries first list them
    ranked = np.argsort(numbered, kind="stable")[: int(np.isfinite(numbered).sum())]
    noaa[ranked] = _FIRST_NOAA + np.arange(len(ranked))
    return Passages(region, first, last, _FIRST_HARP + np.arange(len(region)), noaa, numbered)


def _first_summary(sun: Sun, region: Ints, first: Ints, last: Ints) -> Array:
    """Hour of the first midnight at which each passage shows spots."""
    found = np.full(len(region), np.inf)
    hours, flux = sun.population.hours, sun.population.flux
    for index, (row, begin, end) in enumerate(zip(region, first, last, strict=True)):
        midnight = (np.abs((hours[row, begin:end] + 1e-6) % 24.0) < 1e-3) & (flux[row, begin:end] >= SPOTTED)
        if midnight.any():
            found[index] = round(float(hours[row, begin:end][midnight][0]))
    return found
