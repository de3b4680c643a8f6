"""One Bayes factor against everything that class, area and recent flares of a region say together."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.summaries import blank_without_day, blank_without_summary, combined_prior
from sunproof.models.constraints.tables import load_table, on_scale
from sunproof.models.constraints.views import Floats, Probabilities, logit

__all__ = ["CHECKS"]


def _prior(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    blank_without_summary(batch, marks, limits)
    if not blank_without_day(view, marks) or view.cumulative is None:
        return marks.finding()
    prior = combined_prior(batch)
    marks.blank(np.asarray(np.isnan(prior).all(axis=1)), "class, area and flares of the last 24 h are not all known")
    issued = view.cumulative[:, :, view.windows.index(24.0)]
    factor = _log_bayes_factor(issued, prior, view, str(batch.attrs["goes_scale"]), limits["least_probability"])
    above, below = limits["log_bayes_factor_above"], limits["log_bayes_factor_below"]
    worst = Worst(np.maximum(factor - above, -factor - below))
    value = worst.pick(factor)
    limit = np.where(value > 0, above, -below)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no probability for the classes of the table")
    for side, where in (("above", value > 0), ("below", value < 0)):
        marks.offence(
            where & (worst.excess > 0),
            Outcome.REVIEW,
            f"far {side} what class, area and recent flares together say",
            value,
            limit,
        )
    return marks.finding()


def _log_bayes_factor(issued: Floats, prior: Floats, view: Probabilities, scale: str, least: float) -> Floats:
    """Log odds of the forecast over those of the prior, shape (forecast, threshold); 0 within rounding and scales.

    However small the fitted prior, so many region-days without a flare do not exclude the probability ``least``; for
    the same reason no count tells a forecast below ``least`` from one that is equal to it.
    """
    table = load_table("prior")
    names = list(table["rows"])
    low, high = on_scale(1 / (1 + np.exp(-prior)), table["goes_scale"], scale)
    factor = np.full(issued.shape, np.nan)
    half = view.quantum / 2
    for number, threshold in enumerate(view.thresholds):
        if threshold in names:
            place = names.index(threshold)
            # The forecast's interval of rounding against the prior's interval of scales.
            above = logit(np.maximum(issued[:, number] - half, 0)) - logit(np.maximum(high[:, place], least))
            below = logit(np.clip(issued[:, number] + half, least, 1)) - logit(low[:, place])
            between = np.where(np.isnan(above), np.nan, 0.0)
            factor[:, number] = np.where(above > 0, above, np.where(below < 0, below, between))
    return factor


CHECKS = (
    Check(
        id="C9",
        name="combined prior",
        statement="The forecast does not move the odds down by more than a factor of 33, or up by more than 148, from "
        "what class, area and flares say.",
        equation="-3.5 <= logit P - logit P_0 <= 5 (P and P_0 at least 0.001), logit P_0 linear in log odds of the "
        "classes, log area, log flares",
        unit="",
        reference="Logistic regression on this reference set (Brier skill C 0.33, M 0.22, X 0.09); one Bayes factor in "
        "place of C4, C5, C6 and the correlated flags that they would give",
        reference_set="NOAA region-days joined to SWPC flares, 1996-08-01 to 2018-12-16, operational GOES scale; "
        "days with "
        "the region on the previous day's summary",
        reference_size=28246,
        ceiling=Outcome.REVIEW,
        prerequisites="Patch of one numbered region with a summary at most 24 h old; McIntosh and Mount Wilson class, "
        "area and flares "
        "of the last 24 h known; classes cumulative or converted; 24 h window. The prior is converted to the "
        "GOES scale "
        "of the batch; where that is unknown both scales are allowed.",
        requires=(
            "probability",
            "entity",
            "noaa_ar",
            "data_cutoff",
            "srs_time",
            "mcintosh",
            "hale",
            "srs_area",
            "flares_24h",
        ),
        evaluate=_prior,
    ),
)
