"""Which NOAA active regions an HMI patch holds, and the identifiers under which flares of a region are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.samples.reading import group_names, open_group, texts

__all__ = ["RegionMap", "load_regions"]

# Above every HARP number (vocabulary: below 1e6), so that both kinds of number share one axis of segments.
_NOAA = 10_000_000


class RegionMap:
    """Pairs of HARP and NOAA numbers; a HARP may hold several regions, and a region may lie in several HARPs.

    Parameters
    ----------
    harpnum, noaa_ar : array of int, shape (pair,)
        The pairs; repeats are dropped.
    """

    def __init__(self, harpnum: NDArray[Any], noaa_ar: NDArray[Any]) -> None:
        pairs = np.stack([np.asarray(harpnum, np.int64), np.asarray(noaa_ar, np.int64)], axis=1)
        self.pairs: NDArray[np.int64] = np.unique(pairs[(pairs >= 0).all(axis=1)], axis=0)

    first_noaa = _NOAA
    """Segment ids from here on are made of NOAA numbers."""

    def harps_of(self, noaa_ar: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """HARPs that hold each region, flat.

        Returns
        -------
        harpnum : array of int, shape (match,)
        index : array of int, shape (match,)
            Which entry of ``noaa_ar`` each belongs to.
        """
        return _join(self.pairs[:, 1], self.pairs[:, 0], noaa_ar)

    def noaas_of(self, harpnum: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Regions that each HARP holds, flat; see `harps_of`."""
        return _join(self.pairs[:, 0], self.pairs[:, 1], harpnum)

    def segment(
        self, harpnum: NDArray[np.int64] | None = None, noaa_ar: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Segment ids of regions: the HARP number where there is one, otherwise one made of the NOAA number.

        Raises
        ------
        InputError
            If an entry has neither; "no region" must not read as "no flare".
        """
        size = len(harpnum) if harpnum is not None else len(noaa_ar) if noaa_ar is not None else 0
        harp = np.full(size, -1) if harpnum is None else np.asarray(harpnum, np.int64)
        noaa = np.full(size, -1) if noaa_ar is None else np.asarray(noaa_ar, np.int64)
        nameless = np.flatnonzero((harp < 0) & (noaa < 0))
        if len(nameless):
            got = f"{len(nameless)} rows, the first is row {nameless[0]}"
            raise InputError(Problem("regions without a number", "harpnum, noaa_ar", got, "a HARP or a NOAA number"))
        return np.where(harp >= 0, harp, noaa + _NOAA)

    def groups(self, harpnum: NDArray[np.int64], noaa_ar: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give one number to all regions that are linked by any chain of HARP and NOAA numbers.

        Parameters
        ----------
        harpnum, noaa_ar : array of int, shape (row,)
            -1 for none; rows with neither (full disk) get -1.

        Returns
        -------
        array of int, shape (row,)
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        harp = np.where(harpnum >= 0, harpnum, -1)
        noaa = np.where(noaa_ar >= 0, noaa_ar + _NOAA, -1)
        both = (harp >= 0) & (noaa >= 0)
        left = np.concatenate([self.pairs[:, 0], harp[both]])
        right = np.concatenate([self.pairs[:, 1] + _NOAA, noaa[both]])
        nodes, numbers = np.unique(np.concatenate([left, right, harp, noaa]), return_inverse=True)
        edges = (numbers[: len(left)], numbers[len(left) : 2 * len(left)])
        # HARP and NOAA numbers as nodes, pairs as edges: what hangs together by any chain is one component.
        graph = coo_matrix((np.ones(len(left)), edges), shape=(len(nodes), len(nodes)))
        component = connected_components(graph, directed=False)[1].astype(np.int64)
        rows = numbers[2 * len(left) :]
        # a row with both numbers is an edge itself, so that either leads to its component
        own = np.where(harp >= 0, rows[: len(harp)], rows[len(harp) :])
        return np.where((harp < 0) & (noaa < 0), -1, component[own])


def _join(
    keys: NDArray[np.int64], values: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """All values of each wanted key, with the position in ``wanted``."""
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    first = np.searchsorted(keys, wanted, side="left")
    count = np.searchsorted(keys, wanted, side="right") - first
    index = np.repeat(np.arange(len(wanted)), count)
    # Count up within each key's run: a join without a loop over the wanted.
    within = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
    return values[np.repeat(first, count) + within], index


def load_regions(archive: str | Path) -> RegionMap:
    """Collect HARP-NOAA pairs from group ``harp_noaa`` and the NOAA columns of the keyword records.

    Parameters
    ----------
    archive : str or Path
        The archive; any group may be missing.

    Returns
    -------
    RegionMap
    """
    names = group_names(archive)
    pairs = []
    if "harp_noaa" in names:
        table = open_group(archive, "harp_noaa", ["harpnum", "noaa_ar"])
        pairs.append(np.stack([table["harpnum"].to_numpy(), table["noaa_ar"].to_numpy()], axis=1))
    for group in ("sharp", "sharp_recomputed"):
        if group in names:
            pairs += _sharp_pairs(open_group(archive, group, ["harpnum"]))
    joined = np.concatenate([np.asarray(pair, np.int64) for pair in pairs]) if pairs else np.zeros((0, 2), np.int64)
    return RegionMap(joined[:, 0], joined[:, 1])


def _sharp_pairs(sharp: xr.Dataset) -> list[NDArray[np.int64]]:
    harp = sharp["harpnum"].to_numpy().astype(np.int64)
    pairs = []
    if "noaa_ar" in sharp:
        table = pd.DataFrame({"harp": harp, "noaa": sharp["noaa_ar"].to_numpy()}).drop_duplicates()
        pairs.append(table.astype(np.int64).to_numpy())
    if "noaa_ars" in sharp:
        # Records repeat their numbers every 12 minutes; splitting texts is slow, so each pair is split once.
        table = pd.DataFrame({"harp": harp, "noaa": texts(sharp["noaa_ars"])}).drop_duplicates()
        table = table.assign(noaa=table["noaa"].str.split(",")).explode("noaa")
        table = table[table["noaa"].str.strip().str.isdigit().fillna(False).astype(bool)]
        pairs.append(table.astype(np.int64).to_numpy())
    return pairs
