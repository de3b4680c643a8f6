"""The Sun on a detector: exact perspective between a sphere, the plane of the sky and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.sources.frames import Geometry, Observer
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS

__all__ = ["View"]

Array = npt.NDArray[np.float64]

_ARCSEC = np.radians(1.0 / 3600.0)


@dataclass(frozen=True)
class View:
    """A detector that looks at the Sun's centre from somewhere.

    Vectors are in the observer's frame and in solar radii: x to solar west, y to solar north, z to the observer.

    Parameters
    ----------
    observer : Observer
    geometry : Geometry
        From pixel edges to the plane of the sky in arcsec.
    size : int
        Pixels a side.
    """

    observer: Observer
    geometry: Geometry
    size: int

    @property
    def distance(self) -> float:
        """Distance of the observer, solar radii."""
        return self.observer.distance * AU / SOLAR_RADIUS

    @cached_property
    def plane(self) -> tuple[Array, Array]:
        """Tangent-plane coordinates of pixel centres, radians, each of shape (y, x)."""
        steps = np.arange(self.size) + 0.5
        g = self.geometry
        x = (g.xx * steps + g.x0)[None, :] + (g.xy * steps)[:, None]
        y = (g.yx * steps + g.y0)[None, :] + (g.yy * steps)[:, None]
        return x * _ARCSEC, y * _ARCSEC

    @cached_property
    def off(self) -> Array:
        """Square of the distance from the disk's centre in units of the limb's, shape (y, x)."""
        x, y = self.plane
        return np.asarray((x**2 + y**2) * (self.distance**2 - 1.0))

    @cached_property
    def sphere(self) -> Array:
        """Unit vectors (3, y, x) to what the pixels see of the photosphere; NaN off the disk."""
        x, y = self.plane
        with np.errstate(invalid="ignore"):
            root = np.sqrt(np.where(self.off <= 1.0, 1.0 - self.off, np.nan))
        # Nearest solution of |(0, 0, D) + s (x, y, -1)| = 1.
        along = (self.distance - root) / (1.0 + x**2 + y**2)
        return np.stack([along * x, along * y, self.distance - along])

    def axes(self, latitude: Array, longitude: Array) -> tuple[Array, Array, Array]:
        """Give unit vectors outward, westward and northward at Stonyhurst places, each (3, ...)."""
        phi, lam = np.radians(latitude), np.radians(np.asarray(longitude) - self.observer.longitude)
        tilt = np.radians(self.observer.latitude)
        sp, cp, sl, cl, sb, cb = np.sin(phi), np.cos(phi), np.sin(lam), np.cos(lam), np.sin(tilt), np.cos(tilt)
        outward = np.stack([cp * sl, sp * cb - cp * cl * sb, sp * sb + cp * cl * cb])
        west = np.stack([cl, sl * sb, -sl * cb])
        north = np.stack([-sp * sl, cp * cb + sp * cl * sb, cp * sb - sp * cl * cb])
        return outward, west, north

    def project(self, vectors: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        """Find places above the photosphere on the detector.

        Parameters
        ----------
        vectors : ndarray, shape (3, ...)
            Solar radii, of length 1 or more.

        Returns
        -------
        column, row : ndarray
            In pixels from the detector's outer edges: pixel 0 covers 0 to 1.
        seen : ndarray of bool
            False where the Sun's disk is in front.
        """
        depth = self.distance - vectors[2]
        x, y = vectors[0] / depth, vectors[1] / depth
        inside = (x**2 + y**2) * (self.distance**2 - 1.0) < 1.0
        back = self.geometry.inverse()
        a, b = x / _ARCSEC, y / _ARCSEC
        seen = ~inside | (vectors[2] >= 1.0 / self.distance)
        return back.xx * a + back.xy * b + back.x0, back.yx * a + back.yy * b + back.y0, seen

    @property
    def pixel_area(self) -> float:
        """Area of a pixel at the disk's centre, square solar radii."""
        return float(self.geometry.pixel_area * _ARCSEC**2 * (self.distance - 1.0) ** 2)
