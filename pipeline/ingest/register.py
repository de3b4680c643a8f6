"""Bring frames onto one grid a product: solar north up, the disk's centre in the middle, flux conserved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.area_average import Affine, area_average
from sunproof.pipeline.sources.frames import Frame, Geometry

__all__ = ["Grid", "register"]

# `area_average` works by shears, which it allows up to here.
_STEEPEST = 0.36


@dataclass(frozen=True)
class Grid:
    """A product's grid: square cells around the centre of the projection plane, x to solar west, y to solar north.

    Parameters
    ----------
    rows, columns : int
        Cells.
    scale : float
        Side of a cell in arcsec (degrees for cylindrical equal-area patches).
    """

    rows: int
    columns: int
    scale: float

    @classmethod
    def full_disk(cls, size: int = 512, half_width: float = 1228.8) -> Grid:
        """Square grid of ``size`` cells a side that reaches ``half_width`` arcsec from the disk's centre.

        The defaults divide the field of AIA, 4096 pixels of 0.6 arcsec; 4096 keeps AIA's own resolution.
        """
        if size < 1 or half_width <= 0:
            raise InputError(Problem("no such grid", "grid", (size, half_width), "a size and a width above zero"))
        return cls(size, size, 2 * half_width / size)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def geometry(self) -> Geometry:
        """From cell edges to the projection plane."""
        x0, y0 = -self.scale * self.columns / 2, -self.scale * self.rows / 2
        return Geometry(self.scale, 0.0, x0, 0.0, self.scale, y0)


def register(frame: Frame, grid: Grid, least: float = 0.5) -> Frame:
    """Average a frame over the cells of a grid.

    Parameters
    ----------
    frame : Frame
        On its own pixels, at any turn.
    grid : Grid
        The product's grid. The shape of the result is the grid's, whatever the turn or the pixel scale.
    least : float
        Smallest observed part of a cell; cells with less are NaN.

    Returns
    -------
    Frame
        float32 physical values, ``geometry`` the grid's. Averages are per native pixel, so that the sum over cells
        times cell area is the sum over pixels times pixel area. The facts tell grid and method.
    """
    onto = frame.geometry.inverse().after(grid.geometry)
    data, affine = _upright(frame.data, Affine(*onto))
    if abs(affine.xy) > _STEEPEST * abs(affine.xx) or abs(affine.yx) > _STEEPEST * abs(affine.yy):
        values, method = _turned(frame.data, Affine(*onto), grid.shape, least), "mean of fine samples"
    else:
        values, method = area_average(data, affine, grid.shape, least), "area-weighted mean"
    if frame.scale != 1.0 or frame.offset != 0.0:
        # After averaging: a product is rounded once a cell, not once a pixel, and cells are fewer.
        values *= np.float32(frame.scale)
        values += np.float32(frame.offset)
    facts = {
        "grid": [grid.rows, grid.columns, grid.scale],
        "native_shape": list(frame.data.shape),
        "native_pixel": math.sqrt(frame.geometry.pixel_area),
        "registration": method,
    }
    registered = replace(frame, data=values, geometry=grid.geometry, scale=1.0, offset=0.0)
    return registered.with_facts(**facts)


def _upright(data: NDArray[Any], affine: Affine) -> tuple[NDArray[Any], Affine]:
    """Exchange the axes of an image that lies on its side; `area_average` mirrors what is upside down."""
    if abs(affine.xy) <= abs(affine.xx):
        return data, affine
    return data.T, Affine(affine.yx, affine.yy, affine.y0, affine.xx, affine.xy, affine.x0)


def _turned(data: NDArray[Any], affine: Affine, shape: tuple[int, int], least: float) -> NDArray[np.float32]:
    """Average at an angle that shears cannot reach (spacecraft roll): sampled finer than pixels, then meant.

    Flux is conserved to a few parts in a thousand, and pixels are widened by less than one.
    """
    fine = max(math.ceil(2 * math.hypot(affine.xx, affine.yx)), 1)
    matrix = np.array([[affine.yy, affine.yx], [affine.xy, affine.xx]]) / fine
    # Centres of the fine cells, in indices (which count from the centre of the first pixel), rows first.
    start = np.array([affine.y0, affine.x0]) + matrix @ (0.5, 0.5) - 0.5
    valid = np.isfinite(data)
    sums, parts = (
        affine_transform(np.asarray(values, np.float32), matrix, start, (shape[0] * fine, shape[1] * fine), order=1)
        .reshape(shape[0], fine, shape[1], fine)
        .mean((1, 3))
        for values in (np.where(valid, data, 0), valid)
    )
    enough = parts >= least
    return np.where(enough, sums / np.where(enough, parts, 1), np.nan).astype(np.float32)
