"""What turns light into counts: photon and reading noise, saturation, whole numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Camera"]

Array = npt.NDArray[np.float64]


class Camera(NamedTuple):
    """A camera.

    Parameters
    ----------
    field : float
        arcsec a side.
    native : int
        Pixels a side of the real detector; a pixel of a smaller image is the mean of several, with less noise.
    full : float
        Counts at which it saturates.
    per_photon : float
        Counts a photon.
    reading : float
        Reading noise, counts.
    """

    field: float
    native: int
    full: float
    per_photon: float
    reading: float

    def counts(self, light: Array, noise: np.random.Generator, bias: float = 0.0) -> Array:
        """Count what arrives: whole numbers (float64) about the mean counts ``light``, with ``bias`` below them."""
        # Whoever bins averages noise away: a small image has as much less as its pixels hold more of the native ones.
        spread = np.sqrt(self.per_photon * light + self.reading**2) * light.shape[0] / self.native
        found = np.rint(light + spread * noise.standard_normal(light.shape) + bias)
        return np.asarray(np.clip(found, -32768.0, self.full))
