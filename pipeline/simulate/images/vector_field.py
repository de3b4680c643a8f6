"""The vector magnetic field of one region in the plane of its patch: potential, and twisted by its free energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.energy import potential_energy
from sunproof.pipeline.simulate.images.magnetogram import BLUR, bipole

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.images.regions import Regions

__all__ = ["Box", "vector_field"]

Array = npt.NDArray[np.float64]


class Box(NamedTuple):
    """Pixels of a patch: rows, columns, and the side of a pixel in radians."""

    rows: int
    columns: int
    cell: float

    def places(self) -> tuple[Array, Array]:
        """Equal-area coordinates of the pixels' centres about the patch's, to solar west and north, radians."""
        steps = (np.arange(size) - (size - 1) / 2 for size in (self.columns, self.rows))
        x, y = np.meshgrid(*(self.cell * part for part in steps))
        return x, y


def vector_field(regions: Regions, index: int, free: float, handedness: float, box: Box) -> Array:
    """Field that a noiseless vector magnetograph would see of a region; its neighbours are left out.

    Parameters
    ----------
    regions : Regions
    index : int
        Which of them.
    free : float
        Its free magnetic energy, erg.
    handedness : float
        Sign of its current helicity.
    box : Box

    Returns
    -------
    ndarray, shape (3, y, x)
        Outward, southward and westward, gauss. The horizontal field is the potential one of the outward field, and
        across it a part of it whose square is the ratio of free to potential energy: a choice, which gives inversion
        lines a shear that goes with what a region has stored.
    """
    # imported here: only who asks for vector fields pays for torch
    from sunproof.models.physics.potential_field import potential_field

    x, y = box.places()
    cos, sin = np.cos(regions.tilt[index]), np.sin(regions.tilt[index])
    flux, spread = float(regions.flux[index]), float(regions.spread[index])
    along, across = x * cos - y * sin, x * sin + y * cos
    radial = regions.leading[index] * bipole(along, across, flux, spread, BLUR * box.cell)
    west, north = potential_field(radial)
    twist = handedness * np.sqrt(free / potential_energy(np.array(flux)))
    return np.stack([radial, -(north + twist * west), west - twist * north])
