"""H4 to H10: what makes an explanation evidence."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA, PASS, REVIEW, INFO = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.INFO


def explained(size=1, **evidence):
    return batch([cells(0.4, 0.1, 0.01)] * size, **evidence)


@pytest.mark.parametrize(
    ("error", "difference", "outcome"),
    [
        (0.019, 2, PASS),
        (-0.019, 2, PASS),
        (0.021, 2, REVIEW),
        (-0.021, -2, REVIEW),
        (0.0009, 0, PASS),
        (0.002, 0, REVIEW),
    ],
)
def test_attributions_sum_to_the_difference_within_a_percent(error, difference, outcome):
    made = explained(attribution_error=float(error), attribution_difference=float(difference))
    assert ask("H4", made)[0] == [outcome]


@pytest.mark.parametrize(("correlation", "outcome"), [(0.02, PASS), (0.5, PASS), (0.51, REVIEW), (-0.9, PASS)])
def test_an_explanation_that_shuffled_weights_share_says_nothing(correlation, outcome):
    assert ask("H5", explained(twin_correlation=correlation))[0] == [outcome]


@pytest.mark.parametrize(
    ("skill", "null", "outcome"),
    [(0.9, 0.1, PASS), (0.19, 0.0, REVIEW), (0.5, 0.6, REVIEW), (0.5, np.nan, PASS), (0.5, 0.5, REVIEW)],
)
def test_an_explanation_beats_nothing_by_a_fifth_and_every_null(skill, null, outcome):
    assert ask("H6", explained(explanation_skill=skill, null_skill=null))[0] == [outcome]


@pytest.mark.parametrize(
    ("effect", "level", "outcome"), [(2.0, 1.0, PASS), (-2.0, -1.0, PASS), (-0.4, 1.0, PASS), (-0.6, 1.0, INFO)]
)
def test_strong_regions_raise_the_forecast(effect, level, outcome):
    assert ask("H7", explained(activity_effect=effect, activity_level=level))[0] == [outcome]


@pytest.mark.parametrize(("tau", "outcome"), [(1.0, PASS), (0.5, PASS), (0.49, REVIEW), (-1.0, REVIEW)])
def test_two_methods_put_the_groups_in_the_same_order(tau, outcome):
    assert ask("H9", explained(method_agreement=tau))[0] == [outcome]


@pytest.mark.parametrize(("distance", "outcome"), [(1e-5, PASS), (0.05, PASS), (0.06, REVIEW), (1.4, REVIEW)])
def test_a_given_explanation_is_what_the_audit_computes(distance, outcome):
    assert ask("H10", explained(explanation_parity=distance))[0] == [outcome]


EVIDENCE = {
    "H4": {"attribution_error": np.nan, "attribution_difference": np.nan},
    "H5": {"twin_correlation": np.nan},
    "H6": {"explanation_skill": np.nan, "null_skill": np.nan},
    "H7": {"activity_effect": np.nan, "activity_level": np.nan},
    "H9": {"method_agreement": np.nan},
    "H10": {"explanation_parity": np.nan},
}


@pytest.mark.parametrize("check", sorted(EVIDENCE))
def test_a_forecast_that_was_not_explained_is_not_evaluable(check):
    assert ask(check, explained(2, **EVIDENCE[check])) == ([NA, NA], ["the forecast was not explained"] * 2)
    assert ask(check, explained())[0] == [NA]
