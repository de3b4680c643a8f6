import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

from sunproof.models.attribution.ablation import ablate, agreement
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.integrated_gradients import attribute
from tests.models.toy import ensemble, inputs


def explained(model=None, size=30, **changes):
    return Explained.of(model or ensemble(**changes), inputs(size, seed=4), "M1.0", 24)


def test_the_effect_of_a_group_is_what_the_logit_loses_without_it():
    subject = explained()
    groups = partition(subject.ensemble.architecture, "physics")
    found = ablate(subject, groups)
    for place in range(len(groups.names)):
        without = subject.values * torch.as_tensor(~groups.members[place])
        expected = (subject.logit(subject.values) - subject.logit(without)).numpy()
        seen = np.isfinite(found[:, place])
        np.testing.assert_allclose(found[seen, place], expected[seen], atol=1e-5)


@pytest.mark.parametrize("by", ["modality", "physics", "lag"])
def test_a_group_that_was_not_observed_has_no_effect_to_state(by):
    given = inputs(5)
    for _, mask in given.values():
        mask[2] = False
    subject = Explained.of(ensemble(), given, "M1.0", 24)
    found = ablate(subject, partition(subject.ensemble.architecture, by))
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[[0, 1, 3, 4]]).any(axis=1).all()


def test_ablation_and_integrated_gradients_agree_on_the_order_of_groups():
    subject = explained(size=200)
    groups = partition(subject.ensemble.architecture, "physics")
    gradients = attribute(subject.ensemble, inputs(200, seed=4), "M1.0", 24)
    sums = np.where(groups.observed(subject.mask), groups.sums(subject.flat(gradients.modalities)), np.nan)
    assert np.nanmedian(agreement(ablate(subject, groups), sums)) >= 0.5


def test_agreement_is_kendalls_tau():
    random = np.random.default_rng(0)
    first, second = (random.integers(0, 4, (20, 7)).astype(float) for _ in range(2))
    expected = [kendalltau(one, two).statistic for one, two in zip(first, second, strict=True)]
    np.testing.assert_allclose(agreement(first, second), expected, atol=1e-12)


def test_groups_that_do_not_count_are_left_out_of_the_agreement():
    first, second = np.array([[1.0, 2, 3, np.nan]]), np.array([[1.0, 2, 3, -9]])
    assert agreement(first, second).tolist() == [1]


def test_an_explanation_that_orders_nothing_agrees_with_nothing():
    assert np.isnan(agreement(np.zeros((1, 4)), np.arange(4.0)[None])).all()
