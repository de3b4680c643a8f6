"""What is to be forecast: rows of a samples file, or of an interval; cut into parts that never split an issue time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.slots import make_slots

__all__ = ["KEYS", "load_slots", "parts"]

KEYS = ("harpnum", "noaa_ar", "noaa_ars", "entity", "issue_time", "data_cutoff", "window_start")


def load_slots(config: ForecastConfig) -> tuple[xr.Dataset, xr.Dataset | None, NDArray[np.int64]]:
    """List the slots.

    Parameters
    ----------
    config : ForecastConfig

    Returns
    -------
    slots : xarray.Dataset
        The keys along ``forecast``.
    samples : xarray.Dataset or None
        The samples file they come from.
    rows : ndarray of int
        Their rows in it.

    Raises
    ------
    InputError
        If there is nothing to forecast.
    """
    if config.samples is None:
        slots = _of_interval(config)
        return slots, None, np.arange(slots.sizes["forecast"])
    samples = read_samples(config.samples)
    block = texts(samples["block"])
    rows = np.flatnonzero(np.isin(block, config.blocks)) if config.blocks else np.arange(len(block))
    if not len(rows):
        there = ", ".join(f"{name}: {int((block == name).sum())}" for name in sorted(set(block)))
        raise InputError(
            Problem("no slot to forecast", str(config.samples), there, f"rows in {', '.join(config.blocks)}")
        )
    return _keys(samples.isel(sample=rows), "sample"), samples, rows


def _keys(rows: xr.Dataset, dim: str) -> xr.Dataset:
    keys = rows[[name for name in KEYS if name in rows.variables]].rename({dim: "forecast"})
    return keys.drop_vars([name for name in keys.coords if name not in KEYS])


def _of_interval(config: ForecastConfig) -> xr.Dataset:
    # slots are made the same way for labels and for forecasts, or training and service would see different regions
    interval = config.interval.model_dump() if config.interval else {}
    label = LabelConfig(archive=config.archive, output=config.output, **interval)
    return _keys(make_slots(config.archive, label, load_regions(config.archive)), "sample")


def parts(slots: xr.Dataset, size: int) -> Iterator[NDArray[np.int64]]:
    """Cut rows into parts of about a size; rows of one issue time stay together: the full disk needs its regions.

    Parameters
    ----------
    slots : xarray.Dataset
    size : int
        Rows a part; more where one issue time alone has more.

    Yields
    ------
    ndarray of int
        Rows, in order of issue time.
    """
    time = slots["issue_time"].to_numpy()
    # stable, so that rows come out as they went in
    order = np.argsort(time, kind="stable")
    _, first = np.unique(time[order], return_index=True)
    borders = [*first.tolist(), len(order)]
    start = 0
    for begin, end in itertools.pairwise(borders):
        # never within an issue time, and not before there is a row
        if end - start > size and begin > start:
            yield order[start:begin]
            start = begin
    yield order[start:]
