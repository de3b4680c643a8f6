"""Rows of a batch: inputs from the archive, the model's answer, the full disk from its regions, the evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.background import Background
from sunproof.models.physics.energy import available_energy
from sunproof.pipeline.forecasting.ahead import predicted_ahead
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.contract import new_forecasts
from sunproof.pipeline.forecasting.full_disk import compose
from sunproof.pipeline.forecasting.predict import predict, region_status
from sunproof.pipeline.samples.evidence import evidence
from sunproof.pipeline.samples.features import Inputs, build
from sunproof.pipeline.samples.reading import is_simulated, texts
from sunproof.pipeline.samples.whole_disk import whole_disk
from sunproof.pipeline.training.bundle import Bundle

__all__ = ["forecast_rows"]

_CUBE = ("forecast", "threshold", "window")
Variables = dict[str, tuple[tuple[str, ...], Any]]


def forecast_rows(
    bundle: Bundle, config: ForecastConfig, slots: xr.Dataset, baselines: dict[str, NDArray[Any]]
) -> xr.Dataset:
    """Forecast some slots.

    Parameters
    ----------
    bundle : Bundle
    config : ForecastConfig
    slots : xarray.Dataset
        Keys along ``forecast``; all regions of an issue time together with its full-disk row.
    baselines : dict
        Vocabulary name -> values, shape (row,) or (row, threshold, window).

    Returns
    -------
    xarray.Dataset
        As in pipeline/forecasting/contract.py.

    Raises
    ------
    InputError
        If the features differ from those the model was trained on.
    """
    inputs = build(config.archive, slots, bundle.inputs)
    bundle.check_features(inputs.names, str(config.archive))
    facts = bundle.facts
    known = evidence(config.archive, slots, bundle.inputs, inputs)
    variables: Variables = {str(name): (("forecast",), slots[name].to_numpy()) for name in slots.data_vars}
    variables |= {name: (("forecast",), values) for name, values in known.items()}
    variables |= {name: (_CUBE[: values.ndim], values) for name, values in baselines.items()}
    variables |= _probabilities(bundle, config, slots, inputs)
    variables["energy_limit"] = (("forecast",), available_energy(np.asarray(known["usflux"], float)))
    attributes = {"simulated": 1} if facts["simulated"] or is_simulated(config.archive) else {}
    return new_forecasts(
        variables,
        tuple(bundle.ensemble.architecture["thresholds"]),
        tuple(float(hours) for hours in bundle.ensemble.architecture["windows"]),
        {"classes": "cumulative", "windows": "nested", "goes_scale": facts["labels"].get("goes_scale", "unknown")},
        model=facts.get("model", "sunproof"),
        bundle=bundle.digest,
        history_hours=bundle.inputs.history_hours,
        **attributes,
    )


def _background(
    bundle: Bundle, inputs: Inputs, disk: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Intensity and rate of flares from no listed region, one a full-disk row."""
    if bundle.background is None:
        return None
    process, rows = bundle.background, np.flatnonzero(disk)
    if isinstance(process, Background):
        process = process.process(whole_disk(inputs, rows, process.modalities))
    intensity = torch.exp(process.log_intensity(bundle.ensemble.fluxes.double())).numpy()
    rate = torch.exp(process.log_rate).numpy()
    size = (len(rows), *intensity.shape[1:])
    return np.broadcast_to(intensity, size), np.broadcast_to(rate, (len(rows), rate.shape[1]))


def _probabilities(bundle: Bundle, config: ForecastConfig, slots: xr.Dataset, inputs: Inputs) -> Variables:
    """Region rows from the model, full-disk rows from their regions."""
    disk = texts(slots["entity"]) == "full_disk"
    process = predict(bundle, inputs, config.batch_size)
    fluxes = bundle.ensemble.fluxes.double()
    intensity = torch.exp(process.log_intensity(fluxes)).numpy()
    rate, limit = torch.exp(process.log_rate).numpy(), process.limit.numpy().copy()
    alpha = process.alpha.numpy().copy()
    channels = {name: images.names for name, images in inputs.lazy.items()}
    status, reason = region_status(inputs.observed, list(bundle.ensemble.architecture["modalities"]), channels)
    background = _background(bundle, inputs, disk)
    whole = compose(slots["issue_time"].to_numpy(), disk, status == "ISSUED", intensity, rate, limit, background)
    silent = ~disk & (status != "ISSUED")
    # the net answers for empty inputs, too: such an answer is no forecast
    for values in (intensity, rate, limit, alpha):
        values[silent] = np.nan
    intensity[disk], rate[disk], limit[disk], alpha[disk] = whole.intensity, whole.rate, whole.limit, np.nan
    status[disk], reason[disk] = whole.status, whole.reason
    variables: Variables = {
        "probability": (_CUBE, -np.expm1(-intensity)),
        "rate": (("forecast", "window"), rate),
        "size_index": (("forecast",), alpha),
        "flux_limit": (("forecast",), limit),
        "status": (("forecast",), status),
        "status_reason": (("forecast",), reason),
    }
    variables |= predicted_ahead(bundle, config, slots, process, ~disk & ~silent)
    if background is not None:
        # regions have none: the background is what no region is the source of
        declared = np.full(intensity.shape, np.nan)
        declared[disk] = -np.expm1(-background[0])
        variables["probability_background"] = (_CUBE, declared)
    return variables
