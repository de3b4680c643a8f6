"""Whether the model behind a forecast is one: better than a plain referee, and not through what no Sun has."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import column, is_region

__all__ = ["CHECKS"]

_UNASKED = "the model, or labelled samples with a validation block, are not at hand"
_DISK = "the model is examined on regions: without any of this time, or labelled samples, nothing is known of it"
_NO_REFEREE = "no labelled region-times to teach a referee on"
_BLIND = "the model reads neither place nor hour nor a sequence"


def _gain(batch: xr.Dataset, limits: Limits) -> Finding:
    high = column(batch, "model_gain_high")
    marks = Marks(len(high))
    _blank(marks, batch, ("model_flaring", limits["least_flaring"], "regions that flared and that the referee judges"))
    marks.blank(np.isnan(high), _NO_REFEREE)
    marks.measure(high, limits["review"])
    reason = "on region-times whose outcome is known the model is worse than a plain regression"
    for name, outcome in (("implausible", Outcome.IMPLAUSIBLE), ("review", Outcome.REVIEW)):
        marks.offence(high < limits[name], outcome, reason, high, limits[name])
    return marks.finding()


def _shortcut(batch: xr.Dataset, limits: Limits) -> Finding:
    share, low = column(batch, "model_shortcut"), column(batch, "model_shortcut_low")
    marks = Marks(len(share))
    _blank(marks, batch, ("model_regions", limits["least_regions"], "regions"))
    marks.blank(np.isnan(low), _BLIND)
    marks.measure(low, limits["review"])
    reason = "place, hour or gaps of other regions move the model's forecasts: it has learnt a shortcut"
    surely = low > limits["review"]
    marks.offence(surely & (share > limits["implausible"]), Outcome.IMPLAUSIBLE, reason, share, limits["implausible"])
    marks.offence(surely, Outcome.REVIEW, reason, low, limits["review"])
    return marks.finding()


def _blank(marks: Marks, batch: xr.Dataset, needed: tuple[str, float, str]) -> None:
    """Blank what cannot be judged, and say how many regions there are and how many it takes."""
    name, least, what = needed
    count = column(batch, name)
    marks.blank(np.isnan(count) & ~is_region(batch), _DISK)
    marks.blank(np.isnan(count), _UNASKED)
    # A reason is one text for all its rows, so each count has its own.
    for few in np.unique(count[count < least]):
        marks.blank(count == few, f"too few {what} in the validation block to examine the model: {few:g} of {least:g}")


_NEEDS = "The model is at hand, and the audit's own samples: up to 3000 region-times of their validation block, "
_OF_A_DISK = "; for a full disk, a forecast of a region of its time"

CHECKS = (
    Check(
        id="L1",
        name="better than a referee",
        statement="On region-times with known outcome the model is not worse than a regression that shares no code "
        "with it.",
        equation="upper end (95 %) of BSS - BSS_referee >= 0 (IMPLAUSIBLE below -0.05)",
        unit="",
        reference="A model that moves forecasts away from calibrated ones by d loses E[d^2] of Brier score; logistic "
        "regression on latest, mean and change of keywords, and flares; jackknife over regions, Student's t with the "
        "flaring regions less one (Tukey 1958, Ann. Math. Stat. 29, 614)",
        reference_set="the validation samples",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=f"{_NEEDS}with known outcomes, with 10 regions or more that flared; SHARP records, "
        f"which the referee reads{_OF_A_DISK}.",
        requires=("model_gain_high", "model_flaring"),
        evaluate=_gain,
    ),
    Check(
        id="L2",
        name="no shortcut",
        statement="Place, hour and gaps in the data of other regions leave the model's forecasts where they are.",
        equation="lower end (95 %) of the share of the golden set with |dP| > 0.1 <= 0.1 (IMPLAUSIBLE where the share "
        "is above 0.3)",
        unit="",
        reference="What carries nothing of the region must not move its forecast (Adebayo et al. 2022, ICLR, for why "
        "maps alone do not show it); jackknife over regions",
        reference_set="the validation samples",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=f"{_NEEDS}of 15 regions or more, whether they flared or not{_OF_A_DISK}.",
        requires=("model_shortcut", "model_shortcut_low", "model_regions"),
        evaluate=_shortcut,
    ),
)
