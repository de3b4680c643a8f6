"""The X-ray flux of the history, held against the flare list, other satellites, and itself."""

from __future__ import annotations

from typing import Any

from sunproof.models.constraints.base import Check, Outcome
from sunproof.models.constraints.single import at_most

__all__ = ["CHECKS"]


_COMMON: dict[str, Any] = {
    "reference_set": "no reference events",
    "reference_size": 0,
    "ceiling": Outcome.REVIEW,
}

CHECKS = (
    Check(
        id="F6",
        name="listed flares in the flux",
        statement="At the peaks of the listed flares the X-ray flux is the listed one, on one scale.",
        equation="|median log10(F(t_peak) / F_listed)| <= 0.1",
        unit="dex",
        reference="Definition of the GOES classes; a list is made from this flux. The operational factor of GOES 8-15 "
        "is 0.155 dex, the digits of C1.0 are 0.04 dex",
        prerequisites="X-ray flux at the peak of a listed flare of C1.0 or above, in the day before the cut-off.",
        requires=("xrs_listed_ratio",),
        evaluate=at_most(
            "xrs_listed_ratio",
            "the flux at the listed peaks is not the listed one: another scale, another time, or another satellite",
            "no listed flare of C1.0 or above with X-ray flux at its peak",
            either_sign=True,
        ),
        **_COMMON,
    ),
    Check(
        id="F7",
        name="satellites agree",
        statement="Two satellites that watch the Sun at the same time measure the same X-ray flux.",
        equation="|median log10(F_1 / F_2)| <= limit, in every quarter of the day",
        unit="dex",
        reference="Both look at the same Sun; NOAA NCEI science-quality fluxes of neighbouring satellites",
        prerequisites="Two satellites with good flux in the same half hour of the day before the cut-off.",
        requires=("xrs_satellite_ratio",),
        evaluate=at_most(
            "xrs_satellite_ratio",
            "two satellites do not measure the same flux",
            "no two satellites with flux at the same time",
            either_sign=True,
        ),
        **_COMMON,
    ),
    Check(
        id="F8",
        name="moving flux",
        statement="The last records of the X-ray flux are no copies of one.",
        equation="minutes at the end of the history that repeat the one before, to the last bit <= limit",
        unit="min",
        reference="Noise changes a flux from one minute to the next",
        prerequisites="X-ray flux in the day before the cut-off.",
        requires=("xrs_frozen",),
        evaluate=at_most("xrs_frozen", "the X-ray flux is stuck", "no X-ray flux"),
        **_COMMON,
    ),
    Check(
        id="F9",
        name="light without a flare",
        statement="No hour is brighter than the background and the flares listed for it explain.",
        equation="max log10(F_hour / (F_background + F_listed)) <= limit",
        unit="dex",
        reference="A flare list is made from this flux: what is brighter than the background is listed",
        prerequisites="Four hours with X-ray flux in the day before the cut-off; flares count from the hour before "
        "their peak, for six hours.",
        requires=("xrs_unlisted",),
        evaluate=at_most(
            "xrs_unlisted",
            "the X-ray flux is bright, or rises, without a listed flare",
            "fewer than four hours with X-ray flux",
        ),
        **_COMMON,
    ),
)
