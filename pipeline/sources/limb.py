"""Blank what lies off the disk: measurements of the photosphere mean nothing there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.sources.frames import Geometry

__all__ = ["blank_off_limb"]


def blank_off_limb(data: NDArray[Any], geometry: Geometry, radius: float) -> NDArray[np.float32]:
    """Set pixels whose centres lie outside a circle around the disk's centre to NaN.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels.
    geometry : Geometry
        Where they lie.
    radius : float
        arcsec.

    Returns
    -------
    ndarray of float32, shape (y, x)
        A copy.
    """
    found = data.astype(np.float32)
    height, width = found.shape
    rows = np.arange(height) + 0.5
    # Along a row, x and y are linear in the column c: |(xx c + a, yx c + b)| = radius is a quadratic in c.
    a, b = geometry.xy * rows + geometry.x0, geometry.yy * rows + geometry.y0
    square = geometry.xx**2 + geometry.yx**2
    middle = -(geometry.xx * a + geometry.yx * b) / square
    under = middle**2 - (a**2 + b**2 - radius**2) / square
    # two ends a row and no mask of all pixels: a full-resolution frame has sixteen million
    half = np.sqrt(np.maximum(under, 0.0))
    first = np.clip(np.ceil(middle - half - 0.5), 0, width).astype(int)
    last = np.clip(np.floor(middle + half - 0.5) + 1, 0, width).astype(int)
    # rows that the circle does not reach are blank from end to end
    last[under < 0] = first[under < 0]
    for row, (start, stop) in zip(found, zip(first.tolist(), last.tolist(), strict=True), strict=True):
        row[:start] = np.nan
        row[stop:] = np.nan
    return found
