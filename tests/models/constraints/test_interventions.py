"""I4, I5, I10: what the model says when its inputs are replaced."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA, PASS, REVIEW, IMPLAUSIBLE = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE
CUBE = ("forecast", "threshold", "window")


def asked(name, answer, **changes):
    return batch([cells(0.6, 0.4, 0.05)], **{name: (CUBE, np.asarray(answer, float)[None])}, **changes)


@pytest.mark.parametrize(("left", "outcome"), [(0.002, PASS), (0.02, REVIEW), (0.06, IMPLAUSIBLE), (np.nan, NA)])
def test_without_the_region_little_may_be_left(left, outcome):
    assert ask("I5", asked("probability_without_region", cells(0.1, left, 0.001)))[0] == [outcome]


def test_without_class_m_the_background_is_not_known():
    made = batch(
        np.full((1, 1, 3), 0.5), thresholds=("C1.0",), probability_without_region=(CUBE, np.full((1, 1, 3), 0.5))
    )
    assert ask("I5", made) == ([NA], ["the batch holds no probability of class M1.0"])


@pytest.mark.parametrize(("step", "outcome"), [(0.09, PASS), (-0.09, PASS), (0.11, REVIEW), (-0.11, REVIEW)])
def test_place_and_time_may_move_the_probability_by_a_tenth(step, outcome):
    answer = cells(0.6, 0.4, 0.05)
    answer[1, 2] += step
    assert ask("I10", asked("probability_elsewhere", answer))[0] == [outcome]


@pytest.mark.parametrize(("change", "outcome"), [(0.8, PASS), (-0.9, PASS), (-1.1, REVIEW)])
def test_a_stronger_field_may_not_lower_the_forecast_by_much(change, outcome):
    answer = np.zeros((3, 3))
    answer[0, 1] = change
    assert ask("I4", asked("field_response", answer))[0] == [outcome]


@pytest.mark.parametrize("check", ["I4", "I5", "I10"])
def test_a_model_that_was_not_asked_is_not_evaluable(check):
    names = ("field_response", "probability_without_region", "probability_elsewhere")
    made = batch([cells(0.6, 0.4, 0.05)], **{name: (CUBE, np.full((1, 3, 3), np.nan)) for name in names})
    outcomes, reasons = ask(check, made)
    assert outcomes == [NA]
    assert "not asked" in reasons[0]
    assert ask(check, batch([cells(0.6, 0.4, 0.05)]))[0] == [NA]
