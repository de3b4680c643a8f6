"""Whether the explanation of a forecast is one: complete, of this model, better than its nulls, of the right sign."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.single import at_least, at_most, compared
from sunproof.models.constraints.views import column

__all__ = ["CHECKS"]

_SILENT = "the forecast was not explained"


def _completeness(batch: xr.Dataset, limits: Limits) -> Finding:
    error = np.abs(column(batch, "attribution_error"))
    # A relative bound alone would be nothing where forecast and reference agree.
    allowed = np.maximum(limits["relative"] * np.abs(column(batch, "attribution_difference")), limits["absolute"])
    reason = "the attributions do not sum to the difference they explain"
    return compared(error, allowed, error > allowed, reason, _SILENT)


def _skill(batch: xr.Dataset, limits: Limits) -> Finding:
    value = column(batch, "explanation_skill")
    # A null that could not be computed leaves the fixed bar.
    least = np.maximum(limits["least"], np.nan_to_num(column(batch, "null_skill")))
    reason = "the explanation foretells what the model does no better than one made without the model"
    return compared(value, least, value <= least, reason, _SILENT)


def _sign(batch: xr.Dataset, limits: Limits) -> Finding:
    value = column(batch, "activity_effect") * np.sign(column(batch, "activity_level"))
    reason = "the region's field and flares move the forecast against their sign"
    return compared(value, -limits["margin"], value < -limits["margin"], reason, _SILENT, Outcome.INFO)


_COMMON: dict[str, Any] = {
    "unit": "",
    "reference_set": "no reference events",
    "reference_size": 0,
    "ceiling": Outcome.REVIEW,
    "prerequisites": "The model is at hand and the forecast is among those explained.",
}

CHECKS = (
    Check(
        id="H4",
        name="completeness",
        statement="The attributions sum to the difference of logits that they explain.",
        equation="|sum a - (f(x) - f(x0))| <= max(1 % |f(x) - f(x0)|, 1e-3)",
        reference="Sundararajan et al. 2017, ICML 70, 3319; a failure breaks the explanation, not the forecast",
        requires=("attribution_error", "attribution_difference"),
        evaluate=_completeness,
        **_COMMON,
    ),
    Check(
        id="H5",
        name="weights matter",
        statement="The explanation differs from that of the same model with shuffled weights.",
        equation="median Spearman(effects, effects of the twins) <= 0.5",
        reference="Adebayo et al. 2018, NeurIPS; signed effects of physical groups",
        requires=("twin_correlation",),
        evaluate=at_most("twin_correlation", "a model with shuffled weights has the same explanation", _SILENT),
        **_COMMON,
    ),
    Check(
        id="H6",
        name="explanation skill",
        statement="The explanation foretells what the model does without some inputs, better than any null does.",
        equation="1 - infid(a)/infid(0) > max(0.2, |x - x0|, shuffled)",
        reference="Yeh et al. 2019, NeurIPS (infidelity), scaled, the wrong sign refused",
        requires=("explanation_skill", "null_skill"),
        evaluate=_skill,
        **_COMMON,
    ),
    Check(
        id="H7",
        name="sign agreement",
        statement="A region above the median in field and flares raises the forecast, one below it lowers it.",
        equation="effect * sign(level) >= -0.5",
        reference="Total, not partial, effect: single keywords correlate at 0.85 to 0.96",
        requires=("activity_effect", "activity_level"),
        evaluate=_sign,
        **(_COMMON | {"ceiling": Outcome.INFO}),
    ),
    Check(
        id="H9",
        name="methods agree",
        statement="Integrated Gradients and ablation put the physical groups in the same order.",
        equation="Kendall tau-b >= 0.5",
        reference="Kendall 1945, Biometrika 33, 239; two methods that share no mechanism",
        requires=("method_agreement",),
        evaluate=at_least("method_agreement", "two methods of explanation contradict each other", _SILENT),
        **_COMMON,
    ),
    Check(
        id="H10",
        name="explanation reproduced",
        statement="The explanation that somebody gives is that of the model at this forecast.",
        equation="|a - a_audit| <= 0.05 |a_audit|, Integrated Gradients computed again",
        reference="An explanation of another forecast or model tells nothing of this one",
        requires=("explanation_parity",),
        evaluate=at_most(
            "explanation_parity", "the explanation that is given is not what the model's own comes out as", _SILENT
        ),
        **(_COMMON | {"prerequisites": "The model is at hand, and an explanation was given with the forecast."}),
    ),
)
