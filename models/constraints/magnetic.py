"""Single magnetic numbers below which large flares have not been seen. None of them works the other way round."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.patches import blank_other_records
from sunproof.models.constraints.views import Probabilities, column, is_region
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt

__all__ = ["CHECKS"]


def _place(batch: xr.Dataset, marks: Marks, limits: Limits) -> None:
    marks.blank(~is_region(batch), "the check is of regions, not of the full disk")
    mu = cosine_of_view(column(batch, "latitude"), column(batch, "longitude"), solar_tilt(batch["data_cutoff"].values))
    marks.blank(np.isnan(mu), "the position of the region is unknown")
    marks.blank(mu < limits["least_mu"], "the region is more than 60 deg from disk centre")


def _floors(*names: str) -> Callable[[xr.Dataset, Limits], Finding]:
    """Build a check that large flares are not expected where any of these is below its floor."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        view = Probabilities(batch)
        marks = Marks(len(view.values))
        _place(batch, marks, limits)
        # X first: of two broken floors the one of the larger class is told.
        days = [(view.day(name), name[0]) for name in ("X1.0", "M1.0")]
        if all(day is None for day, _ in days):
            missing = view.unknown if view.cumulative is None else "no 24 h probability of an M or X flare"
            marks.blank(np.ones(len(view.values), bool), missing)
            return marks.finding()
        values = {name: column(batch, name) for name in names}
        marks.blank(np.asarray(np.isnan(list(values.values())).all(axis=0)), f"{' and '.join(names)} missing")
        first = values[names[0]]
        marks.measure(first, limits[f"{names[0]}_m"])
        for day, letter in days:
            for name, value in values.items():
                floor = limits[f"{name}_{letter.lower()}"]
                if day is not None:
                    likely = day - view.quantum / 2 > limits[f"p_{letter.lower()}"]
                    reason = f"{letter} flare expected with {name} below {floor:.4g}, {_SOURCE[name][letter]}"
                    marks.offence(likely & (value < floor), Outcome.REVIEW, reason, value, floor)
        return marks.finding()

    return evaluate


# What the floors stand on, for the words of a finding.
_SOURCE = {
    "r_value": {"X": "below every X flare in the set (n=23, min 4.20)", "M": "where the largest of the set is M1.4"},
    "effective_field": {"X": "below every X flare of 298 regions", "M": "below every M flare of 298 regions"},
    "usflux": {"X": "the least with an X flare in the set (n=23)", "M": "the least with an M flare (n=142)"},
    "totusjh": {"X": "the least with an X flare in the set (n=23)", "M": "the least with an M flare (n=142)"},
}


def _recomputed(batch: xr.Dataset, limits: Limits) -> Finding:
    printed, computed = column(batch, "r_value"), column(batch, "r_value_computed")
    marks = Marks(len(printed))
    difference = np.abs(printed - computed)
    marks.blank(np.isnan(difference), "R_VALUE is missing in the record or could not be computed")
    # The keyword is 0, not the logarithm, where the sum is below 1.
    marks.blank((printed == 0) | (computed == 0), "R_VALUE 0 stands for no high-gradient line, not for a flux")
    view = column(batch, "latitude"), column(batch, "longitude"), solar_tilt(batch["data_cutoff"].values)
    marks.blank(cosine_of_view(*view) < limits["least_mu"], "the region is more than 60 deg from disk centre")
    if "keyword_time" in batch.variables and "magnetogram_time" in batch.variables:
        blank_other_records(batch, marks, limits)
    marks.measure(difference, limits["tolerance"])
    marks.offence(
        difference > limits["tolerance"],
        Outcome.REVIEW,
        "R_VALUE differs from that of the magnetogram by more than sampling explains",
        difference,
        limits["tolerance"],
    )
    return marks.finding()


_RECORDS = "SHARP keywords of flaring region-days 2010-2016 (23 X, 142 M, 552 C, 128 B), operational GOES scale"
_GATE = "A region within 60 deg of disk centre at a known place; classes cumulative or converted; 24 h window."
_READS = ("probability", "entity", "latitude", "longitude", "data_cutoff")

CHECKS = (
    Check(
        id="C1",
        name="R recomputed",
        statement="R_VALUE is that of the magnetogram within what sampling explains.",
        equation="|R_VALUE - log10 sum w |B|| <= 0.25",
        unit="dex",
        reference="Schrijver 2007, ApJ 655, L117; the C pipeline takes every fourth pixel, the public Python the "
        "mean of 4 x 4",
        reference_set="one record (HARP 377, 2011-02-15): 4.49 to 4.99 by sampling; no GOES scale",
        reference_size=1,
        ceiling=Outcome.REVIEW,
        prerequisites="Keyword and magnetogram of the same record; neither is 0; within 60 deg of disk centre where "
        "the place is known.",
        requires=("r_value", "r_value_computed", "data_cutoff"),
        evaluate=_recomputed,
    ),
    Check(
        id="C2",
        name="Schrijver R",
        statement="M and X flares are not expected where R is below nearly all observed ones.",
        equation="P_M <= 0.1 where R_VALUE < 2.8; P_X <= 0.05 where R_VALUE < 3.8",
        unit="dex",
        reference="Schrijver 2007, ApJ 655, L117 (MDI). One M1.4 at 1.87 shows that 2.8 is no hard floor; strong "
        "lines can "
        "stay quiet, so never the reverse",
        reference_set=_RECORDS,
        reference_size=845,
        ceiling=Outcome.REVIEW,
        prerequisites=_GATE,
        requires=(*_READS, "r_value"),
        evaluate=_floors("r_value"),
    ),
    Check(
        id="C3",
        name="effective field",
        statement="M and X flares are not expected where the effective connected field is below all observed ones.",
        equation="P_M <= 0.1 where B_eff < 200 G; P_X <= 0.05 where B_eff < 750 G",
        unit="G",
        reference="Georgoulis and Rust 2007, ApJ 661, L109",
        reference_set="298 active regions of 1996-2005 (MDI), operational GOES scale",
        reference_size=298,
        ceiling=Outcome.REVIEW,
        prerequisites=_GATE + " A magnetogram patch; how its flux is parted moves the value by a tenth.",
        requires=(*_READS, "effective_field"),
        evaluate=_floors("effective_field"),
    ),
    Check(
        id="C8",
        name="flux and helicity floors",
        statement="M and X flares are not expected where unsigned flux or current helicity is below all observed ones.",
        equation="P_M <= 0.1 where USFLUX < 3.1e21 Mx or TOTUSJH < 256 G2/m; P_X <= 0.05 where USFLUX < 1.13e22 Mx or "
        "TOTUSJH < 1099 G2/m",
        unit="Mx",
        reference="Least values of this reference set; necessary, not sufficient: C-flare regions span the same range",
        reference_set=_RECORDS,
        reference_size=845,
        ceiling=Outcome.REVIEW,
        prerequisites=_GATE + " Value in Mx, for TOTUSJH in G2/m.",
        requires=(*_READS, "usflux", "totusjh"),
        evaluate=_floors("usflux", "totusjh"),
    ),
)
