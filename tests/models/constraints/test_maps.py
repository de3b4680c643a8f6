"""H1, H2, H3, H8, H11: what maps of images say, and when they say nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits

from .build import ask, batch, cells

NA, PASS, REVIEW, INFO = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.INFO
IMPLAUSIBLE = Outcome.IMPLAUSIBLE
WHOLE = {
    "map_effect": 1.0, "map_picture_effect": 1.0, "map_sky_effect": 0.0, "map_region_ratio": 4.0,
    "map_region_rank": 0.99, "map_line_ratio": 4.0, "map_line_rank": 0.99, "map_deletion_rank": 1.0,
    "map_skill": 0.9, "map_null_skill": 0.8,
}  # fmt: skip
CHECKS = ("H1", "H2", "H3", "H8", "H11")


def mapped(size=1, **evidence):
    return batch([cells(0.4, 0.1, 0.01)] * size, **WHOLE | evidence)


@pytest.mark.parametrize("check", CHECKS)
def test_a_model_that_looks_at_the_region_passes(check):
    assert ask(check, mapped())[0] == [PASS]


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_map_nothing_is_judged(check):
    blank = mapped(2, **dict.fromkeys(WHOLE, np.nan))
    assert ask(check, blank) == ([NA, NA], ["the forecast has no map of its images"] * 2)
    assert ask(check, batch([cells(0.4, 0.1, 0.01)]))[0] == [NA]


@pytest.mark.parametrize("check", [check for check in CHECKS if check != "H1"])
@settings(max_examples=20)
@given(effect=st.floats(-0.0499, 0.0499))
def test_a_picture_that_hardly_moves_the_forecast_says_nothing(check, effect):
    wrong = {"map_region_ratio": 0.1, "map_region_rank": 0.0, "map_line_ratio": 0.1, "map_line_rank": 0.0}
    wrong |= {"map_deletion_rank": 0.1, "map_skill": 0.1, "map_picture_effect": effect}
    assert ask(check, mapped(**wrong)) == ([NA], ["the picture of the region hardly moves this forecast"])
    assert ask(check, mapped(**wrong | {"map_picture_effect": np.sign(effect or 1) * 0.051}))[0] != [NA]


@settings(max_examples=50)
@given(effect=st.floats(0, 2))
def test_the_sky_may_move_the_forecast_by_its_limits(effect):
    limits = load_limits().of("H1")
    wanted = IMPLAUSIBLE if effect > limits["implausible"] else REVIEW if effect > limits["review"] else PASS
    # even where the images as a whole cancel
    assert ask("H1", mapped(map_sky_effect=effect, map_effect=0.0))[0] == [wanted]


@pytest.mark.parametrize(("check", "part", "outcome"), [("H2", "region", REVIEW), ("H3", "line", INFO)])
@settings(max_examples=50)
@given(ratio=st.floats(0, 3), rank=st.floats(0, 1))
def test_a_place_is_avoided_only_by_a_low_share_below_its_rolled_copies(check, part, outcome, ratio, rank):
    wanted = outcome if ratio < 1 and rank < 0.05 else PASS
    assert ask(check, mapped(**{f"map_{part}_ratio": ratio, f"map_{part}_rank": rank}))[0] == [wanted]


@settings(max_examples=50)
@given(rank=st.floats(0, 1))
def test_the_named_pixels_matter_more_than_nearly_all_rolled_copies(rank):
    assert ask("H8", mapped(map_deletion_rank=rank))[0] == [PASS if rank >= 0.95 else REVIEW]


@settings(max_examples=50)
@given(skill=st.floats(0, 1), null=st.floats(0, 1))
def test_a_map_has_to_beat_its_nulls(skill, null):
    assert ask("H11", mapped(map_skill=skill, map_null_skill=null))[0] == [PASS if skill - null > 0 else INFO]


@pytest.mark.parametrize(
    ("check", "blank", "words"),
    [
        ("H1", "map_sky_effect", "no image shows the sky"),
        ("H2", "map_region_ratio", "no region is seen"),
        ("H3", "map_line_rank", "no inversion line is seen"),
        ("H8", "map_deletion_rank", "too few pixels elsewhere"),
        ("H11", "map_null_skill", "no part of the picture moves"),
    ],
)
def test_what_is_not_in_the_picture_is_said(check, blank, words):
    outcomes, reasons = ask(check, mapped(**{blank: np.nan}))
    assert outcomes == [NA]
    assert words in reasons[0]
