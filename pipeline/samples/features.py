"""Model inputs for given keys, all rows at once: modality -> values and mask, nothing later than the data cut-off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import load_catalogue
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.flare_scalars import flare_scalars
from sunproof.pipeline.samples.images.base import LazyModality, read_shared
from sunproof.pipeline.samples.images.disk import DiskImages
from sunproof.pipeline.samples.images.patch import RegionPatches
from sunproof.pipeline.samples.images.vector import VectorPatches
from sunproof.pipeline.samples.keys import Keys, read_keys
from sunproof.pipeline.samples.patches import patch_scalars
from sunproof.pipeline.samples.reading import remembered
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.sequences import Block, flare_history, keyword_history, xray_history
from sunproof.pipeline.samples.summaries import read_summaries

__all__ = ["Inputs", "build", "region_place"]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Model inputs of many rows.

    Parameters
    ----------
    modalities : mapping
        Modality -> (values float32, mask bool of the same shape); rows first. Values are 0 where the mask is False.
    names : mapping
        Modality -> names along the last axis.
    latest : mapping
        Modality -> time of the latest observation that entered each row, datetime64[us]; NaT where none did.
    lazy : mapping
        Modality -> images, read when they are asked for.
    """

    modalities: Mapping[str, tuple[NDArray[np.float32], NDArray[np.bool_]]]
    names: Mapping[str, tuple[str, ...]]
    latest: Mapping[str, NDArray[Any]]
    lazy: Mapping[str, LazyModality] = field(default_factory=dict)

    def __len__(self) -> int:
        if self.modalities:
            return len(next(iter(self.modalities.values()))[0])
        # a model of images alone has no other rows to count
        return len(next(iter(self.lazy.values())).share) if self.lazy else 0

    @property
    def observed(self) -> dict[str, NDArray[np.bool_]]:
        """Modality -> which parts of each row were observed; of images which frames, without reading a pixel."""
        masks = {name: mask for name, (_, mask) in self.modalities.items()}
        return masks | {name: modality.found for name, modality in self.lazy.items()}

    def read(
        self, rows: Any, only: Collection[str] | None = None
    ) -> dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]]:
        """Give the modalities of some rows, images included.

        Parameters
        ----------
        rows : array_like of int or slice
        only : collection of str, optional
            Which modalities; all by default.

        Returns
        -------
        dict
            Modality -> (values, mask), both of shape (len(rows), ...).
        """
        wanted = {*self.modalities, *self.lazy} if only is None else {*only}
        held = {name: (values[rows], mask[rows]) for name, (values, mask) in self.modalities.items() if name in wanted}
        numbers = np.arange(len(self))[rows]
        parts = {name: read_shared(images, numbers) for name, images in self.lazy.items() if name in wanted}
        return held | {name: (part.values[part.index], part.mask[part.index]) for name, part in parts.items()}

    def read_shared(self, rows: Any) -> dict[str, Any]:
        """Give the same as `read`, but images that several rows have in common once: (values, mask, index)."""
        held: dict[str, Any] = {name: (values[rows], mask[rows]) for name, (values, mask) in self.modalities.items()}
        numbers = np.arange(len(self))[rows]
        return held | {name: tuple(read_shared(modality, numbers)) for name, modality in self.lazy.items()}


def build(archive: str | Path, keys: xr.Dataset, config: InputConfig) -> Inputs:
    """Build the inputs of rows of samples or forecasts.

    Parameters
    ----------
    archive : str or Path
        The archive; groups that it lacks are masked, except keyword records and the flare list.
    keys : xarray.Dataset
        ``harpnum``, ``noaa_ar``, ``data_cutoff`` and ``entity`` along one dimension. Rows for the full disk have
        neither keywords nor a region.
    config : InputConfig
        Modalities, history, step.

    Returns
    -------
    Inputs

    Raises
    ------
    ArchiveError
        If a group that the modalities need is missing or incomplete.
    InputError
        If keys are missing.
    """
    regions = remembered(("regions", str(archive)), lambda: load_regions(archive))
    rows = read_keys(keys, regions)
    blocks: dict[str, Block] = {}
    history = (config.history_hours, config.steps)
    catalogue = None
    if {"history", "region"} & {*config.modalities}:
        key = ("catalogue", str(archive), config.catalogue.model_dump_json())
        catalogue = remembered(key, lambda: load_catalogue(archive, config.catalogue, regions))
    for name in config.modalities:
        if name == "keywords":
            blocks[name] = keyword_history(archive, rows, *history, config.keyword_source)
        elif name == "xrs":
            blocks[name] = xray_history(archive, rows, *history)
        elif name == "history" and catalogue:
            blocks[name] = flare_history(catalogue, rows, *history)
        elif catalogue:
            blocks[name] = _region(archive, rows, flare_scalars(catalogue, rows), config)
    images = _images(archive, rows, config)
    return Inputs(
        modalities={name: _masked(block.values) for name, block in blocks.items()},
        names={name: block.names for name, block in (blocks | images).items()},
        latest={name: block.latest for name, block in (blocks | images).items()},
        lazy=images,
    )


def _images(archive: str | Path, rows: Keys, config: InputConfig) -> dict[str, LazyModality]:
    images: dict[str, LazyModality] = {}
    if config.disk is not None:
        images["disk"] = DiskImages(archive, rows, config.disk)
    if config.patch is not None:
        place = region_place(archive, rows, config)
        images["patch"] = RegionPatches(archive, rows, *place, config.patch)
    if config.vector is not None:
        images["vector"] = VectorPatches(archive, rows, config.vector)
    return images


def region_place(
    archive: str | Path, rows: Keys, config: InputConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Find each region: the patch's own record, else the summary.

    Parameters
    ----------
    archive : str or Path
    rows : Keys
    config : InputConfig

    Returns
    -------
    latitude, longitude : ndarray, shape (row,)
        Stonyhurst, degrees; NaN where unknown.
    time : ndarray of datetime64, shape (row,)
        When it was there.
    """
    summaries = read_summaries(archive, rows, config.srs_max_age_hours)
    patch = patch_scalars(archive, rows, config.keyword_source)
    own = np.isfinite(patch["longitude"])
    latitude, longitude = (np.where(own, patch[name], summaries.numbers[name]) for name in ("latitude", "longitude"))
    # summaries are carried to the cut-off when they are read
    return latitude, longitude, np.where(own, patch["time"], rows.cutoff)


def _masked(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    mask = np.isfinite(values)
    # NaN times 0 is NaN: what is masked must be a number all the same
    return np.where(mask, values, np.float32(0)), mask


def _region(archive: str | Path, rows: Keys, flares: dict[str, NDArray[np.float64]], config: InputConfig) -> Block:
    """Named scalars of a region; the place from the patch's own record where it has one."""
    summaries = read_summaries(archive, rows, config.srs_max_age_hours)
    patch = patch_scalars(archive, rows, config.keyword_source)
    columns = summaries.columns(rows) | flares
    for name in ("latitude", "longitude"):
        columns[name] = np.where(np.isnan(patch[name]), columns[name], patch[name])
    columns["limb_distance"] = 90 - np.abs(columns["longitude"])
    columns |= {name: patch[name] for name in ("region_age", "patches")}
    # fmax passes over NaT: what is not there is no later than anything
    latest = np.fmax(patch["time"], summaries.time)
    return Block(np.stack([*columns.values()], axis=1).astype(np.float32), tuple(columns), latest)
