"""Average an image over the cells of a coarser, slightly turned grid: area-weighted, flux-conserving, NaN-aware.

The affine map is done as two shears, each a one-dimensional average over exact fractional intervals. Shears keep areas:
every input pixel is spread over the output with weights that sum to one; for the small angles of solar images (below
a degree after a half-turn) the footprint differs from the true one by less than a pixel of input.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.scratch import scratch

__all__ = ["Affine", "area_average"]


class Affine(NamedTuple):
    """Input pixel edges from output pixel edges: x = xx X + xy Y + x0, y = yx X + yy Y + y0.

    Edges count from zero at the outer border of the first pixel, so pixel i covers [i, i + 1].
    """

    xx: float
    xy: float
    x0: float
    yx: float
    yy: float
    y0: float


def area_average(
    image: NDArray[Any], affine: Affine, shape: tuple[int, int], least: float = 0.5
) -> NDArray[np.float32]:
    """Average over output cells.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Integers, or floats with NaN for missing.
    affine : Affine
        Where output edges lie in the input; turns of up to 20 degrees from an axis, mirrored axes allowed.
    shape : tuple of int
        Output shape (y, x).
    least : float
        Smallest part of a cell that must be observed; cells with less are NaN.

    Returns
    -------
    ndarray of float32, shape ``shape``
        Mean of the observed part of each cell.

    Raises
    ------
    InputError
        If the grid is turned too far for the two shears.
    """
    image, affine = _facing(image, affine)
    if abs(affine.xy) > 0.36 * affine.xx or abs(affine.yx) > 0.36 * affine.yy:  # tan 20 degrees
        raise InputError(
            Problem("grid is turned too far", "area average", tuple(affine), "within 20 degrees of the axes")
        )
    whole = image.dtype.kind in "iu"
    small = image.dtype.itemsize <= 2 and image.shape[1] < 2**15  # such sums stay below 2^31
    prefix = np.zeros(image.shape[1] + 1, np.int32 if small else np.int64)
    sums, weights = (scratch(name, (image.shape[0], shape[1]), np.float32) for name in ("sums", "weights"))
    slope = affine.xy / affine.yy
    step, start = affine.xx - slope * affine.yx, affine.x0 - slope * affine.y0
    # Rows are told by their centres, so the shear uses y + 0.5.
    rows = _integer_rows if whole else _float_rows
    rows(image, step, slope, start + 0.5 * slope, prefix, sums, weights)
    mean = np.empty(shape, np.float32)
    enough = np.float32(least * step * affine.yy)
    _columns(sums, weights, affine.yx, affine.yy, affine.y0 + 0.5 * affine.yx, enough, mean)
    return mean


def _facing(image: NDArray[Any], affine: Affine) -> tuple[NDArray[Any], Affine]:
    """Mirror the image so that both axes run the same way as the output's."""
    if affine.xx < 0:
        image = image[:, ::-1]
        affine = affine._replace(xx=-affine.xx, xy=-affine.xy, x0=image.shape[1] - affine.x0)
    if affine.yy < 0:
        image = image[::-1]
        affine = affine._replace(yx=-affine.yx, yy=-affine.yy, y0=image.shape[0] - affine.y0)
    return image, affine


@numba.njit(cache=True, nogil=True)
def _integer_rows(image, step, slope, start, prefix, sums, weights):  # type: ignore[no-untyped-def]
    """First shear: integrals of each row between output edges, from its running sum (exact in integers)."""
    height, width = image.shape
    cells = sums.shape[1]
    # Edges first, in a loop of their own: that one the compiler makes parallel.
    pixel, part = np.empty(cells + 1, np.int32), np.empty(cells + 1, np.float64)
    for y in range(height):
        for x in range(width):
            prefix[x + 1] = prefix[x] + image[y, x]
        for edge in range(cells + 1):
            place = min(max(step * edge + slope * y + start, 0.0), float(width))
            pixel[edge] = min(int(place), width - 1)
            part[edge] = place - pixel[edge]
        below = prefix[pixel[0]] + part[0] * image[y, pixel[0]]
        for cell in range(cells):
            index = pixel[cell + 1]
            above = prefix[index] + part[cell + 1] * image[y, index]
            sums[y, cell] = above - below
            weights[y, cell] = (index - pixel[cell]) + (part[cell + 1] - part[cell])
            below = above


@numba.njit(cache=True, nogil=True)
def _float_rows(image, step, slope, start, prefix, sums, weights):  # type: ignore[no-untyped-def]
    """First shear for floats, summing cell by cell so that neither NaN nor rounding spreads along the row."""
    height, width = image.shape
    for y in range(height):
        for cell in range(sums.shape[1]):
            left = min(max(step * cell + slope * y + start, 0.0), float(width))
            right = min(max(step * (cell + 1) + slope * y + start, 0.0), float(width))
            total = weight = 0.0
            for x in range(int(left), min(int(right) + 1, width)):
                value = image[y, x]
                part = min(right, x + 1.0) - max(left, float(x))
                # False for NaN alone, which does not equal itself.
                if value == value and part > 0:
                    total += part * value
                    weight += part
            sums[y, cell] = total
            weights[y, cell] = weight


@numba.njit(cache=True, nogil=True)
def _columns(sums, weights, shear, step, start, enough, mean):  # type: ignore[no-untyped-def]
    """Second shear: weighted means of rows between output edges; NaN where too little of a cell was seen."""
    height = sums.shape[0]
    rows, columns = mean.shape
    total, weight = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for cell in range(rows):
        total[:] = 0
        weight[:] = 0
        ends = (step * cell + start, step * cell + start + shear * (columns - 1))
        first, last = max(int(min(ends)) - 1, 0), min(int(max(ends) + step) + 2, height)
        for y in range(first, last):
            for x in range(columns):
                low = step * cell + shear * x + start
                part = max(min(low + step, y + 1.0) - max(low, float(y)), 0.0)
                total[x] += part * sums[y, x]
                weight[x] += part * weights[y, x]
        for x in range(columns):
            mean[cell, x] = total[x] / weight[x] if weight[x] >= enough else np.nan
