"""Identities and inequalities among the SHARP keywords of one record."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.single import at_most
from sunproof.models.constraints.views import Floats, column
from sunproof.models.physics.geometry import sun_distance

__all__ = ["CHECKS", "identity_ratios"]

# Cylindrical equal-area patches have the same pixel everywhere: 0.03 degrees of a Sun of 6.96e8 m (RSUN_REF, CDELT1).
_PIXEL = 6.96e8 * np.deg2rad(0.03)
_PIXEL_AREA = (100 * _PIXEL) ** 2
_AU = 1.495978707e11  # m, IAU 2012

_READS = (
    "usflux",
    "meangam",
    "meanjzd",
    "totusjz",
    "meanjzh",
    "totusjh",
    "absnjzh",
    "savncpp",
    "meanpot",
    "totpot",
    "meanshr",
    "shrgt45",
    "area_acr",
)


def identity_ratios(batch: xr.Dataset, limits: Limits) -> dict[str, Floats]:
    """Left over right side of every relation among the keywords of a record.

    Parameters
    ----------
    batch : xarray.Dataset
        With the keywords that D4 requires along ``forecast``; ``data_cutoff`` gives the distance of the Sun.
    limits : mapping
        D4's block of limits.yaml.

    Returns
    -------
    dict
        What is wrong where it is broken -> ratio of shape (forecast,), at most 1 where the relation holds; for an
        identity its relative error over its tolerance; NaN where a keyword is missing.
    """
    k = {name: column(batch, name) for name in _READS}
    pixels = k["totpot"] / (k["meanpot"] * _PIXEL_AREA)
    # Keywords are printed with 7 and 3 decimals; half a step of either moves the identity by this much.
    printed = limits["meanjzh_step"] / np.abs(k["meanjzh"]) + limits["absnjzh_step"] / k["absnjzh"]
    mismatch = np.abs(pixels * np.abs(k["meanjzh"]) / k["absnjzh"] - 1)
    share = k["shrgt45"] / 100
    arcsec = np.rad2deg(np.arctan(_PIXEL / (sun_distance(batch["data_cutoff"].values) * _AU))) * 3600
    return {
        "TOTPOT/MEANPOT and ABSNJZH/|MEANJZH| give different numbers of pixels": mismatch
        / (limits["pixel_count"] + printed)
        * (1 + limits["rounding"]),
        "ABSNJZH above TOTUSJH": k["absnjzh"] / k["totusjh"],
        "net current MEANJZD N p^2 above TOTUSJZ": np.abs(k["meanjzd"]) * 1e-3 * pixels * _PIXEL**2 / k["totusjz"],
        "SAVNCPP cd^2 above TOTUSJZ": k["savncpp"] * arcsec**2 / k["totusjz"],
        "MEANGAM outside 0 to 90 deg": _range(k["meangam"], 90),
        "MEANSHR outside 0 to 180 deg": _range(k["meanshr"], 180),
        "SHRGT45 outside 0 to 100 %": _range(k["shrgt45"], 100),
        "MEANSHR below 45 deg times the share above 45 deg": 45 * share / k["meanshr"],
        "MEANSHR above what the share above 45 deg allows": k["meanshr"] / (45 + 135 * share),
        "AREA_ACR above the hemisphere": k["area_acr"] / 1e6,
    }


def _range(values: Floats, high: float) -> Floats:
    return np.where(values < 0, np.inf, values / high)


def _identities(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    named = identity_ratios(batch, limits)
    table = np.stack(list(named.values()), axis=1)
    # inf marks a keyword out of its range; whatever else is not finite is unknown.
    worst = Worst(np.where(np.isfinite(table) | (table == np.inf), table, np.nan))
    limit = 1 + limits["rounding"]
    marks.measure(worst.excess, limit)
    marks.blank(worst.empty, "no SHARP keywords, or all of them missing")
    for reason, ratio in named.items():
        # Only the relation that is broken most is named.
        marks.offence((ratio > limit) & (ratio == worst.excess), Outcome.INVALID, reason, ratio, limit)
    pixels = column(batch, "totpot") / (column(batch, "meanpot") * _PIXEL_AREA)
    field = column(batch, "usflux") / (pixels * _PIXEL_AREA)
    judged = pixels >= limits["field_pixels"]
    for outside, bound in ((field < limits["field_low"], "field_low"), (field > limits["field_high"], "field_high")):
        marks.offence(
            judged & outside,
            Outcome.REVIEW,
            f"mean |Bz| over the active pixels outside 250 to 800 G (845 records: 262 to 741 G); limit "
            f"{limits[bound]:g} G",
            field / limits[bound],
            1.0,
        )
    return marks.finding()


CHECKS = (
    Check(
        id="D4",
        name="keyword identities",
        statement="The SHARP keywords of one record obey their definitions: one number of pixels, nested sums, "
        "angles in range.",
        equation="TOTPOT/(MEANPOT dA) = ABSNJZH/|MEANJZH|; ABSNJZH <= TOTUSJH; |MEANJZD| N p^2 <= TOTUSJZ; "
        "SAVNCPP cd^2 <= TOTUSJZ; 45 s <= MEANSHR <= 45+135 s; 250 <= USFLUX/(N dA) <= 800 G",
        unit="",
        reference="Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3; units as the public reference code computes them "
        "(SAVNCPP carries a factor cd^-2); triangle and Markov inequalities",
        reference_set="SHARP records of 1332 HARPs, 2010-05-01 to 2019-05-18, every 12 min; no GOES scale",
        reference_size=1204136,
        ceiling=Outcome.INVALID,
        prerequisites="Keywords of one record of one pipeline run; those missing leave out the relations they "
        "stand in.",
        requires=tuple(_READS),
        evaluate=_identities,
    ),
    Check(
        id="D5",
        name="complete records",
        statement="A record that has keywords has all that the archive's records have; of no active pixel sums are 0, "
        "and means and area missing.",
        equation="share of the history's records from which one keyword is missing though others are there <= 0.1, "
        "MEANSHR and MEANGAM apart",
        unit="",
        reference="Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3: sums and means over the active pixels; what the "
        "series leaves out was counted",
        reference_set="SHARP records of 1332 HARPs, 2010-05-01 to 2019-05-18, every 12 min; no GOES scale",
        reference_size=1204136,
        ceiling=Outcome.REVIEW,
        prerequisites="The archive and the model's training samples are at hand, the model reads keywords, and the "
        "region has a record.",
        requires=("keyword_gaps",),
        evaluate=at_most(
            "keyword_gaps", "keywords are missing from records that have others", "no record of the region"
        ),
    ),
)
