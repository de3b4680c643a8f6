"""How sure each probability can be: the evidence of the checks on confidence, calibrated on the validation block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sunproof.models.confidence import Confidence
    from sunproof.pipeline.auditing.domain import Labelled
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["base_rates", "calibrate", "confidence"]

Calibrated = dict[tuple[str, float], "Confidence"]
Cube = NDArray[np.float64]
# Rows of one forward pass: images are read for so many at once.
_BATCH = 512


def calibrate(bundle: Bundle, validation: Labelled | None, seed: int) -> Calibrated:
    """Calibrate every output on the validation block, which the model did not train on.

    Parameters
    ----------
    bundle : Bundle
        The model that made the forecasts.
    validation : Labelled or None
        The block.
    seed : int
        Of the draws of one row a region.

    Returns
    -------
    dict
        (threshold, window) -> `sunproof.models.confidence.Confidence`; empty without a validation block.
    """
    # calibrated for other outputs, an interval would be of another event
    if validation is None or list(validation.thresholds) != bundle.ensemble.architecture["thresholds"]:
        return {}
    # torch takes seconds to import: only where there is a model
    from sunproof.models.confidence import Confidence
    from sunproof.pipeline.forecasting.predict import predict

    process = predict(bundle, validation.inputs, _BATCH)
    # in double, as forecasts are issued: a p-value counts ties
    probability = process.probabilities(bundle.ensemble.fluxes.double()).numpy()
    return {
        (threshold, window): Confidence.fit(
            probability[:, row, column], validation.event[:, row, column], validation.regions, seed
        )
        for row, threshold in enumerate(validation.thresholds)
        for column, window in enumerate(validation.windows)
    }


def confidence(forecasts: xr.Dataset, calibrated: Calibrated) -> dict[str, Cube]:
    """Intervals and p-values of every probability.

    Parameters
    ----------
    forecasts : xarray.Dataset
        Regions of a batch.
    calibrated : dict
        As `calibrate` returns it.

    Returns
    -------
    dict
        ``confidence_low``, ``confidence_high``, ``conformal_flare`` and ``conformal_quiet``, shape (forecast,
        threshold, window), NaN where nothing could be calibrated; empty where nothing was.
    """
    if not calibrated:
        return {}
    probability = np.asarray(forecasts["probability"].values, np.float64)
    names = ("confidence_low", "confidence_high", "conformal_flare", "conformal_quiet")
    found = {name: np.full(probability.shape, np.nan) for name in names}
    for row, threshold in enumerate(forecasts["threshold"].values):
        for column, window in enumerate(forecasts["window"].values):
            if (cell := calibrated.get((str(threshold), float(window)))) is None:
                continue
            issued = probability[:, row, column]
            told = (*cell.interval(issued), cell.credibility(issued, 1), cell.credibility(issued, 0))
            for name, values in zip(names, told, strict=True):
                found[name][:, row, column] = values
    return found


def base_rates(forecasts: xr.Dataset, facts: dict[str, Any]) -> Cube:
    """Share of the training samples of regions with a flare, shape (threshold, window); NaN where the bundle says none.

    Parameters
    ----------
    forecasts : xarray.Dataset
        With the thresholds and windows.
    facts : dict
        ``training.json`` of the bundle.
    """
    told = {(row["threshold"], float(row["window"])): row["base_rate"] for row in facts.get("scores", ())}
    rates = [
        [told.get((str(name), float(hours))) for hours in forecasts["window"].values]
        for name in forecasts["threshold"].values
    ]
    return np.array(rates, dtype=float)
