"""How much all objections to a forecast weigh together, and how much it may bear: the more, the more it says."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits

__all__ = ["levels", "suspicion"]

# The check that measures how much a forecast says.
_SAYS = "K3"
# Checks that hold the probabilities against what else is known of the region (energy, base rates, its flares, the
# referee): a flare that one of them does not expect the others do not expect either. C2 and K1 object together to 607
# times as many hindcasts as if they were independent, C6 and C8 to 620 times (docs/gate.md). Checks of inputs are
# added: it is 7 times for J4 beside J9 or J10, and a faulty record shows in several of them.
_EXPECTED = ("B", "C", "G")
_REFEREE = "K1"


def suspicion(findings: xr.Dataset) -> NDArray[np.float64]:
    """Weigh the objections to each forecast of a batch.

    A check that asks for review counts with -log of the share of good forecasts of which it does so for that reason
    (hindcasts of the training years, ``gate`` in limits.yaml). Objections are added, as if checks were independent on
    good forecasts; of those that hold the probabilities against what else is known of the region (B, C, G, K1), which
    are not, the gravest counts. A reason that is not named there weighs as one that met none of them, more than any
    level (`levels`): it decides alone. So does K3, which abstains and finds no fault.

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
    weight, unexpected = np.zeros(outcome.shape[1]), np.zeros(outcome.shape[1])
    for name, row, reason in zip(names, outcome, told, strict=True):
        objects = row >= Outcome.REVIEW
        # per reason, not per check: one check may object for a common and for a rare one
        for number in np.unique(reason[objects]):
            known = gate.objected.get(name, {}).get(reasons[number], 0)
            # Laplace's rule of succession: what was never seen is not impossible
            weighs = np.where(objects & (reason == number), -np.log((known + 1) / (gate.forecasts + 2)), 0)
            if name.startswith(_EXPECTED) or name == _REFEREE:
                unexpected = np.maximum(unexpected, weighs)
            else:
                weight += weighs
    return weight + unexpected


def levels(findings: xr.Dataset) -> NDArray[np.float64]:
    """Tell above which suspicion each forecast of a batch is put to review.

    Putting a good forecast to review costs what it would have added to the skill of those that are accepted: that is
    what K3 measures. A forecast that hardly says more than K3 asks for is given up for the least objection, one that
    says much for a rare one or several.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.

    Returns
    -------
    ndarray, shape (forecast,)
        In nats.
    """
    gate = load_limits().gate
    names = [str(name) for name in findings["check"].values]
    if _SAYS not in names:
        return np.full(findings.sizes["forecast"], gate.unknown)
    row = names.index(_SAYS)
    beyond = findings["value"].values[row] - findings["limit"].values[row]
    # a forecast that says more than the limit of K3 asks is worth more objections, up to the level that any may bear
    return np.where(np.isnan(beyond), gate.unknown, np.clip(beyond / gate.per_nat, 0, gate.level))
