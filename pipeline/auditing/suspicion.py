"""How much all objections to a forecast weigh together: what every hundredth good one meets decides nothing."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits

__all__ = ["suspicion"]


def suspicion(findings: xr.Dataset) -> NDArray[np.float64]:
    """Weigh the objections to each forecast of a batch.

    A check that asks for review counts with -log of the share of good forecasts of which it does so for that reason
    (hindcasts of the training years, ``gate`` in limits.yaml). Objections are added, as if checks were independent on
    good forecasts. A reason that is not named there weighs as one that met none of them, more than the level from which
    a forecast is put to review: it decides alone. So does K3, which abstains and finds no fault.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.

    Returns
    -------
    ndarray, shape (forecast,)
        In nats; 0 without an objection.
    """
    gate = load_limits().gate
    names = [str(name) for name in findings["check"].values]
    reasons = [str(text) for text in findings["reason_text"].values]
    outcome, told = findings["outcome"].values, findings["reason"].values
    weight = np.zeros(outcome.shape[1])
    for name, row, reason in zip(names, outcome, told, strict=True):
        objects = row >= Outcome.REVIEW
        for number in np.unique(reason[objects]):
            known = gate.objected.get(name, {}).get(reasons[number], 0)
            # Laplace's rule of succession: what was never seen is not impossible
            weight[objects & (reason == number)] -= np.log((known + 1) / (gate.forecasts + 2))
    return weight
