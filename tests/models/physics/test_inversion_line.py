import numpy as np
import pytest

from sunproof.models.physics.inversion_line import inversion_line, r_value


def test_inversion_line_is_where_strong_fields_of_both_signs_touch():
    blos = np.zeros((9, 12))
    blos[:, :6], blos[:, 6:] = 400, -400
    expected = np.zeros((9, 12), bool)
    expected[:, 5:7] = True
    np.testing.assert_array_equal(inversion_line(blos), expected)
    assert not inversion_line(blos / 4).any()


@pytest.mark.parametrize("sampling", ["every fourth pixel", "mean of 4 x 4", "full"])
def test_r_value_is_zero_without_an_inversion_line_and_positive_with_one(sampling):
    blos = np.full((40, 64), 400.0)
    assert r_value(blos, sampling) == 0
    blos[:, 32:] = -400
    assert r_value(blos, sampling) > 3


def test_r_grows_with_the_logarithm_of_the_field():
    blos = np.full((40, 64), 400.0)
    blos[:, 32:] = -400
    assert r_value(10 * blos) - r_value(blos) == pytest.approx(1)
