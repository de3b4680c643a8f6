"""A region's probabilities against counted frequencies for its sunspot class, area and recent flares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.summaries import (
    blank_of_several,
    blank_without_day,
    blank_without_summary,
    weighed_together,
)
from sunproof.models.constraints.tables import base_rates, bin_keys, load_table
from sunproof.models.constraints.views import Mask, Probabilities, column, is_region, shift, text

__all__ = ["CHECKS"]


def _against(
    table: str, batch: xr.Dataset, keys: np.ndarray, marks: Marks, limits: Limits, unbounded: Mask | None = None
) -> None:
    """Hold the 24 h probabilities against a table's frequencies: beyond their 95 % interval by so many logits.

    Forecasts that are ``unbounded`` may be as small as they like.
    """
    view = Probabilities(batch)
    if not blank_without_day(view, marks) or view.cumulative is None:
        return
    rates = base_rates(table, keys, view.thresholds, str(batch.attrs["goes_scale"]))
    marks.reference(rates.size)
    marks.blank(rates.size < limits["least_reference"], f"fewer than {limits['least_reference']:g} such region-days")
    issued = view.cumulative[:, :, view.windows.index(24.0)]
    edges = np.stack([shift(rates.low, -limits["logit"]), shift(rates.high, limits["logit"])], axis=-1)
    if unbounded is not None:
        edges[unbounded, :, 0] = 0.0
    # Both edges at once: what lies below the lower or above the upper one counts positive.
    repeated = np.repeat(issued[..., None], 2, axis=-1)
    worst = Worst((edges - repeated) * np.array([1.0, -1.0]) - view.quantum / 2)
    value, limit = worst.pick(repeated), worst.pick(edges)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no probability for the classes of the table")
    # Class, area and flares are correlated: where all are known C9 weighs them together, and one alone is context.
    context = weighed_together(batch)
    for side, beyond in (("above", value > limit), ("below", value < limit)):
        reason = f"{side}: more than {limits['logit']:g} logits beyond the counted frequency for this {_KIND[table]}"
        beyond = beyond & (worst.excess > 0)
        marks.offence(beyond & ~context, Outcome.REVIEW, reason, value, limit)
        marks.offence(beyond & context, Outcome.INFO, reason, value, limit)


_KIND = {"mcintosh": "McIntosh class", "hale": "Mount Wilson class", "area": "sunspot area"}


def _classes(table: str, variable: str) -> Callable[[xr.Dataset, Limits], Finding]:
    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        marks = Marks(batch.sizes["forecast"])
        blank_without_summary(batch, marks, limits)
        keys = text(batch, variable)
        marks.blank(keys == "", f"the region summary has no {_KIND[table]}")
        marks.blank(~np.isin(keys, list(load_table(table)["rows"])), f"the {_KIND[table]} is not in the table")
        _against(table, batch, keys, marks, limits)
        return marks.finding()

    return evaluate


def _area(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    blank_without_summary(batch, marks, limits)
    area = column(batch, "srs_area")
    marks.blank(np.isnan(area), "the region summary has no area")
    # Every region-day of the counts has a sunspot class; plage without spots flares less than the smallest spots do.
    spotless = (area == 0) & (text(batch, "mcintosh") == "")
    _against("area", batch, bin_keys("area", area), marks, limits, unbounded=spotless)
    x_day = Probabilities(batch).day("X1.0")
    if x_day is not None:
        emerging = column(batch, "area_change") > limits["emergence"]
        marks.offence(
            (x_day > limits["small_p_x"]) & (area < limits["small_area"]) & ~emerging,
            Outcome.REVIEW,
            "an X flare expected from a small region, and no emergence on record (X within 60 deg: least area 40 MSH)",
            x_day,
            limits["small_p_x"],
        )
    return marks.finding()


def _history(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    marks.blank(~is_region(batch), "the check is of regions, not of the full disk")
    marks.blank(column(batch, "noaa_ar") < 1, "the region has no NOAA number")
    blank_of_several(batch, marks)
    flares = column(batch, "flares_24h")
    marks.blank(np.isnan(flares), "the flares of the last 24 h are unknown")
    view = Probabilities(batch)
    p_m = view.day("M1.0")
    if p_m is None:
        missing = view.unknown if view.cumulative is None else "the batch has no 24 h probability of an M flare"
        marks.blank(np.ones(len(flares), bool), missing)
        return marks.finding()
    marks.reference(base_rates("history", bin_keys("history", flares), ["M1.0"], "operational").size)
    active: Mask = flares >= limits["active_flares"]
    marks.measure(p_m, np.where(active, limits["active_p_m"], limits["quiet_p_m"]))
    marks.blank(np.isnan(p_m), "no 24 h probability of an M flare")
    marks.offence(
        active & (p_m + view.quantum / 2 < limits["active_p_m"]),
        Outcome.REVIEW,
        "next to no M flare expected from a region with 5 or more C flares in 24 h (P_M 0.36 after 5 to 8)",
        p_m,
        limits["active_p_m"],
    )
    small = column(batch, "srs_area") < limits["quiet_area"]
    marks.offence(
        (flares == 0) & small & (p_m - view.quantum / 2 > limits["quiet_p_m"]),
        Outcome.REVIEW,
        "an M flare expected from a small region after a day without a C flare (P_M 0.009 after none)",
        p_m,
        limits["quiet_p_m"],
    )
    return marks.finding()


_SET = "NOAA region-days joined to SWPC flares, 1996-08-01 to 2018-12-16, operational GOES scale"
_NEEDS = ("probability", "entity", "noaa_ar")
_FRESH = "Patch of one numbered region with a summary at most 24 h old; classes cumulative or converted; 24 h window. "
_SCALE = "Counts are converted to the GOES scale of the batch; where that is unknown both scales are allowed."
_DRIFT = "Rates drift between cycles by a factor of about 2 (McCloskey et al. 2018), which the margin covers."


def _base_rate_check(number: str, name: str, kind: str, variables: tuple[str, ...], evaluate: object) -> Check:
    return Check(
        id=number,
        name=name,
        statement=f"The probability is within 3 logits of the counted frequency of flare days for its {kind}.",
        equation=f"logit(P_low)-3 <= logit P <= logit(P_high)+3, P_low..P_high: 95 % Wilson interval given the {kind}",
        unit="",
        reference="Counts of this reference set; classes after McIntosh 1990, Sol. Phys. 125, 251 and Hale et "
        "al. 1919. " + _DRIFT,
        reference_set=_SET,
        reference_size=33516,
        ceiling=Outcome.REVIEW,
        prerequisites=_FRESH + "Context only where C9 can weigh class, area and flares together. " + _SCALE,
        requires=(*_NEEDS, "data_cutoff", "srs_time", *variables),
        evaluate=evaluate,  # type: ignore[arg-type]
    )


CHECKS = (
    _base_rate_check("C4", "McIntosh base rate", "McIntosh class", ("mcintosh",), _classes("mcintosh", "mcintosh")),
    _base_rate_check("C5", "Mount Wilson base rate", "Mount Wilson class", ("hale",), _classes("hale", "hale")),
    _base_rate_check("C6", "area base rate", "sunspot area", ("srs_area",), _area),
    Check(
        id="C7",
        name="recent flares",
        statement="A region that flared often yesterday may flare; a small one that did not is not expected to.",
        equation="P_M >= 0.01 after >= 5 C flares in 24 h; P_M <= 0.3 after none where area < 200 MSH",
        unit="",
        reference="Counts of this reference set: P_M 0.009 after 0 C flares, 0.36 after 5 to 8",
        reference_set=_SET + "; days with the region on the previous day's summary",
        reference_size=28246,
        ceiling=Outcome.REVIEW,
        prerequisites="Patch of one numbered region; flares of the last 24 h known; classes cumulative or "
        "converted; 24 h window.",
        requires=(*_NEEDS, "flares_24h"),
        evaluate=_history,
    ),
)
