"""A5-A7: probabilities against the counts, fluxes and bins that a model issues beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells


@pytest.mark.parametrize(
    ("issued", "expected"),
    [(0.38, Outcome.PASS), (0.40, Outcome.PASS), (0.42, Outcome.IMPLAUSIBLE), (0.51, Outcome.INVALID)],
)
def test_expected_counts_bound_the_probability(issued, expected):
    rate = (("forecast", "window"), np.full((1, 3), 0.5))
    assert ask("A5", batch([np.full((3, 3), issued)], rate=rate))[0] == [expected]


@given(st.lists(st.tuples(st.floats(0.01, 20), st.floats(0.01, 1)), min_size=1, max_size=5))
def test_no_mixture_of_poisson_processes_offends(parts):
    rates, weights = np.array(parts).T
    weights /= weights.sum()
    issued = float(weights @ -np.expm1(-rates))
    rate = (("forecast", "window"), np.full((1, 3), weights @ rates))
    assert ask("A5", batch([np.full((3, 3), issued)], rate=rate))[0] == [Outcome.PASS]


@pytest.mark.parametrize(
    ("median", "p_m", "expected"),
    [
        (2e-5, 0.45, Outcome.INVALID),
        (2e-5, 0.55, Outcome.PASS),
        (5e-6, 0.45, Outcome.PASS),
        (5e-6, 0.55, Outcome.INVALID),
    ],
)
def test_a_median_peak_flux_is_on_the_side_that_the_probability_says(median, p_m, expected):
    made = batch(
        [[[0.99], [p_m], [0.01]]],
        windows=(24.0,),
        flux_quantile=(("forecast", "window", "quantile"), [[[median]]]),
        quantile=(("quantile",), np.array([0.5])),
    )
    assert ask("A6", made)[0] == [expected]


def test_crossing_peak_flux_quantiles_are_invalid():
    made = batch(
        [[[0.99], [0.5], [0.01]]],
        windows=(24.0,),
        flux_quantile=(("forecast", "window", "quantile"), [[[1.2e-5, 8e-6]]]),
        quantile=(("quantile",), np.array([0.45, 0.55])),
    )
    outcomes, reasons = ask("A6", made)
    assert outcomes == [Outcome.INVALID]
    assert "quantiles cross" in reasons[0]


def test_a_forecast_without_quantiles_is_not_evaluable_beside_one_with():
    made = batch(
        [[[0.99], [0.5], [0.01]]] * 2,
        windows=(24.0,),
        flux_quantile=(("forecast", "window", "quantile"), [[[1e-5]], [[np.nan]]]),
        quantile=(("quantile",), np.array([0.5])),
    )
    assert ask("A6", made)[0] == [Outcome.PASS, Outcome.NOT_EVALUABLE]


@pytest.mark.parametrize(
    ("quiet", "quantum", "expected"),
    [
        (0.55, 0.0, Outcome.PASS),
        (0.56, 0.0, Outcome.INVALID),
        (0.56, 0.01, Outcome.PASS),
        (0.58, 0.01, Outcome.INVALID),
    ],
)
def test_exclusive_bins_add_up_to_one(quiet, quantum, expected):
    attrs = {"classes": "exclusive", "probability_quantum": quantum}
    quiets = (("forecast", "window"), np.full((1, 3), quiet))
    made = batch([np.full((3, 3), [[0.3], [0.1], [0.05]])], attrs=attrs, probability_quiet=quiets)
    assert ask("A7", made)[0] == [expected]


def test_cumulative_classes_have_no_bins():
    quiets = (("forecast", "window"), np.full((1, 3), 0.55))
    assert ask("A7", batch([cells(0.4, 0.2, 0.1)], probability_quiet=quiets))[0] == [Outcome.NOT_EVALUABLE]
