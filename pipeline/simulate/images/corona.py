"""The corona in extreme ultraviolet: quiet Sun with holes and network, loops over every region, flares.

Brightness follows the Sun's state: loops grow with the magnetic flux, flares with the soft X-ray flux of the same
minute. Loops are points in space, so that a region looks right from everywhere, at the limb and behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from sunproof.pipeline.simulate.geometry import synodic_rate
from sunproof.pipeline.simulate.images.regions import Regions, regions_at

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.images.view import View
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["CHANNELS", "Channel", "Corona"]

Array = npt.NDArray[np.float64]


class Channel(NamedTuple):
    """What a passband shows, in DN/s of one AIA pixel: typical values of 2011-2014.

    Parameters
    ----------
    quiet : float
        Quiet Sun at the disk's centre.
    hole : float
        Coronal hole over quiet Sun.
    height : float
        Scale height of the corona, solar radii.
    region : float
        Surface brightness of the loops of a region of 5e21 Mx.
    compact : float
        How much a region's light gathers in low loops: 0 for long cool ones, 1 for its hot core.
    flare : float
        Light of a flare of 1e-5 W m-2 (M1), DN/s times square solar radii.
    """

    quiet: float
    hole: float
    height: float
    region: float
    compact: float
    flare: float


CHANNELS = {
    94: Channel(1.0, 0.7, 0.05, 8.0, 0.9, 0.25),
    131: Channel(5.0, 0.7, 0.05, 25.0, 0.8, 1.2),
    171: Channel(160.0, 0.7, 0.06, 900.0, 0.2, 1.0),
    193: Channel(150.0, 0.3, 0.08, 1200.0, 0.5, 3.5),
    195: Channel(150.0, 0.3, 0.08, 1200.0, 0.5, 3.5),
    211: Channel(50.0, 0.25, 0.09, 600.0, 0.6, 1.2),
    284: Channel(20.0, 0.25, 0.09, 400.0, 0.6, 0.6),
    304: Channel(25.0, 0.8, 0.02, 120.0, 0.3, 1.0),
    335: Channel(3.0, 0.4, 0.09, 40.0, 0.7, 0.15),
}
_LOOPS, _POINTS = 24, 32
_ANCHOR = 5e21
# Half degree: finer structure than that is below the pixels for which this is meant.
_CELLS = (360, 720)
_LATITUDES: Array = np.linspace(-89.75, 89.75, _CELLS[0])
# Holes turn rigidly (Timothy et al. 1975, Sol. Phys. 42, 135), and so does the network here: sheared for a year, it
# would wind up into stripes, while the real one is renewed every day. Degrees a day, as at 16 degrees of latitude.
_RIGID = float(synodic_rate(np.array(16.0)))
# Fraction of the quiet Sun's light that comes from the thin transition region and does not brighten at the limb.
_FLAT = 0.75


@dataclass(frozen=True)
class Corona:
    """The corona of one scene, the same for all who look at it.

    Parameters
    ----------
    scene : Scene
    traits : ndarray, shape (region, loop, 6)
        Standard normal: foot points, height, lean and brightness of each loop.
    network, holes : ndarray, shape (360, 720)
        Brightness of the network around 1, and how much of a coronal hole a place is (0 to 1), by latitude from the
        south and longitude at the start.
    """

    scene: Scene
    traits: Array
    network: Array
    holes: Array

    @classmethod
    def of(cls, scene: Scene) -> Corona:
        """Draw what no state of the Sun tells: the texture, and the shape of every loop."""
        rng = scene.generator("corona")
        traits = rng.standard_normal((len(scene.sun.population.emergence), _LOOPS, 6))
        # Longitude wraps, latitude ends at the poles.
        noise = gaussian_filter(rng.standard_normal(_CELLS), (1.5, 1.5), mode=("nearest", "wrap"))
        wide = gaussian_filter(rng.standard_normal(_CELLS), (12.0, 16.0), mode=("nearest", "wrap"))
        # Holes sit on the poles, down to about 62 degrees, and in a few places between.
        border = np.maximum((np.abs(_LATITUDES)[:, None] - 62.0) / 4.0, -6.0)
        holes = 1.0 / (1.0 + np.exp(-np.maximum(border + wide / wide.std(), 4.0 * (wide / wide.std() - 2.3))))
        return cls(scene, traits, np.exp(0.25 * noise / noise.std()), holes)

    def image(self, view: View, hours: float, channel: int) -> Array:
        """Give what a detector sees.

        Parameters
        ----------
        view : View
        hours : float
            From the start of the observations.
        channel : int
            Wavelength in Angstrom, a key of `CHANNELS`.

        Returns
        -------
        ndarray, shape (size, size)
            DN/s of an AIA pixel, without noise.
        """
        band = CHANNELS[channel]
        return self._quiet(view, hours, band) + self._loops(view, regions_at(self.scene, hours), band)

    def _quiet(self, view: View, hours: float, band: Channel) -> Array:
        rho = np.sqrt(view.off)
        disk = rho < 1.0
        found = np.empty(rho.shape)
        cosine = np.sqrt(1.0 - view.off[disk])
        # Column of an exponential atmosphere along the line of sight, 1 at the disk's centre.
        column = np.sqrt((1.0 + 2.0 * band.height / np.pi) / (cosine**2 + 2.0 * band.height / np.pi))
        found[disk] = (_FLAT + (1.0 - _FLAT) * column) * self._texture(view, hours, disk, band)
        outside = rho[~disk]
        found[~disk] = (1.0 - _FLAT) * np.sqrt(2.0 * np.pi / band.height) * np.exp((1.0 - outside) / band.height)
        return found * band.quiet

    def _texture(self, view: View, hours: float, disk: npt.NDArray[np.bool_], band: Channel) -> Array:
        """Network and holes where the Sun's rotation has brought them, shape (pixel on the disk,)."""
        x, y, z = view.sphere[:, disk]
        tilt = np.radians(view.observer.latitude)
        latitude = np.degrees(np.arcsin(np.clip(y * np.cos(tilt) + z * np.sin(tilt), -1.0, 1.0)))
        longitude = np.degrees(np.arctan2(x, z * np.cos(tilt) - y * np.sin(tilt))) + view.observer.longitude
        # A latitude of exactly 90 degrees belongs to the last row.
        row = np.minimum(((latitude + 90.0) * 2.0).astype(np.int64), _CELLS[0] - 1)
        column = np.floor((longitude - _RIGID * hours / 24.0) * 2.0).astype(np.int64) % _CELLS[1]
        return np.asarray(self.network[row, column] * (1.0 - (1.0 - band.hole) * self.holes[row, column]))

    def _loops(self, view: View, regions: Regions, band: Channel) -> Array:
        """Light of all loops, spread over the pixels that it falls into."""
        vectors, light = self._points(view, regions, band)
        column, row, seen = view.project(vectors)
        seen &= (column >= 0) & (column < view.size) & (row >= 0) & (row < view.size)
        cell = row[seen].astype(np.int64) * view.size + column[seen].astype(np.int64)
        # bincount adds up the points of one pixel; indexing with += would keep the last alone.
        image = np.bincount(cell, light[seen], minlength=view.size**2).reshape(view.size, view.size)
        return np.asarray(gaussian_filter(image / view.pixel_area, 1.0, mode="constant"))

    def _points(self, view: View, regions: Regions, band: Channel) -> tuple[Array, Array]:
        """Places (3, region, loop, point) in the observer's frame, and their light in DN/s times square solar radii."""
        traits = self.traits[regions.number][..., None]
        spread = regions.spread[:, None, None]
        angle = np.linspace(0.0, np.pi, _POINTS)
        lean, reach = 0.35 * traits[:, :, 0], np.exp(0.35 * traits[:, :, 1]) * (1.0 - 0.5 * band.compact)
        half = 1.8 * spread * reach
        height = half * np.exp(0.25 * traits[:, :, 2]) * np.sin(angle)
        along = -half * np.cos(angle) + 0.5 * spread * traits[:, :, 3]
        across = 0.8 * spread * traits[:, :, 4] + height * np.sin(lean)
        turned = regions.tilt[:, None, None]
        west, north = along * np.cos(turned) + across * np.sin(turned), across * np.cos(turned) - along * np.sin(turned)
        outward, to_west, to_north = (axis[:, :, None, None] for axis in view.axes(regions.latitude, regions.longitude))
        ground = outward + west * to_west + north * to_north
        vectors = ground / np.linalg.norm(ground, axis=0) * (1.0 + height * np.cos(lean))
        bright = band.region * (regions.flux / _ANCHOR) ** 0.3 * 2.0 * np.pi * regions.spread**2
        share = np.exp(0.5 * traits[:, :, 5])
        share /= share.sum(axis=1, keepdims=True)
        # Flares light the low loops of their region.
        light = bright[:, None, None] * share + band.flare * (regions.flaring / 1e-5)[:, None, None] / _LOOPS
        light = light / _POINTS * np.ones(_POINTS)
        return vectors, light
