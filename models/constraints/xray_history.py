"""The X-ray flux of the history, held against the flare list, other satellites, and itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, column

__all__ = ["CHECKS"]


def _within(name: str, measure: Callable[[Floats], Floats], reason: str, blank: str) -> Callable[..., Finding]:
    """Build a check that a measure of one variable is not above its limit."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        value = column(batch, name)
        marks = Marks(len(value))
        marks.blank(np.isnan(value), blank)
        marks.measure(value, limits["review"])
        marks.offence(measure(value) > limits["review"], Outcome.REVIEW, reason, value, limits["review"])
        return marks.finding()

    return evaluate


def _check(id: str, name: str, statement: str, equation: str, unit: str, prerequisites: str, **rest: str) -> Check:
    measure = {"absolute": np.abs, "plain": np.positive}[rest["measure"]]
    return Check(
        id=id,
        name=name,
        statement=statement,
        equation=equation,
        unit=unit,
        reference=rest["reference"],
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=prerequisites,
        requires=(rest["reads"],),
        evaluate=_within(rest["reads"], measure, rest["reason"], rest["blank"]),
    )


CHECKS = (
    _check(
        "F6",
        "listed flares in the flux",
        "At the peaks of the listed flares the X-ray flux is the listed one, on one scale.",
        "|median log10(F(t_peak) / F_listed)| <= 0.1",
        "dex",
        "X-ray flux at the peak of a listed flare of C1.0 or above, in the day before the cut-off.",
        reads="xrs_listed_ratio",
        measure="absolute",
        reference="Definition of the GOES classes; a list is made from this flux. The operational factor of GOES 8-15 "
        "is 0.155 dex, the digits of C1.0 are 0.04 dex",
        reason="the flux at the listed peaks is not the listed one: another scale, another time, or another satellite",
        blank="no listed flare of C1.0 or above with X-ray flux at its peak",
    ),
    _check(
        "F7",
        "satellites agree",
        "Two satellites that watch the Sun at the same time measure the same X-ray flux.",
        "|median log10(F_1 / F_2)| <= limit, in every quarter of the day",
        "dex",
        "Two satellites with good flux in the same half hour of the day before the cut-off.",
        reads="xrs_satellite_ratio",
        measure="absolute",
        reference="Both look at the same Sun; NOAA NCEI science-quality fluxes of neighbouring satellites",
        reason="two satellites do not measure the same flux",
        blank="no two satellites with flux at the same time",
    ),
    _check(
        "F8",
        "moving flux",
        "The last records of the X-ray flux are no copies of one.",
        "minutes at the end of the history that repeat the one before, to the last bit <= limit",
        "min",
        "X-ray flux in the day before the cut-off.",
        reads="xrs_frozen",
        measure="plain",
        reference="Noise changes a flux from one minute to the next",
        reason="the X-ray flux is stuck",
        blank="no X-ray flux",
    ),
    _check(
        "F9",
        "light without a flare",
        "No hour is brighter than the background and the flares listed for it explain.",
        "max log10(F_hour / (F_background + F_listed)) <= limit",
        "dex",
        "Four hours with X-ray flux in the day before the cut-off; flares count from the hour before their peak, for "
        "six hours.",
        reads="xrs_unlisted",
        measure="plain",
        reference="A flare list is made from this flux: what is brighter than the background is listed",
        reason="the X-ray flux is bright, or rises, without a listed flare",
        blank="fewer than four hours with X-ray flux",
    ),
)
