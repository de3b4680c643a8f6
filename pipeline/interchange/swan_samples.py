"""Samples of SWAN-SF: one row a slice, labelled by its file name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.physics.goes_class import class_to_flux
from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.interchange.swan_files import Slice
from sunproof.pipeline.sources.timescale import tai_to_utc
from sunproof.pipeline.vocabulary import THRESHOLDS, check, describe

__all__ = ["make_samples"]

# Partitions follow each other in time, so training on the first and testing on the last is a forecast.
_BLOCKS = {1: "train", 2: "train", 3: "validation", 4: "test", 5: "test"}
_WINDOW = 24.0
_HISTORY = 12.0
_REASON = "number of flares not given"


def make_samples(slices: Sequence[Slice]) -> xr.Dataset:
    """Label every slice with the largest flare of the 24 h after it.

    Parameters
    ----------
    slices : sequence of Slice
        In any order.

    Returns
    -------
    xarray.Dataset
        As docs/architecture.md, Samples, with ``partition``; issued at the last record, sorted by time and region.
        ``flare_count`` and ``coverage`` are NaN: the names do not tell them.

    Raises
    ------
    InputError
        If two slices of one region end at the same time, or a partition is not one of the five.
    """
    _check(slices)
    ordered = sorted(slices, key=lambda item: (item.end, item.region))
    issue = tai_to_utc(np.array([item.end for item in ordered], "datetime64[ns]"))
    flux = np.array([float(class_to_flux(item.flare)) if item.flare else 0.0 for item in ordered])
    limits = np.array(list(THRESHOLDS.values()))
    size = len(ordered)
    unknown = np.full((size, 1), np.nan)
    columns: dict[str, tuple[Any, Any]] = {
        "harpnum": ("sample", np.array([item.region for item in ordered])),
        "noaa_ar": ("sample", np.full(size, -1)),
        "noaa_ars": ("sample", np.full(size, "", object)),
        "entity": ("sample", np.full(size, "region", object)),
        **{name: ("sample", issue) for name in ("issue_time", "data_cutoff", "window_start")},
        "event": (("sample", "threshold", "window"), (flux[:, None] >= limits).astype(float)[..., None]),
        "flare_count": (("sample", "window"), unknown),
        "largest_flux": (("sample", "window"), flux[:, None]),
        "label_reason": (("sample", "window"), np.full((size, 1), _REASON, object)),
        "coverage": (("sample", "window"), unknown),
        "block": ("sample", np.array([_BLOCKS[item.partition] for item in ordered], object)),
        "partition": ("sample", np.array([item.partition for item in ordered], np.int32)),
    }
    coords = {
        "threshold": np.array(list(THRESHOLDS), object),
        "window": np.array([_WINDOW]),
        "threshold_flux": ("threshold", limits),
    }
    attrs = {
        "classes": "cumulative",
        "windows": "nested",
        "goes_scale": "operational",
        "catalogue": "SWAN-SF file names",
        "history_hours": _HISTORY,
        "split": "partitions 1, 2 train; 3 validation; 4, 5 test",
    }
    return check(describe(xr.Dataset(columns, coords, attrs)), "SWAN-SF samples")


def _check(slices: Sequence[Slice]) -> None:
    problems = ProblemList("SWAN-SF")
    known: dict[tuple[int, str], Slice] = {}
    for item in slices:
        other = known.setdefault((item.region, item.end), item)
        if other is not item:
            problems.add("two slices of one region end together", item.path, other.path, "each slice once")
        if item.partition not in _BLOCKS:
            problems.add("unknown partition", item.path, item.partition, f"one of {list(_BLOCKS)}")
    problems.check()
