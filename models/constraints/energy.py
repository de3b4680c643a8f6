"""The predicted flare against the energy of its region and against the largest flares on record."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.patches import fit_for_energy
from sunproof.models.constraints.predicted import needed_energy, operational_flux, predicted_flux
from sunproof.models.constraints.views import Floats, Mask, column, is_region, printed_share
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt

__all__ = ["CHECKS"]


def _blank(batch: xr.Dataset, marks: Marks, flux: Floats, limits: Limits) -> Floats:
    """Blank what has no prediction or is near the limb; return the cosine of view, NaN where the place is unknown."""
    marks.blank(~is_region(batch), "energy belongs to a region, not to the full disk")
    marks.blank(np.isnan(flux), "no class is more probable than not, and no peak flux is issued")
    mu = cosine_of_view(column(batch, "latitude"), column(batch, "longitude"), solar_tilt(batch["data_cutoff"].values))
    marks.blank(mu < limits["least_mu"], "the region is too near the limb for its flux")
    return mu


def _budget(batch: xr.Dataset, limits: Limits) -> Finding:
    # The energies are shared with the forecast head, which needs torch; nothing else here does.
    from sunproof.models.physics.energy import potential_energy_proxy

    marks = Marks(batch.sizes["forecast"])
    needed = needed_energy(batch, limits)
    mu = _blank(batch, marks, needed, limits)
    # An unbalanced, gappy, too large or oblique patch has an energy that is biased low; the flux is the better guess.
    measured = fit_for_energy(batch, limits) & ~(mu < limits["energy_mu"])
    proxy = potential_energy_proxy(column(batch, "usflux")) * 10 ** limits["proxy_dex"]
    available = np.where(measured, column(batch, "potential_energy"), proxy)
    marks.blank(np.isnan(available), "neither potential energy nor unsigned flux is known")
    marks.measure(needed, limits["share"] * available)
    for source, how in ((measured, "by FFT of the magnetogram"), (~measured, "estimated from the unsigned flux")):
        _over(marks, source, np.isfinite(mu), needed, available, limits, how)
    # Free energy is rarely known, and a NaN offends against nothing.
    free = limits["free_factor"] * column(batch, "free_energy")
    marks.offence(
        needed > free, Outcome.REVIEW, "the flare needs more than three times the virial free energy", needed, free
    )
    return marks.finding()


def _over(marks: Marks, where: Mask, placed: Mask, needed: Floats, available: Floats, limits: Limits, how: str) -> None:
    """Mark flares that need more than all, or more than a quarter, of an energy known in this way."""
    over = where & (needed > available)
    words = f"the flare needs more than all potential energy of the region ({how}), scatter allowed for"
    marks.offence(over & placed, Outcome.IMPLAUSIBLE, words, needed, available)
    marks.offence(over & ~placed, Outcome.REVIEW, words + "; its place is unknown", needed, available)
    share = limits["share"] * available
    words = f"the flare needs more than a quarter of the potential energy ({how}), scatter allowed; not an exclusion"
    marks.offence(where & (needed > share), Outcome.REVIEW, words, needed, share)


def _ceiling(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    flux = predicted_flux(batch)
    marks.blank(np.isnan(flux), "no class is more probable than not, and no peak flux is issued")
    marks.blank(flux == -np.inf, "no peak flux is issued for this forecast")
    printed = printed_share(batch)
    # of an undeclared scale the smaller flux: a limit is not exceeded by a guess
    true = flux / np.where(np.isnan(printed), 1.0, printed)
    marks.measure(true, limits["largest"])
    marks.offence(
        (flux < 0) | np.isposinf(flux), Outcome.INVALID, "a negative or infinite peak flux", true, limits["largest"]
    )
    marks.offence(
        true > limits["largest"],
        Outcome.IMPLAUSIBLE,
        "exceeds the largest flare on record (SOL2003-11-04, X43 on the true scale)",
        true,
        limits["largest"],
    )
    return marks.finding()


def _envelope(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    flux = predicted_flux(batch)
    # Infinite fluxes are for B7 to judge.
    flux = np.where(np.isfinite(flux), flux, np.nan)
    _blank(batch, marks, flux, limits)
    unsigned = column(batch, "usflux")
    marks.blank(np.isnan(unsigned), "the unsigned flux is unknown")
    # The envelope is counted on classes of the operational scale.
    issued = operational_flux(batch, flux)
    largest = limits["anchor_flux"] * (unsigned / limits["anchor_usflux"]) ** 1.5 * 10 ** limits["scatter_dex"]
    marks.measure(issued, largest)
    marks.offence(
        issued > largest,
        Outcome.REVIEW,
        "the flare is above the envelope of flares from regions of this unsigned flux (845 region-days)",
        issued,
        largest,
    )
    return marks.finding()


_RECORDS = "SHARP keywords of flaring region-days 2010-2016, one flare class each, operational GOES scale"
_GATE = "A region within 60 deg of disk centre with a peak flux issued or a class with P > 0.5; unsigned flux known."

CHECKS = (
    Check(
        id="B5",
        name="energy budget",
        statement="The region holds enough magnetic energy for the predicted flare.",
        equation="10^(log E_bol(F) - 0.5) <= 0.25 E_pot (and 3 E_free); IMPLAUSIBLE above E_pot; E_pot by FFT (B2), "
        "without a fit magnetogram 9e32 erg (USFLUX/2.7e22 Mx)^1.5 x 10^0.5; the reason says which",
        unit="erg",
        reference="Kretzschmar et al. 2010, Nat. Phys. 6, 690 (E_bol ~ 100 E_SXR); fluences of the SWPC list; "
        "Emslie et al. "
        "2012, ApJ 759, 71. E_bol leaves out the ejection, which makes the test lenient; energy can cross region "
        "borders",
        reference_set="SWPC flares with fluence 1996-08-01 to 2018-12-31 at or above C1.0, operational GOES "
        "scale; the proxy is "
        "anchored on one region (NOAA 11158)",
        reference_size=23285,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="A region within 60 deg of disk centre with a peak flux issued or a class with P > 0.5; unsigned "
        "flux or potential energy known; the latter within 50 deg, from a patch balanced within 0.15, less than 5 % "
        "missing, at most 30 deg long, else the flux stands in. Where the place is unknown it asks for review at most.",
        requires=("probability", "entity", "data_cutoff"),
        evaluate=_budget,
    ),
    Check(
        id="B7",
        name="largest flare",
        statement="The predicted flare is not above the largest on record.",
        equation="0 <= F_true <= 5e-3 W m-2",
        unit="W m-2",
        reference="Hudson, Cliver et al. 2024, arXiv:2310.11457: SOL2003-11-04, 4.32e-3 W m-2. The upper cutoff "
        "is unknown",
        reference_set="flares at or above X10 since 1975, science GOES scale",
        reference_size=38,
        ceiling=Outcome.INVALID,
        prerequisites="A peak flux is issued, or a class with P > 0.5.",
        requires=("probability",),
        evaluate=_ceiling,
    ),
    Check(
        id="B8",
        name="flux envelope",
        statement="The predicted flare is within the envelope of flares from regions of that unsigned flux.",
        equation="F <= 1e-4 W m-2 (USFLUX/1.13e22 Mx)^1.5 x 10^0.5; an upper envelope only, never a lower bound",
        unit="W m-2",
        reference="F ~ (reconnected flux)^1.5: Kazachenko et al. 2017, ApJ 845, 49; anchored on the smallest "
        "region with an X "
        "flare (NOAA 12017)",
        reference_set=_RECORDS,
        reference_size=845,
        ceiling=Outcome.REVIEW,
        prerequisites=_GATE,
        requires=("probability", "entity", "data_cutoff", "usflux"),
        evaluate=_envelope,
    ),
)
