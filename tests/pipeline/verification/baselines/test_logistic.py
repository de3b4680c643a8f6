import numpy as np

from sunproof.pipeline.verification.baselines.logistic import BASELINE, columns
from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.scores import area_under_roc


def test_columns_are_latest_mean_and_change_of_what_was_observed(samples, inputs, names):
    found = columns(make_cases(samples, inputs, names))
    assert found.shape == (720, 3 * 17 + 2)
    keyword = inputs["keywords"][1, :, 3]
    np.testing.assert_allclose(found[1, [3, 20, 37]], [keyword[-1], keyword.mean(), keyword[-1] - keyword[0]])
    only = inputs["keywords"][10, 3, 3]  # one step observed: latest, mean, and no change
    np.testing.assert_allclose(found[10, [3, 20, 37]], [only, only, 0])
    assert np.isnan(found[0, :51]).all()
    np.testing.assert_allclose(found[1, 51:], np.log1p(inputs["region"][1, :2]))


def test_it_learns_which_region_flares(samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    found = BASELINE.fit(cases).predict(cases)
    test = (cases.block == "test") & (cases.entity == "region")
    assert area_under_roc(found[test, 0, 0], cases.event[test, 0, 0]) > 0.8


def test_test_labels_and_test_inputs_do_not_enter_the_fit(samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    before = BASELINE.fit(cases).predict(cases)
    samples["event"][420:] = 1
    wild = {name: values.copy() for name, values in inputs.items()}
    wild["keywords"][420:] *= 1e6
    after = BASELINE.fit(make_cases(samples, wild, names)).predict(cases)
    np.testing.assert_array_equal(before, after)


def test_a_class_that_never_occurred_gets_its_frequency(samples, inputs, names):
    samples["event"][:, 1] = 0
    cases = make_cases(samples, inputs, names)
    assert (BASELINE.fit(cases).predict(cases)[:, 1] == 0).all()


def test_nothing_observed_gives_no_probability(samples):
    cases = make_cases(samples)
    assert np.isnan(BASELINE.fit(cases).predict(cases)).all()
