"""What a model predicts beside flares: X-rays, flux and energy some hours ahead, in their own units."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.heads import FlareProcess
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.samples.ahead import X_RAYS, at_cutoff
from sunproof.pipeline.samples.keys import read_keys
from sunproof.pipeline.samples.reading import remembered
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.training.bundle import Bundle

__all__ = ["predicted_ahead"]

Variables = dict[str, tuple[tuple[str, ...], Any]]


def predicted_ahead(
    bundle: Bundle, config: ForecastConfig, slots: xr.Dataset, process: FlareProcess, issued: NDArray[np.bool_]
) -> Variables:
    """Turn changes into quantities.

    Parameters
    ----------
    bundle : Bundle
    config : ForecastConfig
    slots : xarray.Dataset
        Keys along ``forecast``.
    process : FlareProcess
        Of the same rows.
    issued : ndarray of bool, shape (row,)
        Regions that have a forecast.

    Returns
    -------
    dict
        ``predicted_<quantity>`` along (``forecast``, ``lead``), NaN where the quantity was not observed before the
        cut-off; least and largest value in training and the error on validation along ``lead``. Full-disk rows have
        X-rays alone, the mean of what their regions predict of them. Nothing where the model predicts nothing.
    """
    block = bundle.ensemble.architecture.get("auxiliary")
    if block is None or process.changes is None:
        return {}
    regions = remembered(("regions", str(config.archive)), lambda: load_regions(config.archive))
    keys = read_keys(slots, regions)
    quantities, leads = block["quantities"], [float(hours) for hours in block["lead_hours"]]
    now = at_cutoff(config.archive, keys, quantities, leads, bundle.inputs)
    # the network gives changes; what they start from is read of the archive
    found = now + process.changes.numpy().reshape(now.shape)
    found[~issued] = np.nan
    variables: Variables = {"lead": (("lead",), np.array(leads))}
    for place, name in enumerate(quantities):
        logs = found[:, place]
        if name in X_RAYS:
            # X-rays are of the whole disk: each region predicts the same flux, and the disk gets their mean
            logs = _shared(slots, logs, issued)
        variables[f"predicted_{name}"] = (("forecast", "lead"), 10.0**logs)
        rows = [row for row in bundle.facts["auxiliary"] if row["quantity"] == name]
        for column in ("low", "high", "error"):
            values = [np.nan if row[column] is None else row[column] for row in rows]
            # canonical JSON writes 1e20 with all its digits: a whole number too large for any array's
            variables[f"predicted_{name}_{column}"] = (("lead",), np.array(values, np.float64))
    return variables


def _shared(slots: xr.Dataset, logs: NDArray[np.float64], issued: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give rows that are not of a region the mean of the regions of their issue time."""
    times, slot = np.unique(slots["issue_time"].to_numpy(), return_inverse=True)
    total, number = np.zeros((len(times), logs.shape[1])), np.zeros((len(times), logs.shape[1]))
    known = issued[:, None] & np.isfinite(logs)
    np.add.at(total, slot, np.where(known, logs, 0))
    np.add.at(number, slot, known)
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)[slot]
    disk = slots["entity"].to_numpy().astype(object) == "full_disk"
    return np.where(disk[:, None], mean, logs)
