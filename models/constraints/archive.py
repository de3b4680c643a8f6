"""Successive forecasts: a martingale for a fixed target, no jump without cause for a sliding window."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Probabilities, column, logit, text

__all__ = ["CHECKS"]

_HOUR = np.timedelta64(1, "h")


def _martingale(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    everyone = np.ones(size, bool)
    excess = _movements(batch, view.values)
    fixed = np.isfinite(excess).sum(axis=0)
    enough = fixed >= limits["least_targets"]
    if not enough.any():
        marks.blank(everyone, f"fewer than {limits['least_targets']:g} fixed targets with several forecasts")
        return marks.finding()
    mean = np.nanmean(excess[:, enough], axis=0)
    error = np.nanstd(excess[:, enough], axis=0) / np.sqrt(fixed[enough])
    # without scatter any mean but 0 is infinitely far
    scores = np.where(error > 0, mean / error, np.where(np.abs(mean) > 0, np.copysign(np.inf, mean), 0.0))
    worst = scores[np.argmax(np.abs(scores))]
    marks.measure(worst, np.copysign(limits["errors"], worst))
    limit = np.copysign(limits["errors"], worst)
    far = abs(worst) > limits["errors"]
    marks.offence(
        everyone & far & (worst > 0),
        Outcome.REVIEW,
        "successive forecasts of one target move more than they gain: the model over-reacts (a finding on the model)",
        worst,
        limit,
    )
    marks.offence(
        everyone & far & (worst < 0),
        Outcome.REVIEW,
        "successive forecasts of one target gain more than they move: the model is sluggish (a finding on the model)",
        worst,
        limit,
    )
    return marks.finding()


def _movements(batch: xr.Dataset, values: Floats) -> Floats:
    """Sum of squared steps less the uncertainty resolved, shape (target, cells); NaN for one forecast alone."""
    order, same = _successive(batch, batch["window_start"].values)
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))[order]
    starts = np.flatnonzero(~same)
    steps = np.where(same[:, None], np.diff(flat, axis=0, prepend=flat[:1]), 0.0) ** 2
    ends = np.append(starts[1:], len(order)) - 1
    # uncertainty p (1 - p) that was resolved on the way; in expectation a martingale moves by just that
    spread = flat * (1 - flat)
    excess = np.add.reduceat(steps, starts, axis=0) - (spread[starts] - spread[ends]) if len(order) else steps
    return np.where((ends > starts)[:, None], excess, np.nan)


def _successive(batch: xr.Dataset, target: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows by region, target and issue time, and whether each has the region and target of the one before."""
    issue = batch["issue_time"].values
    region = (batch["entity"].values == "region").astype(int)
    harp, noaa = column(batch, "harpnum"), column(batch, "noaa_ar")
    # A slot without a forecast must not part those before and after it.
    issued = np.flatnonzero(batch["status"].values != "NO_FORECAST")
    keys = (issue, target, noaa, harp, region)
    order = issued[np.lexsort([key[issued] for key in keys])]
    same = np.zeros(len(order), bool)
    same[1:] = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys[1:]])
    return order, same


def _jumps(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    before = _previous(batch)
    marks.blank(before < 0, "no earlier forecast of the same region in the batch")
    # -1 reads the last row; what comes of it is blanked already.
    hours = (batch["issue_time"].values - batch["issue_time"].values[before]) / _HOUR
    marks.blank(hours > limits["longest_gap"], "the earlier forecast is too long ago: a gap excuses a jump")
    change = column(batch, "input_change")
    marks.blank(np.isnan(change), "the change of the inputs is unknown")
    flares = column(batch, "flares_24h")
    marks.blank(np.isnan(flares + flares[before]), "whether a flare came is unknown")
    excused = (change >= limits["noise"]) | (flares > flares[before])
    excused |= (text(batch, "mcintosh") != text(batch, "mcintosh")[before]) | _crosses_limb(batch, before)
    # in logit: a step from 0.01 to 0.05 is as large as one from 0.5 to 0.85
    step = np.abs(logit(view.values) - logit(view.values[before])) / np.maximum(hours, 1e-6)[:, None, None]
    worst = Worst(step)
    marks.measure(worst.excess, limits["logit_an_hour"])
    marks.blank(excused, "a new flare, class, limb passage or input explains a change")
    marks.blank(worst.empty, "no probability to compare")
    marks.offence(
        worst.excess > limits["logit_an_hour"],
        Outcome.REVIEW,
        "the probability jumps although no flare came and no input changed beyond its noise",
        worst.excess,
        limits["logit_an_hour"],
    )
    return marks.finding()


def _previous(batch: xr.Dataset) -> NDArray[np.int64]:
    """Row of the forecast issued before of the same region, -1 where there is none."""
    # A sliding window has no fixed target: any window start will do.
    order, same = _successive(batch, np.zeros(batch.sizes["forecast"]))
    found = np.full(batch.sizes["forecast"], -1)
    found[order[same]] = order[np.flatnonzero(same) - 1]
    return found


def _crosses_limb(batch: xr.Dataset, before: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside = np.abs(column(batch, "longitude")) < 90
    return np.asarray(inside != inside[before])


CHECKS = (
    Check(
        id="G5",
        name="fixed-target martingale",
        statement="Successive forecasts of one fixed target move as much as they resolve, on average over many "
        "targets.",
        equation="mean(sum (dP)^2 - [P_0(1-P_0) - P_T(1-P_T)]) = 0 within 4 standard errors",
        unit="",
        reference="Martingale property of conditional probabilities; Augenblick and Rabin 2021, Q. J. Econ. 136, 933",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="At least 100 targets (region and window start) that were forecast more than once. A "
        "finding on the model, "
        "not on one forecast.",
        requires=("probability", "issue_time", "window_start", "entity", "harpnum", "noaa_ar"),
        evaluate=_martingale,
    ),
    Check(
        id="G6",
        name="unexplained jumps",
        statement="The probability of a sliding window does not jump while no flare comes and no input changes.",
        equation="|d logit P| / dt <= 0.5 per hour where inputs change by less than their noise",
        unit="1 / h",
        reference="Convention. There is no physical law of continuity: frequencies by McIntosh class change from "
        "day to day by up "
        "to 0.047 (90 %), 0.177 (99 %), 0.47 (largest)",
        reference_set="NOAA region-days 1996-08-01 to 2018-12-16, operational GOES scale",
        reference_size=28246,
        ceiling=Outcome.REVIEW,
        prerequisites="An earlier forecast of the region at most 1.5 h before; change of inputs and flares of "
        "24 h known; no new flare, class or limb passage.",
        requires=("probability", "issue_time", "entity", "harpnum", "noaa_ar", "input_change"),
        evaluate=_jumps,
    ),
)
