"""A small copy of an archive: the hours around chosen region-times whole, everything else thinned out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.reading import group_names
from sunproof.pipeline.vocabulary import describe

__all__ = ["Scene", "read_scene"]

# Elsewhere one record in six hours: enough to tell how old a region is and how many are on the disk.
_THIN = np.timedelta64(6, "h")
_HOUR = 3_600_000_000_000


@dataclass(frozen=True, eq=False)
class Scene:
    """Groups of an archive in memory, with the region-times that faults are planted in.

    Parameters
    ----------
    groups : mapping
        Group name -> dataset.
    slots : xarray.Dataset
        Keys of the region-times along ``forecast``.
    """

    groups: Mapping[str, xr.Dataset]
    slots: xr.Dataset

    def __len__(self) -> int:
        return int(self.slots.sizes["forecast"])

    def with_group(self, name: str, **columns: NDArray[Any]) -> Scene:
        """Return the scene with some columns of one group replaced."""
        group = self.groups[name]
        dim = str(next(iter(group.sizes)))
        changed = group.assign({key: (dim, values) for key, values in columns.items()})
        return replace(self, groups={**self.groups, name: changed})

    def without(self, name: str, rows: NDArray[Any]) -> Scene:
        """Return the scene with some rows of one group deleted."""
        group = self.groups[name]
        dim = str(next(iter(group.sizes)))
        kept = np.ones(group.sizes[dim], bool)
        kept[rows] = False
        return replace(self, groups={**self.groups, name: group.isel({dim: kept})})

    def records(self, hours: float, until: float = 0.0) -> Iterator[NDArray[np.intp]]:
        """Rows of ``sharp`` of each region-time, from ``hours`` before its data cut-off to ``until`` hours before it.

        The first border is left out and the second included, as the steps of a history have it.
        """
        sharp = self.groups["sharp"]
        harp, time = sharp["harpnum"].to_numpy(), _nanoseconds(sharp["time"])
        cutoff = _nanoseconds(self.slots["data_cutoff"])
        for number, now in zip(self.slots["harpnum"].to_numpy(), cutoff, strict=True):
            first, last = np.searchsorted(harp, number, "left"), np.searchsorted(harp, number, "right")
            low, high = (
                first + np.searchsorted(time[first:last], now - round(back * _HOUR), "right") for back in (hours, until)
            )
            yield np.arange(low, high)

    def write(self, path: Path) -> Path:
        """Write the groups as an archive; an older one is replaced."""
        for name, group in self.groups.items():
            texts = {key: group[key].astype(object) for key in group.variables if group[key].dtype.kind == "U"}
            plain = group.drop_encoding().assign(texts)
            plain.to_zarr(path, group=name, mode="a", zarr_format=3, consolidated=False)
        return path


def read_scene(archive: str | Path, slots: xr.Dataset, hours: float) -> Scene:
    """Cut a scene out of an archive.

    Parameters
    ----------
    archive : str or Path
    slots : xarray.Dataset
        Region-times along ``forecast``: ``harpnum`` and ``data_cutoff``.
    hours : float
        So many hours before each data cut-off, and a day after it, keep every record.

    Returns
    -------
    Scene
        Image and patch groups are left out; nothing the sequence models read is.
    """
    groups = {}
    for name in group_names(archive):
        group = xr.open_zarr(str(archive), group=name, chunks=None, consolidated=False)
        if not {"y", "pixel"} & {*group.dims}:
            groups[name] = group
    sharp = groups["sharp"].load()
    groups["sharp"] = sharp.isel(record=_kept(sharp, slots, hours))
    return Scene({name: describe(group.load()) for name, group in groups.items()}, slots)


def _kept(sharp: xr.Dataset, slots: xr.Dataset, hours: float) -> NDArray[np.bool_]:
    harp, time = sharp["harpnum"].to_numpy(), _nanoseconds(sharp["time"])
    new = np.append(True, harp[1:] != harp[:-1])
    bin_ = time // int(_THIN / np.timedelta64(1, "ns"))
    kept = new | np.append(True, bin_[1:] != bin_[:-1]) | np.append(new[1:], True)
    whole = Scene({"sharp": sharp}, slots)
    for rows in whole.records(hours, -24.0):
        kept[rows] = True
    return np.asarray(kept)


def _nanoseconds(time: xr.DataArray) -> NDArray[np.int64]:
    return np.asarray(time.to_numpy().astype("datetime64[ns]").astype(np.int64))
