"""What the model says when its inputs are replaced: without the region, elsewhere, with a stronger field."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.single import unchanged
from sunproof.models.constraints.views import cube

__all__ = ["CHECKS"]

_UNASKED = "the model was not asked, or its answer would be beyond its training"


def _quiet(batch: xr.Dataset, limits: Limits) -> Finding:
    """Judge the probability of an M flare in the first window that is left when the region is taken away."""
    marks = Marks(batch.sizes["forecast"])
    names = [str(name) for name in batch["threshold"].values]
    if "M1.0" not in names or not batch.sizes["window"]:
        marks.blank(np.ones(batch.sizes["forecast"], bool), "the batch holds no probability of class M1.0")
        return marks.finding()
    left = cube(batch, "probability_without_region")[:, names.index("M1.0"), 0]
    marks.blank(np.isnan(left), _UNASKED)
    marks.measure(left, limits["review"])
    reason = "the probability stays when the region is replaced by a quiet one: it does not come from the region"
    for name, outcome in (("implausible", Outcome.IMPLAUSIBLE), ("review", Outcome.REVIEW)):
        marks.offence(left > limits[name], outcome, reason, left, limits[name])
    return marks.finding()


def _stronger(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    fall = Worst(-cube(batch, "field_response"))
    marks.blank(fall.empty, _UNASKED)
    marks.measure(fall.excess, limits["review"])
    reason = "a stronger magnetic field lowers the forecast"
    marks.offence(fall.excess > limits["review"], Outcome.REVIEW, reason, fall.excess, limits["review"])
    return marks.finding()


CHECKS = (
    Check(
        id="I4",
        name="stronger field",
        statement="A magnetic field up to 1.3 times as strong does not lower the forecast.",
        equation="min over k of logit P(kB) - logit P(B) >= -1",
        unit="",
        reference="Free energy scales as k^2; keywords scaled by their definitions (Bobra et al. 2014, Table 3)",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model is at hand, and every scaled keyword stays within the training block's range.",
        requires=("field_response", "probability"),
        evaluate=_stronger,
    ),
    Check(
        id="I5",
        name="quiet-Sun replacement",
        statement="A quiet region in place of this one, flares and summary unknown, has the background's forecast.",
        equation="P(>= M1.0) <= 0.01 (IMPLAUSIBLE above 0.05)",
        unit="",
        reference="Regions of plage flare at M1.0 in 0.2 % of days; median over quiet donors of the training block",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="The model is at hand and reads keywords; the training block holds quiet regions.",
        requires=("probability_without_region", "probability"),
        evaluate=_quiet,
    ),
    Check(
        id="I10",
        name="other place and time",
        statement="Position and ages taken from other regions leave the forecast unchanged.",
        equation="|dP| <= 0.10",
        unit="",
        reference="Neither where a region lies nor when it was looked at makes it flare; median over donors",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model is at hand and reads a place or an age.",
        requires=("probability_elsewhere", "probability"),
        evaluate=unchanged(
            "probability_elsewhere", "the forecast depends on where the region lies or when it was observed", _UNASKED
        ),
    ),
)
