"""Probabilities on one footing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.views import Probabilities, column, logit, shift, text

from .build import batch, cells

P = cells(0.3, 0.1, 0.02, (1, 1, 1))


def test_exclusive_classes_are_joined_as_independent_rates():
    view = Probabilities(batch([P], attrs={"classes": "exclusive"}))
    rates = -np.log1p(-P[:, 0])
    np.testing.assert_allclose(view.cumulative[0, :, 0], -np.expm1(-np.cumsum(rates[::-1])[::-1]))


def test_exclusive_bins_of_the_largest_flare_add_up():
    quiet = (("forecast", "window"), np.full((1, 3), 0.58))
    view = Probabilities(batch([P], attrs={"classes": "exclusive"}, probability_quiet=quiet))
    np.testing.assert_allclose(view.cumulative[0, :, 0], [0.42, 0.12, 0.02])


def test_unknown_classes_have_no_cumulative_form():
    view = Probabilities(batch([P], attrs={"classes": "unknown"}))
    assert view.cumulative is None
    assert view.day("M1.0") is None


def test_the_day_is_the_24_hour_window():
    assert Probabilities(batch([P])).day("M1.0") == pytest.approx(0.1)
    assert Probabilities(batch([P], windows=(6.0, 12.0, 48.0))).day("M1.0") is None
    assert Probabilities(batch([P])).day("M5.0") is None


def test_tolerances_add_up():
    made = batch([P], attrs={"probability_quantum": 0.01, "sampling_error": 0.002})
    assert Probabilities(made).tolerance({"tolerance": 1e-6, "sampling_errors": 3.0}) == pytest.approx(0.011001)


@given(st.floats(0.001, 0.999), st.floats(-5, 5))
def test_shifting_moves_the_logit(probability, by):
    assert logit(shift(np.array(probability), by)) == pytest.approx(logit(np.array(probability)) + by, abs=1e-6)


def test_certainty_is_not_moved():
    np.testing.assert_array_equal(shift(np.array([0.0, 1.0]), 3.0), [0.0, 1.0])
    np.testing.assert_array_equal(logit(np.array([0.0, 1.0, 1.5])), [-np.inf, np.inf, np.nan])


def test_evidence_that_is_not_there_is_nan_or_empty():
    made = batch([P], mcintosh=" dao ")
    assert np.isnan(column(made, "srs_area")).all()
    assert text(made, "mcintosh").tolist() == ["DAO"]
    assert text(made, "hale").tolist() == [""]
