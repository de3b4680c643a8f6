"""L1 and L2: evidence about the model travels into each of its forecasts."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA, PASS, REVIEW, IMPLAUSIBLE = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE


def told(**evidence):
    return batch([cells(0.4, 0.1, 0.01)], **evidence)


@pytest.mark.parametrize(
    ("high", "outcome"), [(0.07, PASS), (0.0, PASS), (-0.01, REVIEW), (-0.06, IMPLAUSIBLE), (np.nan, NA)]
)
def test_a_model_worse_than_its_referee_is_for_review_or_withheld(high, outcome):
    assert ask("L1", told(model_gain_high=high, model_flaring=10.0))[0] == [outcome]


@pytest.mark.parametrize(
    ("share", "low", "outcome"),
    [
        (0.01, 0.0, PASS),
        (0.2, 0.15, REVIEW),
        (0.8, 0.6, IMPLAUSIBLE),
        (0.35, 0.2, IMPLAUSIBLE),
        # a share of few regions that could as well be that of an honest model
        (0.35, 0.05, PASS),
        (np.nan, np.nan, NA),
    ],
)
def test_a_model_that_place_or_gaps_move_has_learnt_a_shortcut(share, low, outcome):
    asked = told(model_shortcut=share, model_shortcut_low=low, model_regions=15.0)
    assert ask("L2", asked)[0] == [outcome]


@pytest.mark.parametrize(
    ("check", "evidence"),
    [
        ("L1", {"model_gain_high": -1.0, "model_flaring": 9.0}),
        ("L2", {"model_shortcut": 1.0, "model_shortcut_low": 1.0, "model_regions": 14.0}),
    ],
)
def test_too_few_regions_are_told_with_their_number(check, evidence):
    outcome, reasons = ask(check, told(**evidence))
    assert outcome == [NA]
    assert f"{list(evidence.values())[-1]:g} of 1" in reasons[0]


@pytest.mark.parametrize(
    ("check", "evidence", "told_why"),
    [
        ("L1", {"model_gain_high": np.nan, "model_flaring": 20.0}, "no labelled region-times to teach a referee on"),
        (
            "L2",
            {"model_shortcut": np.nan, "model_shortcut_low": np.nan, "model_regions": 20.0},
            "the model reads neither place nor hour nor a sequence",
        ),
    ],
)
def test_enough_regions_of_which_nothing_can_be_asked_are_told_apart(check, evidence, told_why):
    assert ask(check, told(**evidence)) == ([NA], [told_why])


def test_a_full_disk_without_regions_is_not_what_the_model_is_examined_on():
    evidence = {"model_gain_high": np.nan, "model_flaring": np.nan}
    outcome, (reason,) = ask("L1", batch([cells(0.4, 0.1, 0.01)], entity="full_disk", **evidence))
    assert outcome == [NA]
    assert reason.startswith("the model is examined on regions: without any of this time")


def test_a_full_disk_made_of_a_broken_models_regions_is_withheld_with_them():
    evidence = {"model_gain_high": -0.06, "model_flaring": 10.0}
    disk = batch([cells(0.4, 0.1, 0.01)], entity="full_disk", **evidence)
    assert ask("L1", disk)[0] == [IMPLAUSIBLE]


@pytest.mark.parametrize("check", ["L1", "L2"])
def test_without_the_model_nothing_is_said_of_it(check):
    assert ask(check, told())[0] == [NA]
