"""K1 to K5: the referee, intervals and sets, what is said beyond climatology, and whether it is the audited model."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate

from .build import ask, batch, cells

NA, PASS, REVIEW, INFO = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.INFO
CUBE = ("forecast", "threshold", "window")


def cube(value):
    return CUBE, np.full((1, 3, 3), value)


def rated(c, m, **settings):
    rates = np.repeat([[0.2], [0.03], [0.002]], 3, axis=1)
    return batch([cells(c, m, m / 20)], base_rate=(("threshold", "window"), rates), **settings)


@pytest.mark.parametrize(("referee", "outcome"), [(0.3, PASS), (0.94, PASS), (0.96, REVIEW), (np.nan, NA)])
def test_a_forecast_far_from_the_referee_is_for_review(referee, outcome):
    made = batch([np.full((3, 3), 0.4)], probability_regression=cube(referee))
    assert ask("K1", made)[0] == [outcome]


def test_one_output_far_from_the_referee_is_enough():
    beside = np.full((1, 3, 3), 0.4)
    beside[0, 1, 2] = 1.0
    assert ask("K1", batch([np.full((3, 3), 0.4)], probability_regression=(CUBE, beside)))[0] == [REVIEW]


@pytest.mark.parametrize(("high", "outcome"), [(0.35, PASS), (0.5, INFO), (np.nan, NA)])
def test_a_wide_interval_is_told(high, outcome):
    made = batch([cells(0.4, 0.1, 0.01)], confidence_low=cube(0.3), confidence_high=cube(high))
    assert ask("K2", made)[0] == [outcome]


@pytest.mark.parametrize(
    ("c", "m", "outcome"),
    [(0.01, 0.0005, PASS), (0.95, 0.1, PASS), (0.98, 0.7, PASS), (0.36, 0.05, REVIEW), (0.7, 0.05, PASS)],
)
def test_what_says_little_more_than_climatology_is_for_review(c, m, outcome):
    assert ask("K3", rated(c, m))[0] == [outcome]


def test_the_least_informative_probability_is_nearer_to_the_base_rate_than_to_one_half():

    values = [
        float(evaluate(rated(c, 0.02), all_checks(["K3"]))["value"].values[0, 0]) for c in np.arange(1, 100) / 100
    ]
    assert 0.2 < (np.argmin(values) + 1) / 100 < 0.45


@pytest.mark.parametrize("change", [{"entity": "full_disk"}, {"attrs": {"classes": "exclusive"}}])
def test_the_base_rate_is_that_of_regions_and_cumulative_classes(change):
    assert ask("K3", rated(0.36, 0.05, **change))[0] == [NA]


def test_without_a_base_rate_nothing_is_said_of_climatology():
    made = rated(0.36, 0.05)
    made["base_rate"].values[:] = np.nan
    assert ask("K3", made)[0] == [NA]


@pytest.mark.parametrize(
    ("flare", "quiet", "outcome"), [(0.5, 0.5, INFO), (0.05, 0.5, PASS), (0.5, 0.1, PASS), (np.nan, np.nan, NA)]
)
def test_a_set_of_both_is_told(flare, quiet, outcome):
    made = batch([cells(0.4, 0.1, 0.01)], conformal_flare=cube(flare), conformal_quiet=cube(quiet))
    assert ask("K4", made)[0] == [outcome]


@pytest.mark.parametrize(("error", "outcome"), [(1e-6, PASS), (0.01, REVIEW), (np.inf, REVIEW), (np.nan, NA)])
def test_a_forecast_that_the_model_does_not_give_is_for_review(error, outcome):
    assert ask("K5", batch([cells(0.4, 0.1, 0.01)], reproduction_error=error))[0] == [outcome]


@pytest.mark.parametrize("check", ["K1", "K2", "K3", "K4", "K5"])
def test_without_evidence_nothing_is_evaluated(check):
    assert ask(check, batch([cells(0.4, 0.1, 0.01)]))[0] == [NA]
