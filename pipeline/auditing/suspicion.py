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

    A check that asks for review counts with -log of the share of good forecasts of which it does so (hindcasts of the
    training years, ``gate`` in limits.yaml). Objections are added, as if checks were independent on good forecasts. A
    check that is not named there weighs as one that objected to none of them, more than the level from which a forecast
    is put to review: it decides alone, as does K3, which abstains and finds no fault.

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
    objects = findings["outcome"].values >= Outcome.REVIEW
    # Laplace's rule of succession: what was never seen is not impossible
    share = np.array([(gate.objected.get(name, 0) + 1) / (gate.forecasts + 2) for name in names])
    return np.asarray(-np.log(share) @ objects, np.float64)
