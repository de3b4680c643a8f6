"""Flare statistics: the size distribution that probabilities imply, and the event-statistics baseline."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Probabilities, column, logit
from sunproof.models.physics.rates import rate_of_probability

__all__ = ["CHECKS"]

_PAIRS = (("M1.0", "X1.0", "xm"), ("C1.0", "M1.0", "mc"))


def _ratios(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    p_m = _class(view, "M1.0")
    if view.cumulative is None or p_m is None:
        marks.blank(np.ones(size, bool), view.unknown if view.cumulative is None else "no probability of an M flare")
        return marks.finding()
    marks.blank(
        ~(p_m >= limits["least_p_m"]).any(axis=1), f"P_M below {limits['least_p_m']:g}: rounding decides the ratio"
    )
    judged = p_m >= limits["least_p_m"]
    for lower, higher, name in _PAIRS:
        low, high = _class(view, lower), _class(view, higher)
        if low is not None and high is not None:
            _ratio(batch, np.where(judged, low, np.nan), high, view.quantum / 2, name, marks, limits)
    return marks.finding()


def _class(view: Probabilities, threshold: str) -> Floats | None:
    if view.cumulative is None or threshold not in view.thresholds:
        return None
    return view.cumulative[:, view.thresholds.index(threshold)]


def _ratio(batch: xr.Dataset, low: Floats, high: Floats, half: float, name: str, marks: Marks, limits: Limits) -> None:
    """Hold rho = rate(higher) / rate(lower) against its limits, each with the rounding that favours the forecast."""
    ratio = rate_of_probability(high) / rate_of_probability(low)
    least = rate_of_probability(np.maximum(high - half, 0)) / rate_of_probability(low + half)
    most = rate_of_probability(high + half) / rate_of_probability(np.maximum(low - half, 1e-12))
    pair = "X to M" if name == "xm" else "M to C"
    above = Worst(least - limits[f"{name}_high"])
    value, bound = above.pick(ratio), limits[f"{name}_high"]
    if name == "xm":
        marks.measure(value, bound)
        extreme = Worst(np.where(low > limits["extreme_p_m"], least - limits["extreme"], np.nan))
        marks.offence(
            extreme.excess > 0,
            Outcome.IMPLAUSIBLE,
            "implied ratio of X to M rates far above every observed size distribution",
            extreme.pick(ratio),
            limits["extreme"],
        )
    marks.offence(
        above.excess > 0, Outcome.REVIEW, f"implied ratio of {pair} rates above what is observed", value, bound
    )
    below = Worst(limits[f"{name}_low"] - most)
    # Small regions run out of energy before the power law ends (physics: a taper at flux_limit).
    limited = column(batch, "flux_limit") < limits["limited_flux"]
    marks.offence(
        (below.excess > 0) & ~limited,
        Outcome.REVIEW,
        f"implied ratio of {pair} rates below what is observed",
        below.pick(ratio),
        limits[f"{name}_low"],
    )


def _events(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    if view.cumulative is None:
        marks.blank(np.ones(size, bool), view.unknown)
        return marks.finding()
    events = column(batch, "history_events")
    marks.reference(np.nan_to_num(events, nan=0.0).astype(np.int64))
    marks.blank(np.isnan(events), "the flares of the history are unknown")
    marks.blank(~(events >= limits["least_events"]), f"fewer than {limits['least_events']:g} flares in the history")
    baseline = np.asarray(batch["probability_wheatland"].values, np.float64)
    half = view.quantum / 2
    # Rounding moves the issued value by half a step; the nearer edge is compared.
    nearest = np.clip(baseline, np.maximum(view.cumulative - half, 0), np.minimum(view.cumulative + half, 1))
    # Near 0 and 1 a logit is a small difference in probability, which a short history does not tell.
    edge = limits["least_probability"]
    distance = np.abs(logit(np.clip(nearest, edge, 1 - edge)) - logit(np.clip(baseline, edge, 1 - edge)))
    worst = Worst(np.where(np.isnan(baseline) | np.isnan(view.cumulative), np.nan, distance))
    marks.measure(worst.excess, limits["logit"])
    marks.blank(worst.empty, "no event-statistics probability beside the forecast")
    marks.offence(
        worst.excess > limits["logit"],
        Outcome.REVIEW,
        "far from what the flare history alone says",
        worst.excess,
        limits["logit"],
    )
    return marks.finding()


CHECKS = (
    Check(
        id="G1",
        name="size distribution",
        statement="The ratios of the implied rates of X, M and C flares are those of the observed size distribution.",
        equation="rho_XM = ln(1-P_X)/ln(1-P_M) in 0.01..0.4; rho_MC = ln(1-P_M)/ln(1-P_C) in 0.018..0.6",
        unit="",
        reference="Hudson, Cliver et al. 2024, arXiv:2310.11457: N(>F) ~ F^-(alpha-1), alpha = 1.973 +- 0.014, "
        "M1 to X3, "
        "tapered above X10; raw SWPC classes 2.07 to 2.18. Climatology: rho_XM 0.05-0.17, rho_MC 0.09-0.30; "
        "lower limit of rho_MC from forecasts of 2010-2014",
        reference_set="SWPC flare list 1996-08-01 to 2018-12-31, at or above C1.0, operational GOES scale",
        reference_size=23285,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="P_M >= 0.005; classes cumulative or converted. The lower limit is not for regions whose "
        "energy limit is "
        "below X1.",
        requires=("probability",),
        evaluate=_ratios,
    ),
    Check(
        id="G3",
        name="event statistics",
        statement="The probability is within 5 logits of what the flare history alone says.",
        equation="|logit P - logit P_W| <= 5, both within 0.01..0.99; P_W = 1-exp(-lambda_1 (S1/S2)^(gamma-1) tau)",
        unit="",
        reference="Wheatland 2004, ApJ 609, 1134; 2005, Space Weather 3, S07003; margin from forecasts of 2010-2014",
        reference_set="flares at or above C1.0 in the region's own history (since 1996 at most), GOES scale: "
        "operational or "
        "science, that of the batch",
        reference_size=10,
        ceiling=Outcome.REVIEW,
        prerequisites="An event-statistics probability from at least 10 flares; classes cumulative or converted.",
        requires=("probability", "probability_wheatland", "history_events"),
        evaluate=_events,
    ),
)
