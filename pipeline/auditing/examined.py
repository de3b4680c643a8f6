"""Whether the model itself was examined; a verdict on forecasts does not tell."""

from __future__ import annotations

from collections import Counter

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome

__all__ = ["OF_MODELS", "unexamined"]

# Checks of the model behind a forecast.
OF_MODELS = "L"


def unexamined(findings: xr.Dataset, forecasts: xr.Dataset) -> list[str]:
    """Name the checks of the model that could judge no forecast of a batch, and why.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.
    forecasts : xarray.Dataset
        The batch.

    Returns
    -------
    list of str
        One text a check, with the reason that most forecasts of regions have; empty where all of them could be
        evaluated.
    """
    region = (forecasts["entity"].values == "region") & (forecasts["status"].values != "NO_FORECAST")
    # the full disk and empty slots have reasons of their own, and may be most of a batch
    rows = np.flatnonzero(region) if region.any() else np.arange(len(region))
    outcome, reasons = findings["outcome"].values, findings["reason_text"].values
    found = []
    for row, name in enumerate(findings["check"].values):
        if not str(name).startswith(OF_MODELS) or (outcome[row] != Outcome.NOT_EVALUABLE).any():
            continue
        numbers = Counter(findings["reason"].values[row, rows].tolist()).most_common(1)
        reason = str(reasons[numbers[0][0]]) if numbers else "the batch is empty"
        found.append(f"{name} {findings['check_name'].values[row]}: {reason}")
    return found
