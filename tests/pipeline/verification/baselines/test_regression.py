import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sunproof.pipeline.verification.baselines.regression import Regression, nest
from sunproof.pipeline.verification.cases import make_cases

TABLES = arrays(float, (4, 3, 3), elements=st.floats(0, 1))
# a class or a window without any known label in training has no regression, an unobserved case none at all
MISSING = st.tuples(*[st.sets(st.integers(0, size - 1)) for size in (4, 3, 3)])


def blank(table, missing):
    table = table.copy()
    for axis, numbers in enumerate(missing):
        np.moveaxis(table, axis, 0)[list(numbers)] = np.nan
    return table


def in_order(table):
    """Whether every known pair of cells is, of which one event contains the other."""
    for threshold, window in np.ndindex(3, 3):
        inside = table[:, threshold:, : window + 1]
        if (inside > table[:, threshold, window, None, None]).any():
            return False
    return True


@given(TABLES, MISSING)
def test_whatever_was_fitted_is_nested_and_what_is_missing_stays_missing(table, missing):
    table = blank(table, missing)
    found = nest(table)
    assert in_order(found)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(table))
    assert (np.isnan(found) | ((found >= 0) & (found <= 1))).all()


@given(TABLES, MISSING)
def test_what_is_nested_stays_to_the_last_bit(table, missing):
    # sorted along both axes: the second sort keeps the order of the first
    coherent = blank(np.sort(np.sort(table, axis=2), axis=1)[:, ::-1], missing)
    assert in_order(coherent)
    np.testing.assert_array_equal(nest(coherent), coherent)


def test_the_rarer_class_and_the_longer_window_give_way():
    raw = np.array([[[0.5, 0.6], [0.9, 0.3], [0.94, 0.01]]])
    np.testing.assert_array_equal(nest(raw), [[[0.5, 0.6], [0.5, 0.5], [0.5, 0.5]]])


def test_regressions_that_contradict_each_other_predict_no_contradiction(samples):
    # few M flares, of their own cause: each cell fits its own column
    rng = np.random.default_rng(3)
    event = samples["event"].values
    event[:, 1] = event[:, 0] * (rng.random(event[:, 0].shape) < 0.2)
    cases = make_cases(samples)
    noise = rng.normal(0, 1, (len(cases), 30))
    found = Regression("noise", lambda asked: noise[: len(asked)]).fit(cases).predict(cases)
    assert np.isfinite(found).all()
    assert (found[:, 1] <= found[:, 0]).all()
    assert (found[:, :, 1] >= found[:, :, 0]).all()
