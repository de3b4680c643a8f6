"""E4: a feature seen from two spacecraft."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask
from .planted import WHEN, two_views

NA = Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("height", "longitude", "expected"),
    [
        (0.0, 89.0, Outcome.PASS),
        (0.0, 93.0, Outcome.IMPLAUSIBLE),
        # 50 Mm stand above the limb up to 21 deg behind it
        (50.0, 108.0, Outcome.PASS),
        (50.0, 114.0, Outcome.IMPLAUSIBLE),
        (np.nan, 108.0, Outcome.PASS),
    ],
)
def test_what_both_see_is_above_the_limb_of_both(height, longitude, expected):
    made = two_views(-1, longitude=longitude, other_longitude=longitude, feature_height=height)
    assert ask("E4", made)[0] == [expected]


def test_height_widens_the_tolerance_near_a_limb():
    place = {"longitude": 60.0, "other_longitude": 66.0}
    assert ask("E4", two_views(0, **place))[0] == [Outcome.REVIEW]
    assert ask("E4", two_views(0, **place, feature_height=40.0))[0] == [Outcome.PASS]


def test_rotation_between_the_views_is_taken_out():
    later = {"other_time": WHEN + np.timedelta64(12, "h")}
    assert ask("E4", two_views(-1, other_longitude=6.8, **later))[0] == [Outcome.PASS]
    assert ask("E4", two_views(-1, other_longitude=-6.8, **later))[0] == [Outcome.REVIEW]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pointing_verified": 0}, "not verified"),
        ({"other_latitude": np.nan}, "ephemeris"),
        ({"other_observer_distance": np.nan}, "distance"),
        ({"other_time": np.datetime64("NaT", "ns")}, "a time"),
        ({"other_time": WHEN + np.timedelta64(25, "h")}, "too far apart in time"),
    ],
)
def test_a_missing_prerequisite_is_not_evaluable(changes, reason):
    outcomes, reasons = ask("E4", two_views(0.5, **changes))
    assert outcomes == [NA]
    assert reason in reasons[0]
