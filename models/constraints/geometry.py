"""Where the region is, and whether the inputs were fit for use."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import column, is_region
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt

__all__ = ["CHECKS"]

_HOUR = np.timedelta64(1, "h")


def _on_disk(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    latitude, longitude = column(batch, "latitude"), column(batch, "longitude")
    mu = cosine_of_view(latitude, longitude, solar_tilt(batch["data_cutoff"].values))
    marks.blank(~is_region(batch), "the full disk has no position")
    marks.blank(np.isnan(mu), "the position of the region or the time of its data is unknown")
    marks.measure(mu, 0.0)
    hidden = (mu <= 0) & ~(column(batch, "behind_limb") > 0)
    marks.offence(
        hidden & (mu < limits["mu_hidden"]),
        Outcome.IMPLAUSIBLE,
        "the region is behind the limb by more than a day's error of position, and not declared so",
        mu,
        limits["mu_hidden"],
    )
    marks.offence(hidden, Outcome.REVIEW, "the region is at or behind the limb, and not declared so", mu, 0.0)
    marks.offence(
        np.abs(latitude) > limits["latitude"],
        Outcome.REVIEW,
        "no active region is expected this far from the equator (99.9 % within 43 deg)",
        mu,
        0.0,
    )
    return marks.finding()


def _inputs(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    quality = column(batch, "quality").copy()
    # -1 stands for unknown; read as bits it would be every fault at once.
    quality[quality == -1] = np.nan
    missing, age = column(batch, "nan_fraction").copy(), column(batch, "input_age").copy()
    summary = _age(batch)
    # The full disk has no record of its own; what is missing of its regions stands on their rows.
    full = batch["entity"].values == "full_disk"
    quality[full], missing[full], age[full] = np.nan, np.nan, np.nan
    blank = np.isnan(quality) & np.isnan(missing) & np.isnan(age) & np.isnan(summary)
    marks.blank(blank, "nothing is known of the inputs: quality, missing values, age")
    marks.measure(age, limits["input_age"])
    # A negative word has its highest bit set: no data at all.
    word = np.nan_to_num(quality, nan=0.0).astype(np.int64) & 0xFFFFFFFF
    bad = (word & int(limits["quality_bits"])) != 0
    marks.offence(bad, Outcome.REVIEW, "QUALITY of the latest record has a disqualifying bit", age, limits["input_age"])
    marks.offence(age < 0, Outcome.INVALID, "an input is later than the data cut-off", age, 0.0)
    marks.offence(age > limits["input_age"], Outcome.REVIEW, "the latest input is old", age, limits["input_age"])
    marks.offence(summary < 0, Outcome.INVALID, "the region summary is later than the data cut-off", summary, 0.0)
    marks.offence(
        summary > limits["summary_age"], Outcome.REVIEW, "the region summary is old", summary, limits["summary_age"]
    )
    marks.offence(
        missing > limits["nan_fraction"],
        Outcome.REVIEW,
        "most of the input history is missing",
        age,
        limits["input_age"],
    )
    return marks.finding()


def _age(batch: xr.Dataset) -> np.ndarray:
    """Age of the region summary in hours, NaN where there is none."""
    if "srs_time" not in batch.variables:
        return np.full(batch.sizes["forecast"], np.nan)
    return np.asarray((batch["data_cutoff"].values - batch["srs_time"].values) / _HOUR, np.float64)


CHECKS = (
    Check(
        id="E1",
        name="on the disk",
        statement="A region forecast is for a place on the visible disk, or is declared to be behind the limb.",
        equation="mu = sin B0 sin phi + cos B0 cos phi cos L > 0; |phi| <= 60 deg",
        unit="",
        reference="Spherical geometry; B0 after Meeus, Astronomical Algorithms, chapter 29. Margin: daily residual of "
        "catalogued longitudes 6.1 deg (99 %)",
        reference_set="NOAA region-days, 1996-08-01 to 2018-12-16 (latitude: median 15, 99.9 % 43 deg); no GOES scale",
        reference_size=33516,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="A region with a Stonyhurst position and a time, seen from Earth.",
        requires=("entity", "latitude", "longitude", "data_cutoff"),
        evaluate=_on_disk,
    ),
    Check(
        id="E8",
        name="input gates",
        statement="The inputs are recent, complete and not marked bad, and none of them is later than the data "
        "cut-off.",
        equation="QUALITY has no disqualifying bit; 0 <= age <= 6 h; 0 <= summary age <= 24 h; missing <= 0.95",
        unit="h",
        reference="JSOC definition of the HMI QUALITY bits; the rest are conventions",
        reference_set="none (arithmetic)",
        reference_size=0,
        ceiling=Outcome.INVALID,
        prerequisites="At least one of quality, nan_fraction, input_age (of a region), srs_time is known. A "
        "failed gate asks "
        "for review; it "
        "is no statement about the Sun.",
        requires=("data_cutoff", "entity"),
        evaluate=_inputs,
    ),
)
