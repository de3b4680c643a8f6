import captum.metrics
import numpy as np
import pytest
import torch

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.nulls import shuffled
from sunproof.models.attribution.skill import Probes, probe
from tests.models.toy import ensemble, inputs

SIZE = 60


@pytest.fixture(scope="module")
def case():
    given = inputs(SIZE, seed=5)
    subject = Explained.of(ensemble(), given, "M1.0", 24)
    tree = subject.ensemble.architecture
    probes = probe(subject, partition(tree, "physics"), partition(tree, "lag"), count=100, seed=0)
    return subject, probes, subject.flat(attribute(subject.ensemble, given).modalities)


def test_integrated_gradients_explain_more_than_nothing_more_than_shuffled_and_more_than_the_bare_input(case):
    subject, probes, gradients = case
    own = np.median(probes.skill(gradients))
    assert own > 0.5
    assert own > np.median(probes.skill(np.abs(subject.values.numpy()))) + 0.2
    assert own > np.median(probes.skill(shuffled(gradients, subject.mask, seed=0))) + 0.2


def test_explaining_nothing_has_no_skill_and_the_unit_does_not_count(case):
    _, probes, gradients = case
    np.testing.assert_array_equal(probes.skill(np.zeros_like(gradients)), 0)
    np.testing.assert_allclose(probes.skill(100 * gradients), probes.skill(gradients), atol=1e-9)


def test_an_explanation_of_the_wrong_sign_has_none(case):
    _, probes, gradients = case
    right, wrong = probes.skill(gradients), probes.skill(-gradients)
    assert (wrong[right > 0.1] == 0).all()


def test_another_samples_explanation_explains_less(case):
    _, probes, gradients = case
    assert np.median(probes.skill(np.roll(gradients, 1, axis=0))) < np.median(probes.skill(gradients)) - 0.1


def test_skill_is_captums_normalised_infidelity_against_zero(case):
    subject, probes, gradients = case
    blocks = torch.as_tensor(probes.blocks)
    count = len(blocks)

    def perturb(values):
        # captum repeats each sample as often as it perturbs it
        taken = blocks.repeat(len(values) // count, 1)
        return taken.double(), torch.where(taken, torch.zeros_like(values), values)

    def forward(values):
        return subject.logit(values, torch.arange(SIZE).repeat_interleave(len(values) // SIZE))

    infidelity = captum.metrics.infidelity(
        forward, perturb, subject.values, torch.as_tensor(gradients), n_perturb_samples=count, normalize=True
    )
    nothing = (probes.drops**2).mean(axis=1)
    np.testing.assert_allclose(probes.skill(gradients), 1 - infidelity.numpy() / nothing, atol=2e-3)


def test_skill_of_a_model_that_ignores_everything_is_unknown():
    probes = Probes(np.eye(3, dtype=bool), np.zeros((1, 3)))
    assert np.isnan(probes.skill(np.ones((1, 3)))).all()


def test_probes_depend_on_the_seed_alone(case):
    subject, probes, _ = case
    tree = subject.ensemble.architecture
    groups, lags = partition(tree, "physics"), partition(tree, "lag")
    again, other = (probe(subject, groups, lags, count=100, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(again.drops, probes.drops)
    assert (other.blocks != probes.blocks).any()
