"""Rates, probabilities and the GOES scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.rates import probability_of_rate, rate_of_probability, scale_ratio


@given(st.floats(1e-12, 30))
def test_rate_and_probability_are_inverse(rate):
    assert rate_of_probability(probability_of_rate(rate)) == pytest.approx(rate, rel=1e-3)


def test_the_ends_are_zero_and_infinity():
    np.testing.assert_array_equal(rate_of_probability([0.0, 1.0, 1.5]), [0.0, np.inf, np.nan])


def test_counts_grow_by_1_42_on_the_true_scale():
    assert scale_ratio("operational", "science") == pytest.approx(1.42, abs=0.01)
    assert scale_ratio("science", "operational") * scale_ratio("operational", "science") == pytest.approx(1)
    assert scale_ratio("science", "science") == 1


def test_an_unknown_scale_cannot_be_converted():
    with pytest.raises(KeyError, match="unknown"):
        scale_ratio("unknown", "science")
