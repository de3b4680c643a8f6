"""Coherence of probabilities by definition: bounds, nested classes, nested windows."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Finding, Limits, Outcome, by_definition
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Mask, Probabilities, column

__all__ = ["CHECKS"]


def _bounds(batch: xr.Dataset, limits: Limits) -> Finding:
    values = Probabilities(batch).values
    marks = Marks(len(values))
    issued = _issued(batch, values)
    # distance from one half: 0 and 1 are as far as each other, and a NaN is the worst there is
    worst = Worst(np.where(issued, np.abs(np.nan_to_num(values, nan=np.inf) - 0.5), np.nan))
    value = worst.pick(values)
    limit = np.where(value > 0.5, 1.0, 0.0)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no threshold and window was issued for this kind of forecast")
    offence = Outcome.INVALID
    marks.offence(np.isnan(value), offence, "an issued probability is not a number", value, np.nan)
    outside = (value < -limits["tolerance"]) | (value > 1 + limits["tolerance"])
    marks.offence(outside, offence, "probability outside 0 to 1", value, limit)
    _interval(batch, values, marks, limits["tolerance"])
    certain = (value <= 0) | (value >= 1)
    marks.offence(
        certain, Outcome.REVIEW, "probability is exactly 0 or 1; no reference population supports it", value, limit
    )
    return marks.finding()


def _issued(batch: xr.Dataset, values: Floats) -> Mask:
    """Cells that the kind of row (region, full disk) has anywhere; one that is empty throughout was not issued."""
    full = batch["entity"].values == "full_disk"
    issued = np.zeros(values.shape, bool)
    for rows in (full, ~full):
        issued[rows] = (~np.isnan(values[rows])).any(axis=0)
    # A batch whose rows are empty altogether issued nothing that could count as not issued.
    issued[np.isnan(values).all(axis=(1, 2)) & (batch["status"].values != "NO_FORECAST")] = True
    return issued


def _interval(batch: xr.Dataset, values: Floats, marks: Marks, tolerance: float) -> None:
    for name, sign, reason in (
        ("probability_low", 1, "probability below its own interval"),
        ("probability_high", -1, "probability above its own interval"),
    ):
        if name in batch.variables:
            edge = np.asarray(batch[name].values, np.float64)
            worst = Worst(sign * (edge - values))
            marks.offence(worst.excess > tolerance, Outcome.INVALID, reason, worst.pick(values), worst.pick(edge))


def _classes(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    everyone = np.ones(len(view.values), bool)
    if view.classes == "unknown":
        marks.blank(everyone, view.unknown)
    elif view.classes == "exclusive":
        marks.blank(everyone, "exclusive classes are not nested; their cumulative form nests by construction")
    elif len(view.thresholds) < 2:
        marks.blank(everyone, "the batch holds one threshold only")
    else:
        lower, higher = view.values[:, :-1], view.values[:, 1:]
        worst = Worst(higher - lower)
        value, limit = worst.pick(higher), worst.pick(lower)
        marks.measure(value, limit)
        marks.blank(worst.empty, "no two thresholds with probabilities")
        marks.offence(
            worst.excess > view.tolerance(limits),
            Outcome.INVALID,
            "a higher class is more probable than the lower class that contains it",
            value,
            limit,
        )
    return marks.finding()


def _windows(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    everyone = np.ones(len(view.values), bool)
    if batch.attrs["windows"] == "unknown":
        marks.blank(everyone, "the batch does not declare whether its windows are nested or disjoint")
    elif not view.nested:
        marks.blank(everyone, "disjoint windows are not nested; each day stands for itself")
    elif len(view.windows) < 2:
        marks.blank(everyone, "the batch holds one window only")
    else:
        _nested_windows(batch, view, marks, limits)
    return marks.finding()


def _nested_windows(batch: xr.Dataset, view: Probabilities, marks: Marks, limits: Limits) -> None:
    short, long = view.values[:, :, :-1], view.values[:, :, 1:]
    tolerance = view.tolerance(limits)
    worst = Worst(short - long)
    value, limit = worst.pick(long), worst.pick(short)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no two windows with probabilities")
    marks.offence(
        worst.excess > tolerance,
        Outcome.INVALID,
        "a longer window is less probable than the shorter one in it",
        value,
        limit,
    )
    _daily(batch, view, marks, tolerance)
    if {24.0, 48.0} <= set(view.windows):
        _growth(batch, view, marks, limits)


def _daily(batch: xr.Dataset, view: Probabilities, marks: Marks, tolerance: float) -> None:
    """Hold nested windows against the daily probabilities issued beside them: max <= P <= sum."""
    if "probability_daily" not in batch.variables:
        return
    daily = np.asarray(batch["probability_daily"].values, np.float64)
    for edge, sign, reason in (
        (np.maximum.accumulate(daily, axis=2), 1, "a window is less probable than one of its days"),
        (np.minimum(np.cumsum(daily, axis=2), 1), -1, "a window is more probable than all its days together"),
    ):
        worst = Worst(sign * (edge - view.values))
        marks.offence(worst.excess > tolerance, Outcome.INVALID, reason, worst.pick(view.values), worst.pick(edge))


def _growth(batch: xr.Dataset, view: Probabilities, marks: Marks, limits: Limits) -> None:
    day = view.values[:, :, view.windows.index(24.0)]
    two = view.values[:, :, view.windows.index(48.0)]
    half = view.quantum / 2
    # rounded probabilities: the day may be half a step more than printed
    memoryless = 1 - (1 - np.minimum(day + half, 1)) ** 2 + limits["memoryless_margin"]
    worst = Worst(two - half - memoryless)
    # A rising hazard is physical (emergence, arrival at the limb), so only a region known not to grow is judged.
    steady = column(batch, "area_change") <= limits["daily_area_growth"]
    marks.offence(
        (worst.excess > 0) & steady,
        Outcome.REVIEW,
        "48 h far above two independent days, although the region does not grow",
        worst.pick(two),
        worst.pick(memoryless),
    )
    # Below half a rounding step above zero a ratio says nothing.
    least = limits["least_growth"] * (day - half)
    # near 1 there is no room to grow into
    judged = (day < limits["saturation"]) & (day - half > 0)
    worst = Worst(np.where(judged, least - (two + half), np.nan))
    marks.offence(
        worst.excess > 0, Outcome.REVIEW, "the second day adds next to nothing", worst.pick(two), worst.pick(least)
    )


CHECKS = (
    by_definition(
        id="A1",
        name="bounds",
        statement="Every issued probability is a number between 0 and 1 and within its own interval; exactly 0 "
        "or 1 asks for review.",
        equation="0 <= P <= 1; P_low <= P <= P_high",
        reference="Definition of a probability; for 0 and 1: no X flare in 3300 AXX region-days still allows "
        "0.0012 (95 %, Wilson)",
        prerequisites="The threshold and window are issued for this kind of forecast (region or full disk).",
        evaluate=_bounds,
    ),
    by_definition(
        id="A2",
        name="class nesting",
        statement="A flare of a higher class is also one of every lower class, so its probability is not larger.",
        equation="P(>=C1) >= P(>=M1) >= P(>=X1)",
        reference="Set inclusion",
        prerequisites="Classes declared cumulative; two thresholds. Tolerance: half the rounding step and three "
        "sampling errors.",
        evaluate=_classes,
    ),
    by_definition(
        id="A3",
        name="window nesting",
        statement="A longer window with the same start is at least as probable; its growth stays near that of "
        "observed windows.",
        equation="P24 <= P48 <= P72; max(p_day) <= P <= sum(p_day); P48 <= 1-(1-P24)^2 + 0.05; P48/P24 >= 1.02",
        reference="Set inclusion; growth of windows in NOAA region-days and the SWPC flare list",
        reference_set="NOAA region-days joined to SWPC flares 1996-08-01 to 2018-12-16, operational GOES scale "
        "(growth only)",
        reference_size=33516,
        prerequisites="Windows declared nested; two windows. Fast growth is judged only where the area is known "
        "not to grow.",
        evaluate=_windows,
    ),
)
