"""E2, E3, E5, E6: rotation, foreshortening, balance, emergence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.physics.geometry import rotation_rate

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
P = cells(0.5, 0.2, 0.02)


def track(longitudes, days, latitude=15.0, **evidence):
    times = np.datetime64("2014-06-01", "ns") + (np.asarray(days) * 86400e9).astype("timedelta64[ns]")
    return batch(
        [P] * len(longitudes), latitude=latitude, longitude=longitudes, position_time=times, when=times, **evidence
    )


@given(st.floats(-60, 60), st.floats(1.0, 2.9), st.floats(-15, 15))
def test_a_region_moves_with_the_surface(start, days, residual):
    rate = float(rotation_rate(15.0))
    made = track([start, start + (rate + residual) * days], [0, days])
    outcomes = ask("E2", made)[0]
    assert outcomes[0] == NA
    if min(abs(abs(residual) - 6), abs(abs(residual) - 10)) > 1e-6:
        size = abs(residual)
        assert outcomes[1] == (Outcome.IMPLAUSIBLE if size > 10 else Outcome.REVIEW if size > 6 else Outcome.PASS)


def test_positions_too_close_in_time_or_too_far_are_not_compared():
    assert ask("E2", track([0.0, 0.0], [0, 0.8]))[0] == [NA, NA]
    assert ask("E2", track([0.0, 0.0], [0, 3.2]))[0] == [NA, NA]


def test_the_latest_position_that_is_old_enough_is_taken():
    # Six-hourly rows repeat a daily position; only the one of the day before is compared.
    made = track([0.0, 0.0, 13.2, 13.2], [0, 0, 1, 1])
    assert ask("E2", made)[0] == [NA, NA, Outcome.PASS, Outcome.PASS]


def test_regions_of_other_numbers_are_other_regions():
    assert ask("E2", track([0.0, 80.0], [0, 1], noaa_ar=[11158, 11159]))[0] == [NA, NA]
    assert ask("E2", track([0.0, 80.0], [0, 1]))[0] == [NA, Outcome.IMPLAUSIBLE]


def test_the_position_of_a_patch_of_several_regions_is_not_followed():
    # Its summary is that of the first region on one day and of the second on the next.
    made = track([0.0, 80.0, 93.2], [0, 1, 2], noaa_ars=["11158", "11158,11159", "11158"])
    outcomes, reasons = ask("E2", made)
    assert outcomes == [NA, NA, Outcome.IMPLAUSIBLE]
    assert "several numbered regions" in reasons[1]


def test_a_position_with_the_number_of_its_region_is_followed_in_a_patch_of_several():
    # The largest of three days is 11158, 11159 and 11158 again, so the third is held against the first.
    whose = {"noaa_ars": "11158,11159", "noaa_ar": 11158, "position_region": [11158, 11159, 11158]}
    assert ask("E2", track([0.0, 30.0, 26.4], [0, 1, 2], **whose))[0] == [NA, NA, Outcome.PASS]
    assert ask("E2", track([0.0, 30.0, 56.4], [0, 1, 2], **whose))[0] == [NA, NA, Outcome.IMPLAUSIBLE]


def test_the_position_of_a_patch_is_followed_under_its_own_number():
    patch = {"position_region": -1, "harpnum": [377, 377, 378]}
    assert ask("E2", track([0.0, 13.2, 60.0], [0, 1, 2], **patch))[0] == [NA, Outcome.PASS, NA]


def test_a_step_across_the_far_side_is_none():
    assert ask("E2", track([175.0, -171.8], [0, 1]))[0][1] == Outcome.PASS


@pytest.mark.parametrize(
    ("longitude", "lowest", "expected"),
    [
        (45.0, 1e-5, Outcome.PASS),
        (55.0, 1e-5, Outcome.INFO),
        (75.0, 5e-4, Outcome.REVIEW),
        (75.0, 2e-3, Outcome.INFO),
        (np.nan, 1e-5, NA),
    ],
)
def test_a_region_near_the_limb_keeps_its_probability(longitude, lowest, expected):
    made = batch([np.full((3, 3), [[lowest], [lowest / 10], [lowest / 100]])], latitude=0.0, longitude=longitude)
    assert ask("E3", made)[0] == [expected]


@pytest.mark.parametrize(
    ("imbalance", "longitude", "expected"),
    [
        (0.14, 0.0, Outcome.PASS),
        (0.16, 0.0, Outcome.INFO),
        (0.31, 0.0, Outcome.REVIEW),
        (-0.31, 0.0, Outcome.REVIEW),
        (0.31, 50.0, NA),
        (np.nan, 0.0, NA),
        (0.31, np.nan, NA),
    ],
)
def test_a_patch_holds_both_polarities(imbalance, longitude, expected):
    assert ask("E5", batch([P], flux_imbalance=imbalance, latitude=0.0, longitude=longitude))[0] == [expected]


@pytest.mark.parametrize(
    ("rate", "longitude", "expected"),
    [
        (9e20, 0.0, Outcome.PASS),
        (1.1e21, 0.0, Outcome.REVIEW),
        (-1.1e21, 0.0, Outcome.REVIEW),
        (3.1e21, 0.0, Outcome.IMPLAUSIBLE),
        (3.1e21, np.nan, Outcome.IMPLAUSIBLE),
        (3.1e21, 65.0, NA),
        (np.nan, 0.0, NA),
    ],
)
def test_flux_changes_no_faster_than_on_record(rate, longitude, expected):
    assert ask("E6", batch([P], usflux_rate=rate, latitude=0.0, longitude=longitude))[0] == [expected]
