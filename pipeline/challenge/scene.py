"""A small copy of an archive: the hours around chosen region-times whole, everything else thinned out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.ingest.images.block import Pixels
from sunproof.pipeline.ingest.storage import seal
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.images.vector import COMPONENTS
from sunproof.pipeline.samples.reading import group_names
from sunproof.pipeline.vocabulary import describe

__all__ = ["Scene", "reach", "read_scene"]

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
            # Records lie by region and then by time: two searches find a region's part.
            first, last = np.searchsorted(harp, number, "left"), np.searchsorted(harp, number, "right")
            low, high = (
                first + np.searchsorted(time[first:last], now - round(back * _HOUR), "right") for back in (hours, until)
            )
            yield np.arange(low, high)

    @property
    def images(self) -> list[str]:
        """Groups of images, sorted."""
        return sorted(name for name, group in self.groups.items() if group.attrs.get("layout") == "frames")

    @property
    def xrays(self) -> list[str]:
        """Groups of X-ray flux, sorted."""
        return sorted(name for name in self.groups if name.endswith("_xrs"))

    def write(self, path: Path) -> Path:
        """Write the groups as an archive; an older one is replaced."""
        for name, group in self.groups.items():
            # Zarr's third format has no settled text of fixed width; objects become text of any length.
            texts = {key: group[key].astype(object) for key in group.variables if group[key].dtype.kind in "UT"}
            plain = group.drop_encoding().assign(texts)
            pixels = str(group.attrs["quantity"]) if group.attrs.get("layout") == "frames" else None
            plain.drop_vars(pixels or []).to_zarr(path, group=name, mode="a", zarr_format=3, consolidated=False)
            if pixels:
                _write_pixels(path / name, pixels, group[pixels])
        seal(path)
        return path


def _write_pixels(folder: Path, name: str, values: xr.DataArray) -> None:
    """Write frames as the archive lays them out: whole ones, uncompressed in shards, so that they can be mapped."""
    stack = values.to_numpy().astype(np.float32)
    _, rows, columns = stack.shape
    array = Pixels(rows, columns, "float32").array(zarr.open_group(str(folder)), name, len(stack), **values.attrs)
    array[:] = stack


def read_scene(
    archive: str | Path, slots: xr.Dataset, hours: float, images: Mapping[str, float] | None = None
) -> Scene:
    """Cut a scene out of an archive.

    Parameters
    ----------
    archive : str or Path
    slots : xarray.Dataset
        Region-times along ``forecast``: ``harpnum`` and ``data_cutoff``.
    hours : float
        So many hours before each data cut-off, and a day after it, keep every record.
    images : mapping, optional
        Image or patch group -> hours before a data cut-off from which on its frames are kept, as `reach` gives it;
        those that are not named are left out.

    Returns
    -------
    Scene
        Nothing that the model reads is left out. The clock of image groups has gaps, where no forecast looks.
    """
    groups, images = {}, images or {}
    for name in group_names(archive):
        group = xr.open_zarr(str(archive), group=name, chunks=None, consolidated=False)
        if name in images and group.attrs.get("layout") == "patches":
            groups[name] = _kept_patches(group, slots, images[name])
        elif name in images:
            kept = _kept_frames(group["time_observed"], slots["data_cutoff"], images[name])
            # receipts tell of files, which a scene has none of
            groups[name] = group.isel(time=kept).drop_dims("file", errors="ignore")
        elif not {"y", "pixel"} & {*group.dims}:
            groups[name] = group
    sharp = groups["sharp"].load()
    groups["sharp"] = sharp.isel(record=_kept(sharp, slots, hours))
    return Scene({name: describe(group.load()) for name, group in groups.items()}, slots)


def reach(inputs: InputConfig, hours: float) -> dict[str, float]:
    """Tell which images a model reads, and from when on: as long as its inputs reach, and at least ``hours``.

    Parameters
    ----------
    inputs : InputConfig
    hours : float

    Returns
    -------
    dict
        Group -> hours before the data cut-off.
    """
    found: dict[str, float] = {}
    for block in (inputs.disk, inputs.patch):
        for name in block.groups if block is not None else ():
            found[name] = max(found.get(name, hours), block.reach_hours if block is not None else 0.0)
    if inputs.vector is not None:
        found |= dict.fromkeys(COMPONENTS, max(hours, inputs.vector.reach_hours))
    return found


def _kept_patches(group: xr.Dataset, slots: xr.Dataset, hours: float) -> xr.Dataset:
    """Keep records of the regions that some forecast may see, with their pixels one after the other."""
    harp, time = group["harpnum"].to_numpy(), _nanoseconds(group["time"])
    kept = np.zeros(len(harp), bool)
    for number, now in zip(slots["harpnum"].to_numpy(), _nanoseconds(slots["data_cutoff"]), strict=True):
        kept |= (harp == number) & (time <= now) & (time >= now - round(hours * _HOUR))
    table, name = group.drop_dims("pixel").isel(record=kept), str(group.attrs["quantity"])
    first, size = table["patch_first"].to_numpy(), (table["patch_rows"] * table["patch_columns"]).to_numpy()
    pieces = [group[name][begin : begin + length].to_numpy() for begin, length in zip(first, size, strict=True)]
    pixels = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    # pixels lie one after the other: where records go, the places of the rest move up
    return table.assign({"patch_first": ("record", np.cumsum(size) - size), name: ("pixel", pixels)})


def _kept_frames(observed: xr.DataArray, cutoffs: xr.DataArray, hours: float) -> NDArray[np.intp]:
    """Slots with a frame that some forecast may see, by the time of observation."""
    time, missing = _nanoseconds(observed), np.isnat(observed.to_numpy())
    ends = np.sort(_nanoseconds(cutoffs))
    # the first cut-off at or after a frame is the one that sees it freshest
    place = np.searchsorted(ends, time, "left")
    inside = place < len(ends)
    inside[inside] = ends[place[inside]] - time[inside] <= round(hours * _HOUR)
    return np.flatnonzero(inside & ~missing)


def _kept(sharp: xr.Dataset, slots: xr.Dataset, hours: float) -> NDArray[np.bool_]:
    harp, time = sharp["harpnum"].to_numpy(), _nanoseconds(sharp["time"])
    new = np.append(True, harp[1:] != harp[:-1])
    bin_ = time // int(_THIN / np.timedelta64(1, "ns"))
    # the first and the last record of a region tell its age
    kept = new | np.append(True, bin_[1:] != bin_[:-1]) | np.append(new[1:], True)
    whole = Scene({"sharp": sharp}, slots)
    # a day after the cut-off, too: the plant that lets the future in takes it from there
    for rows in whole.records(hours, -24.0):
        kept[rows] = True
    return np.asarray(kept)


def _nanoseconds(time: xr.DataArray) -> NDArray[np.int64]:
    return np.asarray(time.to_numpy().astype("datetime64[ns]").astype(np.int64))
