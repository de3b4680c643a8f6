"""How far to rely on a forecast: beside the referee, its interval and set, what it says beyond climatology."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, column, cube

__all__ = ["CHECKS"]

# X flares are too few to fit a referee to, or to calibrate on.
_CLASSES = {"C1.0": "c", "M1.0": "m"}


def _referee(batch: xr.Dataset, limits: Limits) -> Finding:
    judged = [str(name) in _CLASSES for name in batch["threshold"].values]
    apart = np.abs(cube(batch, "probability") - cube(batch, "probability_regression"))[:, judged]
    marks = Marks(len(apart))
    worst = Worst(apart)
    marks.measure(worst.excess, limits["review"])
    marks.blank(worst.empty, "no probability of the referee for this slot, or neither C1.0 nor M1.0")
    marks.offence(
        worst.excess > limits["review"],
        Outcome.REVIEW,
        "far from the physics referee; which of the two is wrong is not said",
        worst.excess,
        limits["review"],
    )
    return marks.finding()


def _width(batch: xr.Dataset, limits: Limits) -> Finding:
    width = cube(batch, "confidence_high") - cube(batch, "confidence_low")
    marks = Marks(len(width))
    worst = Worst(width)
    marks.measure(worst.excess, limits["info"])
    marks.blank(worst.empty, "no interval could be calibrated")
    reason = "so few comparable regions were seen that a calibrated probability could lie anywhere in the interval"
    marks.offence(worst.excess > limits["info"], Outcome.INFO, reason, worst.excess, limits["info"])
    return marks.finding()


def _skill(batch: xr.Dataset, limits: Limits) -> Finding:
    value = _expected_skill(batch, limits)
    marks = Marks(len(value))
    marks.measure(value, limits["least"])
    marks.blank(np.isnan(value), "no base rate of training for this slot, or not both classes C and M for one window")
    marks.offence(
        value < limits["least"],
        Outcome.REVIEW,
        "uncertain, and close to the base rate: it says little that climatology does not",
        value,
        limits["least"],
    )
    return marks.finding()


def _expected_skill(batch: xr.Dataset, limits: Limits) -> Floats:
    """Give the part in the Brier skill of C and M flares that is expected of it, in the first window; NaN unknown."""
    names = [str(name) for name in batch["threshold"].values]
    size = batch.sizes["forecast"]
    if not set(names) >= set(_CLASSES) or batch.attrs.get("classes") != "cumulative":
        return np.full(size, np.nan)
    probability, rate = cube(batch, "probability"), np.asarray(batch["base_rate"].values, np.float64)
    total = np.zeros(size)
    for threshold, letter in _CLASSES.items():
        place = names.index(threshold)
        p, base = probability[:, place, 0], rate[place, 0]
        # expected Brier score of p itself, were it calibrated
        own = p * (1 - p)
        # and of the base rate in its place
        climatology = own + (p - base) ** 2
        kept = (1 - limits[f"skill_{letter}"]) * climatology - own
        total += limits[f"weight_{letter}"] * kept / limits[f"spread_{letter}"]
    # the base rate is that of regions
    return np.where(batch["entity"].values == "region", total, np.nan)


def _set(batch: xr.Dataset, limits: Limits) -> Finding:
    flare, quiet = cube(batch, "conformal_flare"), cube(batch, "conformal_quiet")
    marks = Marks(len(flare))
    # The smaller of the two: above alpha neither outcome leaves the set.
    worst = Worst(np.minimum(flare, quiet))
    marks.measure(worst.excess, limits["alpha"])
    marks.blank(worst.empty, "fewer than 30 independent flaring regions to calibrate on: no claim is made")
    reason = "neither a flare nor none can be excluded"
    marks.offence(worst.excess > limits["alpha"], Outcome.INFO, reason, worst.excess, limits["alpha"])
    return marks.finding()


def _served(batch: xr.Dataset, limits: Limits) -> Finding:
    error = np.abs(column(batch, "reproduction_error"))
    marks = Marks(len(error))
    marks.measure(error, limits["logit"])
    marks.blank(np.isnan(error), "not a forecast of a region by the model that was given")
    # infinite where only one of the two is 0 or 1
    reason = "the model that was given does not give this probability from the archive that was given"
    marks.offence(error > limits["logit"], Outcome.REVIEW, reason, error, limits["logit"])
    return marks.finding()


_CALIBRATED = "The model and samples with a validation block are at hand, with regions that flared and others."

CHECKS = (
    Check(
        id="K1",
        name="physics referee",
        statement="The probability is not far from that of a logistic regression on the same observations.",
        equation="max |P - P_referee| over C1.0 and M1.0 and all windows <= 0.55",
        unit="",
        reference="Independent path: own features, own fit, no shared preprocessing. Disagreement does not tell who is "
        "wrong: in hindcasts of 2010-2014 the model was the better one at every distance, so that the limit is beyond "
        "99.9 % of them",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="A referee stands beside the forecast.",
        requires=("probability", "probability_regression"),
        evaluate=_referee,
    ),
    Check(
        id="K2",
        name="width of the interval",
        statement="The Venn-Abers interval of every class and window is narrow.",
        equation="max (high - low) <= 0.1",
        unit="",
        reference="Vovk, Petej and Fedorova 2015, arXiv:1511.00213; mean of 20 draws of one row a region. INFO: "
        "a validation block has some hundred regions, and two in three flares have a wider interval",
        reference_set="the validation samples",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites=_CALIBRATED,
        requires=("confidence_low", "confidence_high"),
        evaluate=_width,
    ),
    Check(
        id="K3",
        name="more than climatology",
        statement="The forecast is expected to keep up the Brier skill of the forecasts that are accepted.",
        equation="sum over C and M of w [(1 - S) B_r - p(1-p)] / B >= limit, B_r = p(1-p) + (p - r)^2; r base rate of "
        "training, S and B mean skill and mean B_r of the reference model",
        unit="",
        reference="Change of BSS_C + w BSS_M, to first order, if the forecast is left out, were it calibrated. Rare "
        "events: nothing is known of a region where p is near r, not where it is near 1/2. 90 % of hindcasts of "
        "2010-2014 lie above the limit",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model's base rates are at hand; classes cumulative, C1.0 and M1.0 among them; a region.",
        requires=("probability", "base_rate", "entity"),
        evaluate=_skill,
    ),
    Check(
        id="K4",
        name="conformal set",
        statement="Of a flare and none, one can be excluded in every class and window.",
        equation="min (p-value of a flare, p-value of none) <= 0.1",
        unit="",
        reference="Class-conditional conformal p-values (Vovk, Gammerman and Shafer 2005, section 4.5), region as "
        "unit: sets hold the truth in 90 % of the flaring and of the quiet regions alike. INFO: most flares have both",
        reference_set="the validation samples",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites=_CALIBRATED + " 30 independent flaring regions.",
        requires=("conformal_flare", "conformal_quiet"),
        evaluate=_set,
    ),
    Check(
        id="K5",
        name="served as audited",
        statement="The model that is audited gives the probability that was served.",
        equation="max |logit P - logit P_audited| <= 1e-4",
        unit="",
        reference="Two runs of one float32 network agree to 1e-5 in logit; the stored probability costs some more",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="Bundle and archive are at hand; a region.",
        requires=("reproduction_error",),
        evaluate=_served,
    ),
)
