"""Whether the model itself was examined; a verdict on forecasts does not tell."""

from __future__ import annotations

from collections import Counter

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome

__all__ = ["OF_MODELS", "unexamined"]

# Checks of the model behind a forecast.
OF_MODELS = "L"


def unexamined(findings: xr.Dataset) -> list[str]:
    """Name the checks of the model that could judge no forecast of a batch, and why.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.

    Returns
    -------
    list of str
        One text a check, with the reason that most forecasts have; empty where all of them could be evaluated.
    """
    outcome, reasons = findings["outcome"].values, findings["reason_text"].values
    found = []
    for row, name in enumerate(findings["check"].values):
        if not str(name).startswith(OF_MODELS) or (outcome[row] != Outcome.NOT_EVALUABLE).any():
            continue
        numbers = Counter(np.asarray(findings["reason"].values[row]).tolist()).most_common(1)
        reason = str(reasons[numbers[0][0]]) if numbers else "the batch is empty"
        found.append(f"{name} {findings['check_name'].values[row]}: {reason}")
    return found
