"""Full-disk rows and the region rows issued with them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.views import Floats, Mask, is_region

__all__ = ["DiskGroups"]

Index = NDArray[np.int64]


class DiskGroups:
    """Groups the rows of a batch by issue time.

    Parameters
    ----------
    batch : xarray.Dataset
        A batch that satisfies the forecast contract.

    Attributes
    ----------
    rows : ndarray of int, shape (disk,)
        Indices of the full-disk rows.
    has_regions, mixed_times, missing : ndarray of bool, shape (disk,)
        Whether regions were issued at the same time; whether any of them has another window start; whether any has no
        forecast or a probability that is not a number.
    """

    def __init__(self, batch: xr.Dataset) -> None:
        times = batch["issue_time"].values
        unique, slot = np.unique(times, return_inverse=True)
        region = is_region(batch)
        self.rows: Index = np.flatnonzero(batch["entity"].values == "full_disk")
        self._slot_of_disk: Index = slot[self.rows]
        self._count = unique.size
        # With one cell missing a sum over the regions is not over all of them.
        blank = np.isnan(np.asarray(batch["probability"].values, np.float64)).any(axis=(1, 2))
        blank |= batch["status"].values == "NO_FORECAST"
        members = np.flatnonzero(region & ~blank)
        # reduceat needs the members of a slot side by side.
        self._members: Index = members[np.argsort(slot[members], kind="stable")]
        self._slots, self._starts = np.unique(slot[self._members], return_index=True)
        self.has_regions: Mask = self._any(slot[region])
        self.missing: Mask = self._any(slot[region & blank])
        self.mixed_times: Mask = self._differing(batch["window_start"].values, slot, region)

    def _any(self, slots: Index) -> Mask:
        return np.asarray(np.bincount(slots, minlength=self._count)[self._slot_of_disk] > 0)

    def _differing(self, starts: NDArray[np.datetime64], slot: Index, region: Mask) -> Mask:
        expected = np.zeros(self._count, starts.dtype)
        expected[self._slot_of_disk] = starts[self.rows]
        return self._any(slot[region & (starts != expected[slot])])

    def reduce(self, operation: np.ufunc, values: Floats, empty: float) -> Floats:
        """Combine the rows of the regions with forecasts, per full-disk row.

        Parameters
        ----------
        operation : numpy.ufunc
            ``np.maximum``, ``np.add``, ``np.multiply``.
        values : ndarray, shape (forecast, ...)
            What to combine.
        empty : float
            Result where there is no region.

        Returns
        -------
        ndarray, shape (disk, ...)
        """
        combined = np.full((self._count, *values.shape[1:]), empty)
        if self._members.size:
            combined[self._slots] = operation.reduceat(values[self._members], self._starts, axis=0)
        return np.asarray(combined[self._slot_of_disk], np.float64)

    def spread(self, values: NDArray[np.generic], size: int, fill: object) -> NDArray[np.generic]:
        """Lay values of the full-disk rows out over all rows."""
        out = np.full((size, *values.shape[1:]), fill, values.dtype)
        out[self.rows] = values
        return out
