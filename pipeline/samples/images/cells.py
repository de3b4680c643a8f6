"""Means over square blocks of cells, of what was observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_means"]


def block_means(values: NDArray[np.floating], side: int) -> NDArray[np.float32]:
    """Average over square blocks.

    Parameters
    ----------
    values : ndarray, shape (y, x)
        NaN where nothing was observed; both sizes are multiples of ``side``.
    side : int

    Returns
    -------
    ndarray of float32, shape (y // side, x // side)
        NaN where less than half of a block was observed.
    """
    if side == 1:
        return values.astype(np.float32)
    cells = values.reshape(values.shape[0] // side, side, values.shape[1] // side, side)
    seen = np.isfinite(cells)
    # A frame without gaps needs no counts, which cost more than the means.
    if seen.all():
        return np.asarray(cells.mean(axis=(1, 3)), np.float32)
    count = seen.sum(axis=(1, 3))
    total = np.where(seen, cells, 0).sum(axis=(1, 3))
    # At least half of a block must be seen: a mean of its rim would stand for all of it.
    return np.where(2 * count >= side * side, total / np.maximum(count, 1), np.nan).astype(np.float32)
