"""A feature seen from two spacecraft: on the disk of both, and at one place."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, column
from sunproof.models.physics.cross_view import Sighting, faintest_view, position_offset, view_from
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt, sun_distance

__all__ = ["CHECKS"]

_RADIUS = 695.7  # Mm, nominal solar radius (IAU 2015 resolution B3)


def _common(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    latitude, longitude = column(batch, "latitude"), column(batch, "longitude")
    time = batch["position_time"].values
    ours = cosine_of_view(latitude, longitude, solar_tilt(time))
    their_place = column(batch, "other_latitude"), column(batch, "other_longitude")
    observer = column(batch, "other_observer_latitude"), column(batch, "other_observer_longitude")
    theirs, distance = view_from(*their_place, *observer), column(batch, "other_observer_distance")
    offset, days = position_offset(
        Sighting(time, latitude, longitude, sun_distance(time)),
        Sighting(batch["other_time"].values, *their_place, distance),
    )
    marks.blank(~(column(batch, "pointing_verified") > 0), "roll and pointing of the spacecraft are not verified")
    marks.blank(np.isnan(ours + theirs), "a position or an ephemeris is missing")
    marks.blank(np.isnan(offset), "a time, or the distance of the other spacecraft, is missing")
    marks.blank(np.abs(days) > limits["longest"], "the two views are too far apart in time")
    # Unknown heights get those of tall active-region loops: a larger tolerance, never a smaller.
    height = np.where(np.isnan(column(batch, "feature_height")), limits["height"], column(batch, "feature_height"))
    tolerance = _tolerance(batch, np.minimum(ours, theirs), height, days, limits)
    marks.measure(offset, tolerance)
    # A high feature is seen over the limb while its foot is behind it.
    hidden = np.minimum(ours, theirs) < faintest_view(height) - limits["limb_margin"]
    words = "the feature is said to be seen by both spacecraft, but is behind the limb of one"
    marks.offence(hidden, Outcome.IMPLAUSIBLE, words, np.minimum(ours, theirs), faintest_view(height))
    words = "the two positions differ by more than pixels, height, rotation and light time explain"
    marks.offence(offset > tolerance, Outcome.REVIEW, words, offset, tolerance)
    return marks.finding()


def _tolerance(batch: xr.Dataset, mu: Floats, height: Floats, days: Floats, limits: Limits) -> Floats:
    """Degrees by which two good positions may differ: pixels, shift of a high feature near a limb, proper motion."""
    error = column(batch, "position_error")
    pixels = np.where(np.isnan(error), limits["position_error"], error)
    # Projected along the line of sight a feature of height h lands h tan(theta) from its foot.
    slant = np.minimum(np.sqrt(1 - np.clip(mu, 0, 1) ** 2) / np.maximum(mu, 1e-3), limits["largest_slant"])
    parallax = np.rad2deg(height / _RADIUS * slant)
    return np.asarray(pixels + parallax + limits["proper_motion"] * np.abs(days))


CHECKS = (
    Check(
        id="E4",
        name="two spacecraft",
        statement="A feature that two spacecraft are said to see is on the disk of both, and at one place.",
        equation="mu_1 > 0 and mu_2 > 0; angle(r_1, rotated r_2) <= error + (h/R) tan(theta) + 4 deg/d |dt|",
        unit="deg",
        reference="Spherical geometry; light time; Howard et al. 1990, Sol. Phys. 130, 295 (rotation). REVIEW where "
        "positions differ, IMPLAUSIBLE where hidden. Heights and margins are conventions; for a hidden feature value "
        "and limit are cosines",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="Positions, times and ephemerides of both views; roll and pointing verified; at most 1 d apart. "
        "An unknown height is taken as 50 Mm, for the tolerance only.",
        requires=(
            "latitude",
            "longitude",
            "position_time",
            "other_time",
            "other_latitude",
            "other_longitude",
            "other_observer_latitude",
            "other_observer_longitude",
            "other_observer_distance",
            "pointing_verified",
        ),
        evaluate=_common,
    ),
)
