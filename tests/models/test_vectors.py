"""Vector magnetograms as a model reads them: components of one field, and sums that keywords have too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.potential_field import potential_field
from sunproof.models.vectors import field_sums, one_field

SIDE = 20


def bipole(tilt=0.3, twist=0.4, noise=5.0, seed=0, width=2.5):
    """Patch of one region, (1, 1, 3, y, x): a tilted bipole, its potential field, and part of that turned by 90 deg."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    spots = [
        np.exp(-((x - side * 4 * np.cos(tilt)) ** 2 + (y - side * 4 * np.sin(tilt)) ** 2) / 2 / width**2)
        for side in (-1, 1)
    ]
    outward = 800 * (spots[1] - spots[0])
    west, north = potential_field(outward)
    field = np.stack([outward, -(north + twist * west), west - twist * north])
    field = field + np.random.default_rng(seed).normal(0, noise, field.shape)
    return field[None, None].astype(np.float32), np.ones((1, 1, 3, SIDE, SIDE), bool)


NEAR = np.array([0.8])


@given(tilt=st.floats(-0.5, 0.5), twist=st.floats(-0.6, 0.6), seed=st.integers(0, 99))
def test_components_of_a_twisted_bipole_go_with_its_potential_field(tilt, twist, seed):
    assert one_field(bipole(tilt, twist, 10.0, seed), NEAR)[0] > 0.4


@given(factor=st.floats(1, 50), sign=st.sampled_from([-1, 1]))
def test_neither_scale_nor_polarity_matters(factor, sign):
    field, mask = bipole(noise=0)
    own = one_field((field, mask), NEAR)
    other = one_field((field * np.float32(sign * factor), mask), NEAR)
    # a stronger field has more strong cells
    assert other == pytest.approx(own, abs=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda field: field * np.array([1, -1, 1], np.float32)[:, None, None],
        lambda field: field * np.array([1, 1, -1], np.float32)[:, None, None],
        lambda field: field * np.array([-1, 1, 1], np.float32)[:, None, None],
        lambda field: field[:, :, [0, 2, 1]],
        lambda field: field[:, :, [1, 0, 2]],
        lambda field: field[:, :, [2, 1, 0]],
    ],
    ids=["south", "west", "outward", "tangential exchanged", "outward and south", "outward and west"],
)
def test_a_wrong_sign_or_exchanged_components_run_against_it(wrong):
    field, mask = bipole()
    assert one_field((field, mask), NEAR)[0] > 0.5
    assert one_field((wrong(field), mask), NEAR)[0] < 0


def test_nothing_is_said_of_no_patch_a_weak_one_and_one_near_the_limb():
    field, mask = bipole()
    assert np.isnan(one_field((field, mask), np.array([0.3]))).all()
    assert np.isnan(one_field((field, mask), np.array([np.nan]))).all()
    assert np.isnan(one_field((field, np.zeros_like(mask)), NEAR)).all()
    assert np.isnan(one_field((field / 30, mask), NEAR)).all()
    assert np.isnan(field_sums((field, np.zeros_like(mask)))).all()


def test_sums_are_of_sizes_and_squares_over_what_is_known():
    field, mask = bipole()
    mask[..., :4] = False
    known = np.where(mask, field, 0)[0, 0].astype(np.float64)
    expected = [np.abs(known).sum(axis=(1, 2)), (known**2).sum(axis=(1, 2))]
    np.testing.assert_allclose(10 ** field_sums((field, mask))[0], np.concatenate(expected), rtol=1e-6)


@given(factor=st.floats(0.1, 10))
def test_sums_tell_the_scale(factor):
    field, mask = bipole()
    apart = field_sums((field * np.float32(factor), mask)) - field_sums((field, mask))
    np.testing.assert_allclose(apart[0], np.log10(factor) * np.array([1, 1, 1, 2, 2, 2]), atol=1e-4)


def test_nothing_is_said_of_a_region_that_the_square_cuts_on_any_scale():
    field, mask = bipole(width=9)
    for factor in (0.1, 1, 10):
        parts = field * np.float32(factor), mask
        assert np.isnan(field_sums(parts)).all()
        assert np.isnan(one_field(parts, NEAR)).all()


def test_no_rows_have_no_answer():
    field, mask = bipole()
    assert one_field((field[:0], mask[:0]), NEAR[:0]).shape == (0,)
    assert field_sums((field[:0], mask[:0])).shape == (0, 6)
