"""Reduces (forecast, threshold, window) arrays to the one cell a forecast that offends most."""

from __future__ import annotations

import math

import numpy as np

from sunproof.models.constraints.views import Floats, Mask

__all__ = ["Worst"]


class Worst:
    """The cell of each forecast with the largest excess over its limit.

    Parameters
    ----------
    excess : ndarray, shape (forecast, ...)
        How far each cell is beyond its limit; NaN where a cell cannot be judged.

    Attributes
    ----------
    excess : ndarray, shape (forecast,)
        The largest one; NaN where no cell can be judged.
    empty : ndarray of bool, shape (forecast,)
        Forecasts of which no cell can be judged.
    """

    def __init__(self, excess: Floats) -> None:
        flat = _flat(excess)
        blank = np.isnan(flat)
        self.empty: Mask = np.asarray(blank.all(axis=1))
        if flat.shape[1] == 0:
            self._cell = np.zeros(flat.shape[0], np.int64)
            self.excess: Floats = np.full(flat.shape[0], np.nan)
            return
        # argmax takes a NaN for the largest of all.
        self._cell = np.where(blank, -np.inf, flat).argmax(axis=1)
        self.excess = self.pick(excess)

    def pick(self, array: Floats) -> Floats:
        """Return the value of another array of the same shape in that cell."""
        flat = _flat(array)
        if flat.shape[1] == 0:
            return np.full(flat.shape[0], np.nan)
        return np.asarray(np.take_along_axis(flat, self._cell[:, None], axis=1)[:, 0], np.float64)


def _flat(array: Floats) -> Floats:
    return array.reshape(array.shape[0], math.prod(array.shape[1:]))
