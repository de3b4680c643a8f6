"""Chronological blocks with gaps, grouped by region: no region and no label window on both sides of a border."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import LabelConfig, SplitConfig
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.regions import RegionMap

__all__ = ["BLOCKS", "assign_blocks"]

# In chronological order.
BLOCKS = ("train", "validation", "test")
_NONE = -1


def assign_blocks(samples: xr.Dataset, config: LabelConfig, regions: RegionMap) -> NDArray[Any]:
    """Put each sample into train, validation, test or none.

    Samples that come sooner after the end of the block before than history + latency + longest window (for full-disk
    rows one solar rotation, if that is longer) become ``none``; so do those of a region that is on both sides of a
    border, on the side that ``crossing`` does not keep. Regions are the same if any chain of HARP and NOAA numbers
    links them.

    Parameters
    ----------
    samples : xarray.Dataset
        With ``issue_time``, ``entity``, ``harpnum``, ``noaa_ar`` along ``sample``.
    config : LabelConfig
        With the split; without one all blocks are ``none``.
    regions : RegionMap
        Which NOAA regions a HARP holds.

    Returns
    -------
    array of str objects, shape (sample,)
    """
    time = samples["issue_time"].to_numpy()
    names = np.array([*BLOCKS, "none"], dtype=object)
    if config.split is None:
        return np.asarray(names[np.full(len(time), _NONE)])
    disk = texts(samples["entity"]) == "full_disk"
    gap = timedelta(hours=config.split.gap_hours) if config.split.gap_hours else config.least_gap
    # Regions return with the rotation, and grouping by region cannot keep those of full-disk rows apart.
    rotation = max(gap, timedelta(days=config.split.full_disk_gap_days))
    block = np.where(disk, _by_date(time, config.split, rotation), _by_date(time, config.split, gap))
    harp, noaa = (samples[name].to_numpy().astype(np.int64) for name in ("harpnum", "noaa_ar"))
    group = regions.groups(np.where(disk, -1, harp), np.where(disk, -1, noaa))
    return np.asarray(names[_ungroup(block, group, config.split.crossing)])


def _by_date(time: NDArray[Any], split: SplitConfig, gap: timedelta) -> NDArray[np.int64]:
    """Block numbers by date alone, the gap taken from the later side."""
    borders: list[tuple[datetime | None, datetime | None]] = [
        (None, split.train_end),
        (max(split.validation_start, split.train_end + gap), split.validation_end),
        (max(split.test_start, split.validation_end + gap), split.test_end),
    ]
    block = np.full(len(time), _NONE)
    for number, (start, end) in enumerate(borders):
        inside = np.ones(len(time), bool)
        if start is not None:
            inside &= time >= np.datetime64(start, "ns")
        if end is not None:
            inside &= time < np.datetime64(end, "ns")
        block[inside] = number
    return block


def _ungroup(block: NDArray[np.int64], group: NDArray[np.int64], crossing: str) -> NDArray[np.int64]:
    """Leave each group of regions in one block."""
    member = (group >= 0) & (block >= 0)
    size = int(group.max(initial=-1)) + 1
    first, last = np.full(size, len(BLOCKS)), np.full(size, _NONE)
    np.minimum.at(first, group[member], block[member])
    np.maximum.at(last, group[member], block[member])
    keep = {"earlier": first, "later": last, "neither": np.where(first == last, first, _NONE)}[crossing]
    result = block.copy()
    result[member] = np.where(block[member] == keep[group[member]], block[member], _NONE)
    return result
