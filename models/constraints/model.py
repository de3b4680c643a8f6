"""Whether the model behind a forecast is one: better than a plain referee, and not through what no Sun has."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import column

__all__ = ["CHECKS"]

_UNASKED = "the model, its training samples or enough regions with known outcomes are not at hand"


def _gain(batch: xr.Dataset, limits: Limits) -> Finding:
    high = column(batch, "model_gain_high")
    marks = Marks(len(high))
    marks.blank(np.isnan(high), _UNASKED)
    marks.measure(high, limits["review"])
    reason = "on region-times whose outcome is known the model is worse than a plain regression"
    for name, outcome in (("implausible", Outcome.IMPLAUSIBLE), ("review", Outcome.REVIEW)):
        marks.offence(high < limits[name], outcome, reason, high, limits[name])
    return marks.finding()


def _shortcut(batch: xr.Dataset, limits: Limits) -> Finding:
    share = column(batch, "model_shortcut")
    marks = Marks(len(share))
    marks.blank(np.isnan(share), _UNASKED)
    marks.measure(share, limits["review"])
    reason = "place, hour or gaps of other regions move the model's forecasts: it has learnt a shortcut"
    for name, outcome in (("implausible", Outcome.IMPLAUSIBLE), ("review", Outcome.REVIEW)):
        marks.offence(share > limits[name], outcome, reason, share, limits[name])
    return marks.finding()


_NEEDS = (
    "The model is at hand, and the audit's own samples: up to 3000 labelled region-times of their validation block, "
    "with 30 regions or more that flared."
)

CHECKS = (
    Check(
        id="L1",
        name="better than a referee",
        statement="On region-times with known outcome the model is not worse than a regression that shares no code "
        "with it.",
        equation="upper end (95 %) of BSS - BSS_referee >= 0 (IMPLAUSIBLE below -0.05)",
        unit="",
        reference="A model that moves forecasts away from calibrated ones by d loses E[d^2] of Brier score; logistic "
        "regression on latest, mean and change of keywords, and flares; regions resampled",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=_NEEDS,
        requires=("model_gain_high",),
        evaluate=_gain,
    ),
    Check(
        id="L2",
        name="no shortcut",
        statement="Place, hour and gaps in the data of other regions leave the model's forecasts where they are.",
        equation="share of golden set with |dP| > 0.1 <= 0.1 (IMPLAUSIBLE above 0.3)",
        unit="",
        reference="What carries nothing of the region must not move its forecast (Adebayo et al. 2022, ICLR, for why "
        "maps alone do not show it)",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=_NEEDS,
        requires=("model_shortcut",),
        evaluate=_shortcut,
    ),
)
