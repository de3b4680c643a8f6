import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from sunproof.models.prepared import prepare
from sunproof.pipeline.training.blocks import TensorBlock
from sunproof.pipeline.training.wide import fit_wide
from tests.models.toy import architecture, inputs, outcomes

SETTINGS = {"wide_penalty": 1.0, "wide_sharing": 1e3}


@pytest.fixture(scope="module")
def block() -> TensorBlock:
    given = inputs(2000)
    return TensorBlock(prepare(given, fit_normaliser(given), architecture()), *outcomes(given))


def fitted(block: TensorBlock, thresholds: int, windows: int, **settings: float) -> tuple[Network, TensorBlock]:
    part = TensorBlock(block.prepared, block.events[:, :thresholds, :windows], block.counts[:, :windows])
    network = Network(architecture(windows=[24.0, 48.0, 72.0][:windows], hidden=0))
    fluxes = torch.tensor([1e-6, 1e-5, 1e-4])[:thresholds]
    fit_wide(network, part, fluxes, torch.ones(thresholds, windows), SETTINGS | settings)
    return network, part


def test_for_one_threshold_it_is_the_logistic_regression(block: TensorBlock):
    network, part = fitted(block, 1, 1)
    features = network.wide_features(part.prepared).numpy()
    reference = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(features, part.events[:, 0, 0].numpy())
    np.testing.assert_allclose(network.wide.weight.detach()[0], reference.coef_[0], atol=0.01)
    np.testing.assert_allclose(network.wide.bias.detach()[0], reference.intercept_[0], atol=0.01)


def test_for_two_thresholds_it_does_not_fall_behind_two_regressions(block: TensorBlock):
    network, part = fitted(block, 2, 1)
    features, events = network.wide_features(part.prepared).numpy(), part.events[:, :, 0].numpy()
    with torch.no_grad():
        found = network(part.prepared).probabilities(torch.tensor([1e-6, 1e-5]))[:, :, 0].numpy()
    for place in range(2):
        reference = LogisticRegression(C=1.0, max_iter=1000).fit(features, events[:, place])
        own, other = (
            ((p - events[:, place]) ** 2).mean() for p in (found[:, place], reference.predict_proba(features)[:, 1])
        )
        assert own < 1.05 * other


def test_sharing_pulls_the_scores_together(block: TensorBlock):
    apart, together = fitted(block, 2, 1)[0], fitted(block, 2, 1, wide_sharing=0.01)[0]
    difference = [float((net.wide.weight[1] - net.wide.weight[0]).detach().abs().max()) for net in (apart, together)]
    assert difference[1] < 0.1 * difference[0]


def test_a_block_without_labels_leaves_small_weights():
    given = inputs(20)
    prepared = prepare(given, fit_normaliser(given), architecture())
    block = TensorBlock(prepared, torch.full((20, 3, 3), torch.nan), torch.full((20, 3), torch.nan))
    network = fitted(block, 3, 3)[0]
    assert torch.isfinite(network.wide.weight).all()
    assert float(network.wide.weight.detach().abs().max()) < 1e-6
