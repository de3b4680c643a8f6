"""Energies of the magnetic field itself: by FFT, by the virial theorem, by order of magnitude, and what is none."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.patches import blank_unfit_patches
from sunproof.models.constraints.predicted import needed_energy
from sunproof.models.constraints.views import Floats, column, is_region

__all__ = ["CHECKS"]


def _regressed(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    told = column(batch, "potential_energy_regressed")
    marks.blank(np.isnan(told), "the model gives no potential energy of its own")
    blank_unfit_patches(batch, marks, limits)
    ratio = told / column(batch, "potential_energy")
    marks.measure(ratio, limits["factor"])
    words = "the model's potential energy differs from that of its own input patch by more than a factor of two"
    marks.offence(ratio > limits["factor"], Outcome.IMPLAUSIBLE, words, ratio, limits["factor"])
    marks.offence(ratio < 1 / limits["factor"], Outcome.IMPLAUSIBLE, words, ratio, 1 / limits["factor"])
    return marks.finding()


def _virial(batch: xr.Dataset, limits: Limits) -> tuple[Marks, Floats, Floats, Floats]:
    """Blank where the virial theorem does not hold; lowest and highest virial energy and the potential energy."""
    marks = Marks(batch.sizes["forecast"])
    low, high = column(batch, "virial_energy_low"), column(batch, "virial_energy_high")
    potential, force = column(batch, "potential_energy"), column(batch, "net_force")
    blank_unfit_patches(batch, marks, limits)
    # a sum of NaN is NaN: whichever of the three is missing
    marks.blank(np.isnan(low + high + force), "no virial energy of the patch, or no disambiguation")
    marks.blank(force > limits["net_force"], "the photospheric field is not force-free: net force above 0.1")
    # of a force-free field the virial energy is the same about any origin
    marks.blank(high - low > potential, "the virial energy depends on the origin by more than the potential energy")
    return marks, low, high, potential


def _against_virial(batch: xr.Dataset, limits: Limits) -> Finding:
    marks, _, high, _ = _virial(batch, limits)
    needed = needed_energy(batch, limits)
    marks.blank(np.isnan(needed), "no class is more probable than not, and no peak flux is issued")
    marks.measure(needed, high)
    words = "the flare needs more than the largest virial energy over origins, scatter allowed for; not an exclusion"
    marks.offence(needed > high, Outcome.REVIEW, words, needed, high)
    return marks.finding()


def _free(batch: xr.Dataset, limits: Limits) -> Finding:
    marks, low, high, potential = _virial(batch, limits)
    # a potential field has the least energy of its boundary: below it the data contradict themselves
    marks.blank(low < potential, "the virial energy is below the potential energy for some origin: not force-free")
    share = (high - potential) / potential
    marks.measure(share, limits["share"])
    marks.offence(
        share > limits["largest"],
        Outcome.REVIEW,
        "virial free energy over potential energy is above that of some 400 M and X flares by more than a factor of 3",
        share,
        limits["largest"],
    )
    words = "virial free energy above a quarter of the potential energy; extrapolations of some 400 flares have 1-25 %"
    marks.offence(share > limits["share"], Outcome.INFO, words, share, limits["share"])
    return marks.finding()


def _magnitude(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    needed = needed_energy(batch, limits)
    marks.blank(~is_region(batch), "energy belongs to a region, not to the full disk")
    marks.blank(np.isnan(needed), "no class is more probable than not, and no peak flux is issued")
    # sum over mean: area of the pixels that the keywords count
    area = column(batch, "totpot") / column(batch, "meanpot")
    # B^2 L^3 with B = flux / area and L = sqrt(area).
    bound = limits["share"] * column(batch, "usflux") ** 2 / np.sqrt(area) / (8 * np.pi)
    marks.blank(~np.isfinite(bound), "unsigned flux or area of the active pixels unknown")
    marks.measure(needed, bound)
    words = "above a tenth of B^2 L^3 / 8 pi; an order of magnitude whose tenth is a convention"
    marks.offence(needed > bound, Outcome.INFO, words, needed, bound)
    return marks.finding()


def _density(batch: xr.Dataset, limits: Limits) -> Finding:
    printed, true = column(batch, "totpot"), column(batch, "totpot_potential")
    marks = Marks(len(printed))
    marks.blank(np.isnan(printed), "TOTPOT is missing")
    marks.measure(printed, true)
    words = (
        "TOTPOT and MEANPOT reproduce the public reference code, whose kernel is close to -grad Bz, and are erg per cm "
        "of unknown height; we do not interpret them as energy"
    )
    # NaN compares false: without a magnetogram the note is given as well
    same = np.abs(printed / true - 1) <= limits["relative"]
    marks.offence(~same, Outcome.INFO, words, printed, true)
    return marks.finding()


_PATCH = (
    "Patch within 50 deg of disk centre, balanced within 0.15, less than 5 % missing, at most 30 deg long. Regions "
    "that share their field with a neighbour must be merged first. "
)
_FORCE_FREE = _PATCH + "Net force at most 0.1 of the magnetic pressure force; range over origins below E_pot. "
_READS = ("entity", "data_cutoff", "latitude", "longitude", "potential_energy", "flux_imbalance", "patch_missing")
_VIRIAL = (*_READS, "patch_span", "virial_energy_low", "virial_energy_high", "net_force")
_FLARES = "active regions at the time of M and X flares 2010-2014, operational GOES scale"

CHECKS = (
    Check(
        id="B2",
        name="potential energy",
        statement="The model's own potential-field energy is that of its input patch.",
        equation="1/2 <= E_model / E_pot <= 2; E_pot = dx dy/(8 pi N M) sum |F_k|^2 / |k|",
        unit="",
        reference="Alissandrakis 1981, A&A 100, 197; Gary 1989, ApJS 69, 323; checked on fields of known energy",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=_PATCH + "The model gives an energy.",
        requires=(*_READS, "patch_span", "potential_energy_regressed"),
        evaluate=_regressed,
    ),
    Check(
        id="B3",
        name="virial energy",
        statement="The predicted flare needs no more than the virial energy of the patch.",
        equation="10^(log E_bol(F) - 0.5) <= max over origins of 1/(4 pi) int (x Bx + y By) Bz dA",
        unit="erg",
        reference="Low 1982; Klimchuk et al. 1992; Metcalf et al. 1995, ApJ 439, 474 (gate). The photosphere is not "
        "force-free; Wheatland and Metcalf 2006, ApJ 636, 1151: unknown systematic error, dependence on the origin",
        reference_set="one record (HARP 377, 2011-02-15): -1.4e33 to 3.9e33 erg over origins; no GOES scale",
        reference_size=1,
        ceiling=Outcome.REVIEW,
        prerequisites=_FORCE_FREE + "A peak flux issued or a class with P > 0.5.",
        requires=("probability", *_VIRIAL),
        evaluate=_against_virial,
    ),
    Check(
        id="B4",
        name="free energy",
        statement="The virial free energy is a small part of the potential energy.",
        equation="0 <= (E_vir - E_pot)/E_pot <= 0.25 (REVIEW above 0.75); negative is NOT_EVALUABLE",
        unit="",
        reference="Aschwanden et al. 2014, ApJ 797, 50: E_free/E_pot 1-25 %, two methods agree within a factor 3; "
        "E_free >= 0: Thomson's theorem, for solenoidal fields (Valori et al. 2013)",
        reference_set=_FLARES,
        reference_size=400,
        ceiling=Outcome.REVIEW,
        prerequisites=_FORCE_FREE + "No origin with E_vir < E_pot.",
        requires=_VIRIAL,
        evaluate=_free,
    ),
    Check(
        id="B6",
        name="order of magnitude",
        statement="The predicted flare needs less than a tenth of B^2 L^3 / 8 pi.",
        equation="10^(log E_bol(F) - 0.5) <= 0.1 USFLUX^2 / (8 pi sqrt(A)), A = TOTPOT/MEANPOT; context only",
        unit="erg",
        reference="Shibata et al. 2013, PASJ 65, 49; on HARP 377 B^2 L^3/8 pi is 4.2 E_pot",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="A region with a peak flux issued or a class with P > 0.5; USFLUX, TOTPOT, MEANPOT known.",
        requires=("probability", "entity", "usflux", "totpot", "meanpot"),
        evaluate=_magnitude,
    ),
    Check(
        id="B9",
        name="energy keywords",
        statement="TOTPOT is the energy density of the field above the potential field, summed over the patch.",
        equation="|TOTPOT / sum (B - B_pot)^2 dA/8 pi - 1| <= 0.1, B_pot by FFT; context only",
        unit="erg cm-1",
        reference="See D3. On HARP 377 the keyword is 8.84e23, the true sum 6.27e23 erg/cm",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="TOTPOT known; without a magnetogram the note is given all the same.",
        requires=("totpot",),
        evaluate=_density,
    ),
)
