"""E1 and E8: places and inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
P = [cells(0.5, 0.2, 0.02)]


@given(st.floats(-59, 59), st.floats(-180, 180))
def test_a_region_is_on_the_disk_if_its_vertical_leans_towards_earth(latitude, longitude):
    mu = float(cosine_of_view(latitude, longitude, solar_tilt(np.datetime64("2014-06-01"))))
    expected = Outcome.PASS if mu > 0 else Outcome.REVIEW if mu >= -0.1 else Outcome.IMPLAUSIBLE
    assert ask("E1", batch(P, latitude=latitude, longitude=longitude))[0] == [expected]


def test_a_region_declared_behind_the_limb_is_no_offence():
    assert ask("E1", batch(P, latitude=10.0, longitude=120.0, behind_limb=1))[0] == [Outcome.PASS]
    assert ask("E1", batch(P, latitude=10.0, longitude=120.0, behind_limb=0))[0] == [Outcome.IMPLAUSIBLE]


@pytest.mark.parametrize(
    ("latitude", "expected"), [(60.0, Outcome.PASS), (61.0, Outcome.REVIEW), (-61.0, Outcome.REVIEW)]
)
def test_a_region_far_from_the_equator_asks_for_review(latitude, expected):
    assert ask("E1", batch(P, latitude=latitude, longitude=0.0))[0] == [expected]


def test_places_that_are_unknown_or_do_not_exist_are_not_evaluable():
    assert ask("E1", batch(P, latitude=np.nan, longitude=0.0))[0] == [NA]
    assert ask("E1", batch(P, latitude=0.0, longitude=0.0, entity="full_disk"))[0] == [NA]
    assert ask("E1", batch(P))[0] == [NA]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({"input_age": 5.0}, Outcome.PASS),
        ({"input_age": 7.0}, Outcome.REVIEW),
        ({"input_age": -0.1}, Outcome.INVALID),
        ({"nan_fraction": 0.9}, Outcome.PASS),
        ({"nan_fraction": 0.96}, Outcome.REVIEW),
        ({"nan_fraction": 1.0, "entity": "full_disk"}, NA),
        ({"quality": 0}, Outcome.PASS),
        ({"quality": 0x400}, Outcome.PASS),
        ({"quality": 0x10000}, Outcome.REVIEW),
        ({"quality": 0x100}, Outcome.REVIEW),
        ({"quality": 0x20}, Outcome.REVIEW),
        ({"quality": -2147483648}, Outcome.REVIEW),
        ({"quality": -1}, NA),
        ({"quality": -1, "input_age": 1.0}, Outcome.PASS),
        ({"srs_time": np.datetime64("2014-05-31T01:00", "ns")}, Outcome.PASS),
        ({"srs_time": np.datetime64("2014-05-30T23:00", "ns")}, Outcome.REVIEW),
        ({"srs_time": np.datetime64("2014-06-01T00:30", "ns")}, Outcome.INVALID),
        ({}, NA),
    ],
)
def test_inputs_pass_their_gates_or_ask_for_review(evidence, expected):
    assert ask("E8", batch(P, **evidence))[0] == [expected]
