"""Keywords recomputed from the magnetogram against those of the record, and what some of them are not."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.patches import blank_other_records
from sunproof.models.constraints.views import Floats, column
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["CHECKS"]

# Cylindrical equal-area patches have the same pixel everywhere: 0.03 degrees of a Sun of 6.96e8 m (RSUN_REF, CDELT1).
_PIXEL_AREA = (100 * 6.96e8 * np.deg2rad(0.03)) ** 2
# R_VALUE depends on sampling (C1), AREA_ACR on how the mask was projected (0.9 % on HARP 377).
_COMPARED = tuple(name for name in SHARP_KEYWORDS if name not in ("r_value", "area_acr"))


def _pixels(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    found = column(batch, "recomputed_cmask")
    told = column(batch, "totpot") / (column(batch, "meanpot") * _PIXEL_AREA)
    told = np.where(np.isnan(column(batch, "cmask")), told, column(batch, "cmask"))
    marks.blank(np.isnan(found), "no magnetogram, or a segment of it is missing")
    marks.blank(np.isnan(told), "neither CMASK nor TOTPOT and MEANPOT are known")
    blank_other_records(batch, marks, limits)
    error = np.abs(found / told - 1)
    marks.measure(error, limits["tolerance"])
    words = "the mask (conf_disambig >= 70 and bitmap >= 30) does not hold the number of pixels that the keywords imply"
    # Written so that an undefined error offends, too.
    marks.offence(~(error <= limits["tolerance"]), Outcome.INVALID, words, error, limits["tolerance"])
    return marks.finding()


def _scales(batch: xr.Dataset, limits: Limits) -> dict[str, Floats]:
    """Return what errors are held against: the keyword; for nets that nearly cancel, a share of the unsigned sum."""
    told = {name: np.abs(column(batch, name)) for name in _COMPARED}
    least, pixels = limits["cancelling"], told["totpot"] / (told["meanpot"] * _PIXEL_AREA)
    current = told["totusjz"] / (pixels * _PIXEL_AREA * 1e-4) * 1e3
    for name, unsigned in (
        ("meanjzd", current),
        ("meanjzh", told["totusjh"] / pixels),
        ("absnjzh", told["totusjh"]),
        # SAVNCPP carries a factor cd^-2, about 4 arcsec^-2.
        ("savncpp", 4 * told["totusjz"]),
    ):
        told[name] = np.fmax(told[name], least * unsigned)
    return told


def _keywords(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    errors = {
        name: np.abs(column(batch, f"recomputed_{name}") - column(batch, name)) / scale
        for name, scale in _scales(batch, limits).items()
    }
    worst = Worst(np.stack(list(errors.values()), axis=1))
    marks.blank(np.isnan(column(batch, "recomputed_cmask")), "no magnetogram, or a segment of it is missing")
    marks.blank(worst.empty, "no keyword to compare")
    blank_other_records(batch, marks, limits)
    marks.measure(worst.excess, limits["tolerance"])
    for name, error in errors.items():
        words = f"{name.upper()} is not that of the magnetogram by the formula of the public reference code"
        off = (error > limits["tolerance"]) & (error == worst.excess)
        marks.offence(off, Outcome.INVALID, words, error, limits["tolerance"])
    return marks.finding()


def _shear(batch: xr.Dataset, limits: Limits) -> Finding:
    printed, true = column(batch, "meanshr"), column(batch, "meanshr_potential")
    marks = Marks(len(printed))
    marks.blank(np.isnan(printed), "MEANSHR is missing")
    marks.measure(printed, true)
    marks.offence(
        ~(np.abs(printed - true) <= limits["degrees"]),
        Outcome.INFO,
        "MEANSHR and SHRGT45 reproduce the public reference code, whose kernel is close to -grad Bz; we do not "
        "interpret them as angles to a potential field",
        printed,
        true,
    )
    return marks.finding()


_RECORD = "Keywords and magnetogram of one record (times within 6 min), both definitive or both near-real-time. "

CHECKS = (
    Check(
        id="D1",
        name="mask recomputed",
        statement="The mask of the magnetogram holds as many pixels as the keywords were summed over.",
        equation="|N(conf_disambig >= 70, bitmap >= 30) / N - 1| <= 1e-3; N = CMASK or TOTPOT/(MEANPOT dA)",
        unit="",
        reference="Bobra et al. 2014, Sol. Phys. 289, 3549; public reference code of the SHARP keywords",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.INVALID,
        prerequisites=_RECORD + "All segments present.",
        requires=("recomputed_cmask", "keyword_time", "magnetogram_time"),
        evaluate=_pixels,
    ),
    Check(
        id="D2",
        name="keywords recomputed",
        statement="The keywords are those of the magnetogram.",
        equation="|recomputed - keyword| <= 1e-3 |keyword|; for nets that nearly cancel 1e-4 of the unsigned sum; not "
        "R_VALUE (C1) and AREA_ACR",
        unit="",
        reference="Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3, as the public reference code computes it; on HARP "
        "377 at 2011-02-15 all 15 agree within 1e-4, MEANGB* within 5e-4",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.INVALID,
        prerequisites=_RECORD + "Missing keywords are left out. Another version of the keyword code would fail; no "
        "other is known in the archive.",
        requires=(
            *_COMPARED,
            *(f"recomputed_{name}" for name in _COMPARED),
            "recomputed_cmask",
            "keyword_time",
            "magnetogram_time",
        ),
        evaluate=_keywords,
    ),
    Check(
        id="D3",
        name="shear keywords",
        statement="MEANSHR is the mean angle between the field and the potential field.",
        equation="|MEANSHR - mean angle(B, B_pot)| <= 5 deg, B_pot by FFT; context only",
        unit="deg",
        reference="The public reference code sums Bz d/sqrt(r^2+d^2) with d = 0.001 pixels, which gives -grad Bz; it "
        "reproduces header values to 5 digits. On HARP 377 the keyword is 52.5 deg, the true angle 26.1 deg",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="MEANSHR known; without a magnetogram the note is given all the same.",
        requires=("meanshr",),
        evaluate=_shear,
    ),
)
