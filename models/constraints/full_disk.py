"""The full disk against its regions and against the climatology of the solar cycle."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.groups import DiskGroups
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.tables import load_table, on_scale
from sunproof.models.constraints.views import Floats, Mask, Probabilities, is_region, logit, shift, text

__all__ = ["CHECKS"]

_CLASSES = ("C1.0", "M1.0", "X1.0")
_ELSEWHERE = "the finding stands on the full-disk row of the same issue time"


def _regions(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    groups = DiskGroups(batch)
    marks.blank(is_region(batch), _ELSEWHERE)
    marks.blank(_all(groups, ~groups.has_regions, size), "no region was forecast at the same issue time")
    marks.blank(_all(groups, groups.mixed_times, size), "regions and full disk have different window starts")
    issued = view.values
    tolerance = view.tolerance(limits)
    # NaN where nothing else is known: a disk without regions has no lower bound
    largest = _rows(groups, groups.reduce(np.maximum, issued, np.nan), size)
    worst = Worst(largest - issued)
    marks.measure(worst.pick(issued), worst.pick(largest))
    marks.offence(
        worst.excess > tolerance,
        Outcome.INVALID,
        "the full disk is less probable than one of its regions",
        worst.pick(issued),
        worst.pick(largest),
    )
    # The lower bound holds for any subset of regions; what follows needs all of them.
    marks.blank(_all(groups, groups.missing, size), "a region of the same issue time has no forecast")
    marks.blank(worst.empty, "no probability beside those of the regions")
    _upper_bound(batch, issued, groups, marks, tolerance)
    _product(batch, view, groups, marks, limits)
    return marks.finding()


def _upper_bound(batch: xr.Dataset, issued: Floats, groups: DiskGroups, marks: Marks, tolerance: float) -> None:
    """Hold the full disk against the sum over its regions and the background, where that is declared."""
    if "probability_background" not in batch.variables:
        return
    background = np.asarray(batch["probability_background"].values, np.float64)
    total = _rows(groups, groups.reduce(np.add, issued, 0.0), len(issued))
    # probabilities of a union add up to no more than 1
    most = np.minimum(total + background, 1)
    worst = Worst(issued - most)
    marks.offence(
        worst.excess > tolerance,
        Outcome.INVALID,
        "the full disk is more probable than all regions and the declared background together",
        worst.pick(issued),
        worst.pick(most),
    )


def _product(batch: xr.Dataset, view: Probabilities, groups: DiskGroups, marks: Marks, limits: Limits) -> None:
    """Hold the full disk against 1 - (1-p_bg) prod(1-p_i), with the declared or the tabulated background."""
    if view.cumulative is None:
        return
    low, high = _background(batch, view, limits["background_factor"])
    size = len(view.values)
    quiet = _rows(groups, groups.reduce(np.multiply, 1 - view.cumulative, 1.0), size)
    # Rounding moves every probability by up to half a step; the product is held against the nearer edge.
    half = view.quantum / 2
    least = shift(1 - quiet * (1 - low), -limits["product_logit"])
    most = shift(1 - quiet * (1 - high), limits["product_logit"])
    edges = np.stack([least, most], axis=-1)
    issued = np.repeat(view.cumulative[..., None], 2, axis=-1)
    # -1 on one side, 1 on the other: an excess is above 0 wherever an edge is passed
    worst = Worst((edges - issued) * np.array([1.0, -1.0]) - half)
    marks.offence(
        worst.excess > 0,
        Outcome.REVIEW,
        "the full disk is far from the product rule over its regions and the background",
        worst.pick(issued),
        worst.pick(edges),
    )


def _background(batch: xr.Dataset, view: Probabilities, factor: float) -> tuple[Floats, Floats]:
    """Return the declared background, or the tabulated one of the first 24 h with its uncertainty; NaN elsewhere."""
    if "probability_background" in batch.variables:
        declared = np.asarray(batch["probability_background"].values, np.float64)
        return declared, declared
    table = load_table("full_disk")
    low, high = np.full(view.values.shape, np.nan), np.full(view.values.shape, np.nan)
    # the table counts days: of other windows it says nothing
    if 24.0 not in view.windows:
        return low, high
    day = view.windows.index(24.0)
    phase = _phases(batch)
    for name, row in table["background"].items():
        least, most = on_scale(row, table["goes_scale"], str(batch.attrs["goes_scale"]))
        for index, threshold in enumerate(view.thresholds):
            if threshold in _CLASSES:
                low[phase == name.upper(), index, day] = least[_CLASSES.index(threshold)] / factor
                high[phase == name.upper(), index, day] = min(most[_CLASSES.index(threshold)] * factor, 1.0)
    return low, high


def _phases(batch: xr.Dataset) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    """Phase of the solar cycle a row, in upper case: declared, else by the year where the table has it; else empty."""
    declared = text(batch, "cycle_phase").astype("U16")
    year = batch["issue_time"].values.astype("datetime64[Y]").astype(int) + 1970
    for name, years in load_table("full_disk")["phases"].items():
        declared[(declared == "") & np.isin(year, years)] = name.upper()
    return declared


def _climatology(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    size = len(view.values)
    marks = Marks(size)
    marks.blank(is_region(batch), "the climatology is that of the full disk")
    if view.cumulative is None or 24.0 not in view.windows:
        marks.blank(np.ones(size, bool), view.unknown if view.cumulative is None else "the batch has no 24 h window")
        return marks.finding()
    day = view.windows.index(24.0)
    issued = view.cumulative[:, :, day]
    low, high = _anchors(batch, view)
    marks.blank(np.asarray(np.isnan(low).all(axis=1)), "the phase of the solar cycle is unknown: declare cycle_phase")
    least = shift(low, -limits["climatology_logit"])
    most = shift(high, limits["climatology_logit"])
    edges = np.stack([least, most], axis=-1)
    repeated = np.repeat(issued[..., None], 2, axis=-1)
    supported = _supported(batch, view.cumulative[:, :, day], limits["support_logit"])
    excess = (edges - repeated) * np.array([1.0, -1.0]) - view.quantum / 2
    worst = Worst(excess)
    marks.measure(worst.pick(repeated), worst.pick(edges))
    marks.blank(worst.empty, "no probability for the classes of the table")
    # far from the climatology is no offence where the regions say the same
    worst = Worst(np.where(supported[..., None], np.nan, excess))
    marks.offence(
        worst.excess > 0,
        Outcome.REVIEW,
        "far from the climatology of the cycle phase, and no region supports it",
        worst.pick(repeated),
        worst.pick(edges),
    )
    return marks.finding()


def _anchors(batch: xr.Dataset, view: Probabilities) -> tuple[Floats, Floats]:
    """Mean climatology of the phase on the batch's scale, shape (forecast, threshold); NaN where unknown."""
    table = load_table("full_disk")
    low = np.full(view.values.shape[:2], np.nan)
    high = low.copy()
    phase = _phases(batch)
    for name, years in table["phases"].items():
        # a year that the table lacks has no share in its phase
        mean = np.mean([table["years"][year] for year in years if year in table["years"]], axis=0)
        least, most = on_scale(mean, table["goes_scale"], str(batch.attrs["goes_scale"]))
        for index, threshold in enumerate(view.thresholds):
            if threshold in _CLASSES:
                low[phase == name.upper(), index] = least[_CLASSES.index(threshold)]
                high[phase == name.upper(), index] = most[_CLASSES.index(threshold)]
    return low, high


