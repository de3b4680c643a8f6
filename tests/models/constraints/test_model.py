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
    assert ask("L1", told(model_gain_high=high))[0] == [outcome]


@pytest.mark.parametrize(("share", "outcome"), [(0.01, PASS), (0.2, REVIEW), (0.8, IMPLAUSIBLE), (np.nan, NA)])
def test_a_model_that_place_or_gaps_move_has_learnt_a_shortcut(share, outcome):
    assert ask("L2", told(model_shortcut=share))[0] == [outcome]


@pytest.mark.parametrize("check", ["L1", "L2"])
def test_without_the_model_nothing_is_said_of_it(check):
    assert ask(check, told())[0] == [NA]
