"""Grey values of images: a field around grey, light on a logarithmic scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["shade"]

# Field at which the grey scale ends, G.
_STRONG = 200.0


def shade(pixels: NDArray[np.floating], magnetic: bool) -> NDArray[np.float32]:
    """Give pixels a place between black (0) and white (1).

    Parameters
    ----------
    pixels : ndarray, shape (y, x)
        Physical units; NaN stays NaN.
    magnetic : bool
        A field in G, grey where there is none; else light, from its 20th to its 99.5th percentile.
    """
    pixels = np.asarray(pixels, np.float32)
    if magnetic:
        return np.asarray(np.clip(pixels / (2 * _STRONG) + 0.5, 0, 1), np.float32)
    positive = pixels[np.isfinite(pixels) & (pixels > 0)]
    floor, top = (np.quantile(positive, share) for share in (0.2, 0.995)) if positive.size else (1.0, 2.0)
    scaled = np.log(np.maximum(pixels, floor) / floor) / np.log(top / floor) if top > floor else pixels * 0
    return np.asarray(np.clip(scaled, 0, 1), np.float32)
