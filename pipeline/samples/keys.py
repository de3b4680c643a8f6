"""The rows that inputs are built for: which region, and up to which time anything may be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.samples.catalogue import DISK, NOBODY
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.regions import RegionMap

__all__ = ["Keys", "read_keys"]

_HOUR = np.timedelta64(3_600_000_000, "us")


@dataclass(frozen=True, eq=False)
class Keys:
    """Rows as arrays.

    Parameters
    ----------
    harpnum : array of int, shape (row,)
        HARP whose records are read; where a row names a NOAA number only, the lowest HARP that holds it; -1 for none.
    segment : array of int, shape (row,)
        Where the row's flares stand in `Catalogue.timeline`.
    cutoff : array of datetime64[us], shape (row,)
        Data cut-off.
    regions : RegionMap
        Which NOAA regions a HARP holds.
    noaa_ar, noaa_row : array of int, shape (pair,)
        NOAA numbers of all rows, flat, and the row that each belongs to.
    """

    harpnum: NDArray[np.int64]
    segment: NDArray[np.int64]
    cutoff: NDArray[Any]
    regions: RegionMap
    noaa_ar: NDArray[np.int64]
    noaa_row: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.harpnum)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Rows that are the full disk, or name a region."""
        return np.asarray(self.segment != NOBODY)

    def edges(self, history_hours: float, steps: int) -> NDArray[Any]:
        """Borders of the history's steps, the last being the cut-off; shape (row, step + 1), datetime64[us].

        A record belongs to a step if it is later than the step's first border and not later than its second.
        """
        before = np.rint(np.linspace(-history_hours, 0, steps + 1) * 3.6e9).astype("timedelta64[us]")
        return np.asarray(self.cutoff[:, None] + before[None, :])

    def ago(self, hours: float) -> NDArray[Any]:
        """Each row's cut-off minus so many hours."""
        return np.asarray(self.cutoff - np.timedelta64(round(hours * 3.6e9), "us"))

    def hours_since(self, time: NDArray[Any]) -> NDArray[np.float64]:
        """Hours from each time to the row's cut-off; NaN for no time."""
        return np.asarray((self.cutoff - time.astype("datetime64[us]")) / _HOUR)


def read_keys(rows: xr.Dataset, regions: RegionMap) -> Keys:
    """Take the keys from samples or forecasts.

    Parameters
    ----------
    rows : xarray.Dataset
        With ``harpnum``, ``noaa_ar``, ``data_cutoff`` and ``entity`` along one dimension.
    regions : RegionMap
        Which NOAA regions a HARP holds.

    Returns
    -------
    Keys

    Raises
    ------
    InputError
        If a variable or a data cut-off is missing.
    """
    problems = ProblemList("keys")
    for name in ("harpnum", "noaa_ar", "data_cutoff", "entity"):
        if name not in rows.variables:
            problems.add("variable is missing", name, sorted(map(str, rows.variables)), name)
    problems.check()
    cutoff = rows["data_cutoff"].to_numpy().astype("datetime64[us]")
    if np.isnat(cutoff).any():
        got = f"{int(np.isnat(cutoff).sum())} rows, the first is row {int(np.flatnonzero(np.isnat(cutoff))[0])}"
        raise InputError(Problem("rows without a data cut-off", "keys: data_cutoff", got, "a time in every row"))
    disk = texts(rows["entity"]) == "full_disk"
    # rows of the full disk carry numbers in some files; they are of no region all the same
    harp, noaa = (np.where(disk, -1, rows[name].to_numpy().astype(np.int64)) for name in ("harpnum", "noaa_ar"))
    named = (harp >= 0) | (noaa >= 0)
    segment = np.where(disk, DISK, NOBODY)
    segment[named] = regions.segment(harp[named], noaa[named])
    pair_noaa, pair_row = regions.noaas_of(harp)
    alone = np.flatnonzero((harp < 0) & (noaa >= 0))
    found, index = regions.harps_of(noaa[alone])
    reached = harp.copy()
    # backwards: of several HARPs that hold a region the first wins, as numpy keeps the last that is assigned
    reached[alone[index[::-1]]] = found[::-1]
    return Keys(
        harpnum=reached,
        segment=segment,
        cutoff=cutoff,
        regions=regions,
        noaa_ar=np.concatenate([pair_noaa, noaa[alone]]),
        noaa_row=np.concatenate([pair_row, alone]),
    )