def _supported(batch: xr.Dataset, day: Floats, distance: float) -> Mask:
    """Cells whose regions alone come close to the full-disk probability."""
    groups = DiskGroups(batch)
    together = 1 - groups.reduce(np.multiply, 1 - day, np.nan)
    close = np.abs(logit(_rows(groups, together, len(day))) - logit(day)) <= distance
    return np.asarray(close)


def _rows(groups: DiskGroups, values: Floats, size: int) -> Floats:
    return np.asarray(groups.spread(values, size, np.nan), np.float64)


def _all(groups: DiskGroups, values: Mask, size: int) -> Mask:
    return np.asarray(groups.spread(values, size, False), bool)


_SET = "SWPC flare list joined to NOAA region summaries, 1996-08-01 to 2018-12-31, operational GOES scale"

CHECKS = (
    Check(
        id="A4",
        name="full disk and regions",
        statement="The full disk is at least as probable as each region, at most as all together, and near the "
        "product rule.",
        equation="max p_i <= P_FD <= min(1, p_bg + sum p_i); |logit P_FD - logit(1-(1-p_bg) prod(1-p_i))| <= 0.5",
        unit="",
        reference="Frechet bounds; product rule within 5 % of observed frequencies on 6849 days (in-sample "
        "McIntosh rates)",
        reference_set=_SET,
        reference_size=6849,
        ceiling=Outcome.INVALID,
        prerequisites="Same issue time and window start; every region forecast. Upper bound: background "
        "declared. Product rule: "
        "background declared, or 24 h window and known cycle phase.",
        requires=("probability", "issue_time", "window_start", "entity"),
        evaluate=_regions,
    ),
    Check(
        id="A8",
        name="climatology anchor",
        statement="A full-disk probability far from the climatology of the cycle phase is supported by a region.",
        equation="|logit P_FD - logit P_phase| <= 3 or |logit P_FD - logit(1-prod(1-p_i))| <= 1",
        unit="",
        reference="Counted frequencies of flare days by year",
        reference_set=_SET + "; flares at or above C1.0",
        reference_size=23285,
        ceiling=Outcome.REVIEW,
        prerequisites="24 h window; classes cumulative or converted; phase known: 1996-2018, or cycle_phase declared.",
        requires=("probability", "issue_time", "entity"),
        evaluate=_climatology,
    ),
)
