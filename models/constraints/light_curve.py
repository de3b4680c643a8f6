"""X-ray light curves: channel ratio, order of the peaks, background."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.predicted import predicted_flux
from sunproof.models.constraints.views import column, is_region, printed_share
from sunproof.models.physics.rates import OPERATIONAL_FACTOR

__all__ = ["CHECKS"]

_MINUTE = np.timedelta64(1, "m")


def _ratio(batch: xr.Dataset, limits: Limits) -> Finding:
    short, long = column(batch, "xrsa"), column(batch, "xrsb")
    marks = Marks(len(short))
    marks.blank(np.isnan(short) | np.isnan(long), "an X-ray channel is missing")
    wrong = (short < 0) | (long < 0) | np.isinf(short) | np.isinf(long)
    ratio = short / long
    marks.measure(ratio, limits["implausible"])
    # Before what is too faint: a negative flux is a fault at any level.
    marks.offence(wrong, Outcome.INVALID, "a negative or infinite X-ray flux", ratio, limits["implausible"])
    marks.blank((short < limits["least_xrsa"]) | (long < limits["least_xrsb"]), "too faint for a channel ratio")
    marks.offence(
        ratio > limits["implausible"],
        Outcome.IMPLAUSIBLE,
        "channel ratio above every one observed (largest 0.47, SOL2017-09-10)",
        ratio,
        limits["implausible"],
    )
    marks.offence(
        ratio > limits["review"],
        Outcome.REVIEW,
        "channel ratio beyond the verified temperatures; a missed scale raises it by 1.21",
        ratio,
        limits["review"],
    )
    return marks.finding()


def _order(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    names = ("temperature_peak_time", "peak_time", "emission_peak_time")
    hot, bright, dense = (batch[name].values for name in names)
    early = np.fmax((hot - bright) / _MINUTE, (bright - dense) / _MINUTE)
    marks.blank(np.isnan(early), "the times of the peaks are unknown")
    marks.measure(early, limits["minutes"])
    marks.offence(
        early > limits["minutes"],
        Outcome.REVIEW,
        "temperature, flux and emission measure do not peak in this order (more than 96 % of flares do)",
        early,
        limits["minutes"],
    )
    return marks.finding()


def _background(batch: xr.Dataset, limits: Limits) -> Finding:
    flux = predicted_flux(batch)
    marks = Marks(len(flux))
    background = column(batch, "xrs_background")
    marks.blank(is_region(batch), "a region may stay below the background, the full disk may not")
    marks.blank(~np.isfinite(flux), "no class is more probable than not, and no peak flux is issued")
    marks.blank(np.isnan(background), "the X-ray background is unknown")
    printed = printed_share(batch)
    # of an undeclared scale the larger flux: it may be below the background only for certain
    true = flux / np.where(np.isnan(printed), OPERATIONAL_FACTOR, printed)
    marks.measure(true, background / limits["factor"])
    marks.offence(
        true < background / limits["factor"],
        Outcome.REVIEW,
        "the predicted largest flux is far below the present background",
        true,
        background / limits["factor"],
    )
    return marks.finding()


CHECKS = (
    Check(
        id="F3",
        name="channel ratio",
        statement="The ratio of the two X-ray channels is that of a plasma seen in flares.",
        equation="0 <= XRSA/XRSB <= 0.6 (REVIEW above 0.47, where T exceeds 22 MK)",
        unit="",
        reference="White, Thomas and Schwartz 2005, Sol. Phys. 227, 231; validity limits of sunkit-instruments",
        reference_set="GOES-15 and GOES-16 on 2017-09-10 (X8), science GOES scale",
        reference_size=10717,
        ceiling=Outcome.INVALID,
        prerequisites="Both channels on the true scale, XRSA >= 1e-10 and XRSB >= 3e-8 W m-2, no bad-data flag.",
        requires=("xrsa", "xrsb"),
        evaluate=_ratio,
    ),
    Check(
        id="F4",
        name="order of the peaks",
        statement="Temperature peaks before the flux and the flux before the emission measure.",
        equation="t(T) <= t(XRSB) + 5 min; t(XRSB) <= t(EM) + 5 min",
        unit="min",
        reference="Sadykov et al. 2019, ApJ 874, 19: the order holds in more than 96 % of flares",
        reference_set="GOES flares of 2002-2017, operational GOES scale; size not given in the abstract",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The times of the three peaks of a predicted or observed light curve.",
        requires=("temperature_peak_time", "peak_time", "emission_peak_time"),
        evaluate=_order,
    ),
    Check(
        id="F5",
        name="background",
        statement="The predicted largest flux of the full disk is not far below the present background.",
        equation="F >= background / 3",
        unit="W m-2",
        reference="Detection of C flares is hidden by a background above C1: the slope of the SWPC list flattens "
        "to 1.87 there",
        reference_set="SWPC flare list 1996-08-01 to 2018-12-31, at or above C1.0, operational GOES scale",
        reference_size=23285,
        ceiling=Outcome.REVIEW,
        prerequisites="A full-disk forecast with a peak flux, or a class with P > 0.5; background known.",
        requires=("probability", "entity", "xrs_background"),
        evaluate=_background,
    ),
)
