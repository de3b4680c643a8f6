import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.nulls import random_twins, shuffled, twin_correlation
from tests.models.toy import ensemble, inputs


@pytest.fixture(scope="module")
def subject():
    return Explained.of(ensemble(seed=3), inputs(100, seed=6), "M1.0", 24)


def effects(explained):
    return ablate(explained, partition(explained.ensemble.architecture, "physics"))


def test_twins_have_the_same_weights_in_other_places(subject):
    model = subject.ensemble
    (twin,) = random_twins(model, 1, 0)
    for own, other in zip(model.members.parameters(), twin.members.parameters(), strict=True):
        torch.testing.assert_close(own.flatten().sort().values, other.flatten().sort().values)
    assert any(
        (own != other).any() for own, other in zip(model.members.parameters(), twin.members.parameters(), strict=True)
    )


def test_twins_are_made_once_for_a_model_and_a_seed(subject):
    model = subject.ensemble
    assert random_twins(model, 2, 0) is random_twins(model, 2, 0)
    assert random_twins(model, 2, 0) is not random_twins(model, 2, 1)


def test_a_model_explains_itself_otherwise_than_its_twins_do(subject):
    found = twin_correlation(subject, effects(subject), effects, random_twins(subject.ensemble, 10, 0))
    assert np.nanmedian(found) < 0.5


def test_a_random_model_is_its_own_twin(subject):
    twin = random_twins(subject.ensemble, 1, 7)
    same = Explained(twin[0], subject.prepared, subject.place)
    np.testing.assert_allclose(twin_correlation(subject, effects(same), effects, twin), 1)


def test_the_correlation_is_spearmans(subject):
    twins, own = random_twins(subject.ensemble, 1, 0), effects(subject)
    other = effects(Explained(twins[0], subject.prepared, subject.place))
    whole = np.flatnonzero(np.isfinite(own).all(axis=1))[:10]
    expected = [spearmanr(own[row], other[row]).statistic for row in whole]
    np.testing.assert_allclose(twin_correlation(subject, own, effects, twins)[whole], expected, atol=1e-12)


def test_shuffling_keeps_what_was_told_and_leaves_missing_inputs_alone():
    flat = np.arange(1.0, 9).reshape(2, 4)
    mask = np.array([[True, True, True, False], [True] * 4])
    found = shuffled(flat * mask, mask, seed=0)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(flat * mask, axis=1))
    assert found[0, 3] == 0
