"""Shares of a calibration are never below one over its size: a limit that none could be below is no check."""

import pytest

from sunproof.models import domain, gallery, identity, reports
from sunproof.models.attribution import rolls
from sunproof.models.constraints.limits import load_limits


@pytest.mark.parametrize(
    ("check", "fewest"),
    [
        *((check, domain._FEWEST) for check in ("J1", "J2")),
        *((check, reports.FEWEST) for check in ("J4", "J8", "J9", "J10", "J11")),
        ("J5", identity._FEWEST_JUMPS),
        *((check, gallery._FEWEST_MOMENTS) for check in ("J6", "E9")),
    ],
)
def test_the_smallest_calibration_that_answers_can_fall_below_the_limit(check, fewest):
    assert 1 / (1 + fewest) < load_limits().of(check)["least"]


@pytest.mark.parametrize("check", ["H2", "H3"])
def test_the_fewest_copies_of_a_mask_can_rank_a_map_low_enough(check):
    assert load_limits().of(check)["rank"] > 1 / (1 + rolls.FEWEST)
