"""GOES X-ray scales and classes: declared, possible for the satellite, and in agreement with each other."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Mask, column, printed_share, text
from sunproof.models.physics.goes_class import class_to_flux
from sunproof.models.physics.rates import OPERATIONAL_FACTOR
from sunproof.pipeline.errors import InputError

__all__ = ["CHECKS"]


def _scale(batch: xr.Dataset, limits: Limits) -> Finding:
    size = batch.sizes["forecast"]
    marks = Marks(size)
    everyone = np.ones(size, bool)
    satellite = column(batch, "satellite")
    known = satellite > 0
    new = known & (satellite >= limits["first_science_satellite"])
    # Value: the factor by which declared fluxes are smaller than true ones.
    share = printed_share(batch)
    marks.measure(share, 1.0)
    marks.offence(
        new & _before(batch, limits),
        Outcome.INVALID,
        "issued before its satellite was launched: the fluxes are not those of the time",
        share,
        1.0,
    )
    if str(batch.attrs["goes_scale"]) == "unknown":
        mixed = new.any() and (known & ~new).any()
        marks.offence(
            everyone & (mixed or _straddles(batch, limits)),
            Outcome.INVALID,
            "forecasts from before and after the change of the GOES scale, merged without saying which scale",
            np.nan,
            1.0,
        )
        marks.blank(everyone, "the batch does not declare its GOES scale")
    # the operational scale is another one before and after GOES-16: named, but not known
    marks.blank(np.isnan(share), "neither satellite nor time of issue says what the operational scale was")
    return marks.finding()


def _before(batch: xr.Dataset, limits: Limits) -> Mask:
    """Rows issued before the year in which GOES-16 was launched; a missing time is before nothing."""
    times = batch["issue_time"].values
    years = times.astype("datetime64[Y]").astype(int) + 1970
    return np.asarray(~np.isnat(times) & (years < limits["change_first_year"]), bool)


def _straddles(batch: xr.Dataset, limits: Limits) -> bool:
    """Whether issue times lie on both sides of the years in which GOES-16 replaced its predecessors."""
    times = batch["issue_time"].values
    times = times[~np.isnat(times)]
    if not times.size:
        return False
    years = times.astype("datetime64[Y]").astype(int) + 1970
    return bool(years.min() < limits["change_first_year"] and years.max() > limits["change_last_year"])


def _class_flux(batch: xr.Dataset, limits: Limits) -> Finding:
    classes, flux = text(batch, "goes_class"), column(batch, "peak_flux")
    marks = Marks(len(flux))
    marks.blank(classes == "", "no GOES class")
    marks.blank(np.isnan(flux), "no peak flux beside the GOES class")
    printed, wrong = _fluxes(classes)
    marks.offence(wrong, Outcome.INVALID, "the text is not a GOES class", flux, np.nan)
    ratio = flux / printed
    marks.measure(ratio, 1.0)
    off = np.abs(ratio - 1) > limits["agreement"]
    swapped = (np.abs(ratio / OPERATIONAL_FACTOR - 1) <= limits["agreement"]) | (
        np.abs(ratio * OPERATIONAL_FACTOR - 1) <= limits["agreement"]
    )
    marks.offence(
        off & swapped, Outcome.INVALID, "class and flux differ by 0.70: one of them is on the other scale", ratio, 1.0
    )
    marks.offence(off, Outcome.INVALID, "class and flux do not agree", ratio, 1.0)
    return marks.finding()


def _fluxes(classes: np.ndarray) -> tuple[Floats, Mask]:
    """Peak flux of every class, NaN for empty texts, and which of the others are no class at all."""
    unique, inverse = np.unique(classes, return_inverse=True)
    flux, wrong = np.full(unique.size, np.nan), np.zeros(unique.size, bool)
    for number, name in enumerate(unique.tolist()):
        try:
            flux[number] = class_to_flux([name])[0] if name else np.nan
        except InputError:
            wrong[number] = True
    return flux[inverse], wrong[inverse]


CHECKS = (
    Check(
        id="F1",
        name="GOES scale",
        statement="The GOES scale of the fluxes behind a forecast is declared, known, and possible for the satellite.",
        equation="F_operational = 0.70 F_true for GOES 8-15, F_true from GOES-16 on (in operation since 2019-12-09)",
        unit="",
        reference="NOAA NCEI GOES XRS documentation; Hudson, Cliver et al. 2024, arXiv:2310.11457 (correction 1.43)",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.INVALID,
        prerequisites="A declared scale, and satellite or time of issue; an undeclared scale is invalid only where the "
        "batch cannot be on one.",
        requires=("issue_time",),
        evaluate=_scale,
    ),
    Check(
        id="F2",
        name="class and flux",
        statement="The GOES class of the event behind the forecast is that of its peak flux, on the declared scale.",
        equation="|F / F(class) - 1| <= 0.05",
        unit="",
        reference="Definition of the GOES classes: C, M, X from 1e-6, 1e-5, 1e-4 W m-2 in 0.1-0.8 nm",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.INVALID,
        prerequisites="A class and a peak flux of the same event.",
        requires=("goes_class", "peak_flux"),
        evaluate=_class_flux,
    ),
)
