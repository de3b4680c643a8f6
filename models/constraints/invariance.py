"""Pairs of forecasts from one input and its transform, where physics says what may change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Probabilities, column, logit, text

__all__ = ["CHECKS"]


def _unchanged(transform: str, reason: str) -> Callable[[xr.Dataset, Limits], Finding]:
    """Build a check that a transform leaves the log odds where they were."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        view = Probabilities(batch)
        size = len(view.values)
        marks = Marks(size)
        twin = np.nan_to_num(column(batch, "twin"), nan=-1.0).astype(np.int64)
        marks.blank(text(batch, "transform") != transform.upper(), f"not a twin by {transform}")
        marks.blank((twin < 0) | (twin >= size), "the forecast from untransformed input is not in the batch")
        # Rows without a twin are blanked already; this keeps the index inside the batch.
        original = np.clip(twin, 0, max(size - 1, 0))
        marks.blank(batch["status"].values[original] == "NO_FORECAST", "the untransformed input gave no forecast")
        worst = Worst(np.abs(logit(view.values) - logit(view.values[original])))
        marks.measure(worst.excess, limits["review"])
        marks.blank(worst.empty, "no probability to compare")
        for name, outcome in (("implausible", Outcome.IMPLAUSIBLE), ("review", Outcome.REVIEW)):
            if name in limits:
                marks.offence(worst.excess > limits[name], outcome, reason, worst.excess, limits[name])
        return marks.finding()

    return evaluate


_NEEDS = ("probability", "twin", "transform")
_ALL = "The transform was applied to all correlated inputs (keywords, images, history, ephemeris)."

CHECKS = (
    Check(
        id="I7",
        name="time shift",
        statement="Shifting all times and the ephemeris together leaves the forecast unchanged.",
        equation="|d logit P| <= 0.3 (IMPLAUSIBLE above 1)",
        unit="",
        reference="Physics has no calendar; an input of cycle phase has to be shifted back",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="A twin by time_shift in the batch. " + _ALL,
        requires=_NEEDS,
        evaluate=_unchanged("time_shift", "the forecast depends on the calendar"),
    ),
    Check(
        id="I8",
        name="longitude shift",
        statement="The same patch within 30 deg of disk centre has the same forecast wherever it lies.",
        equation="|d logit P| <= 0.2",
        unit="",
        reference="Physics of a region does not depend on our view; a larger change is a learned limb artefact",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="A twin by longitude_shift in the batch, both within 30 deg of disk centre. " + _ALL,
        requires=_NEEDS,
        evaluate=_unchanged("longitude_shift", "the forecast depends on where on the disk the region lies"),
    ),
    Check(
        id="I9",
        name="superposition",
        statement="Adding a distant independent region does not change the forecasts of the others.",
        equation="|d logit p_i| <= 0.1",
        unit="",
        reference="Independence of distant regions; product rule within 5 % of observed frequencies (A4)",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="A twin by superposition in the batch. " + _ALL,
        requires=_NEEDS,
        evaluate=_unchanged("superposition", "the forecast depends on a distant region"),
    ),
)
