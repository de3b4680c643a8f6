"""Model inputs for given keys, all rows at once: modality -> values and mask, nothing later than the data cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import load_catalogue
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.flare_scalars import flare_scalars
from sunproof.pipeline.samples.keys import Keys, read_keys
from sunproof.pipeline.samples.patches import patch_scalars
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.sequences import Block, flare_history, keyword_history, xray_history
from sunproof.pipeline.samples.summaries import read_summaries

__all__ = ["Inputs", "build"]


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
    """

    modalities: Mapping[str, tuple[NDArray[np.float32], NDArray[np.bool_]]]
    names: Mapping[str, tuple[str, ...]]
    latest: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.modalities.values()))[0]) if self.modalities else 0


def build(archive: str | Path, keys: xr.Dataset, config: InputConfig) -> Inputs:
    """Build the inputs of rows of samples or forecasts.

    Parameters
    ----------
    archive : str or Path
        The archive; groups that it lacks are masked, except ``sharp`` and the flare list.
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
    regions = load_regions(archive)
    rows = read_keys(keys, regions)
    blocks: dict[str, Block] = {}
    history = (config.history_hours, config.steps)
    catalogue = (
        load_catalogue(archive, config.catalogue, regions) if {"history", "region"} & {*config.modalities} else None
    )
    for name in config.modalities:
        if name == "keywords":
            blocks[name] = keyword_history(archive, rows, *history)
        elif name == "xrs":
            blocks[name] = xray_history(archive, rows, *history)
        elif name == "history" and catalogue:
            blocks[name] = flare_history(catalogue, rows, *history)
        elif catalogue:
            blocks[name] = _region(archive, rows, flare_scalars(catalogue, rows), config)
    return Inputs(
        modalities={name: _masked(block.values) for name, block in blocks.items()},
        names={name: block.names for name, block in blocks.items()},
        latest={name: block.latest for name, block in blocks.items()},
    )


def _masked(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    mask = np.isfinite(values)
    return np.where(mask, values, np.float32(0)), mask


def _region(archive: str | Path, rows: Keys, flares: dict[str, NDArray[np.float64]], config: InputConfig) -> Block:
    """Named scalars of a region; the place from the patch's own record where it has one."""
    summaries = read_summaries(archive, rows, config.srs_max_age_hours)
    patch = patch_scalars(archive, rows)
    columns = summaries.columns(rows) | flares
    for name in ("latitude", "longitude"):
        columns[name] = np.where(np.isnan(patch[name]), columns[name], patch[name])
    columns["limb_distance"] = 90 - np.abs(columns["longitude"])
    columns |= {name: patch[name] for name in ("region_age", "patches")}
    latest = np.fmax(patch["time"], summaries.time)
    return Block(np.stack([*columns.values()], axis=1).astype(np.float32), tuple(columns), latest)
