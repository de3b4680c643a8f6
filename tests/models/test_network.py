import numpy as np
import pytest
import torch

from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from sunproof.models.prepared import prepare
from tests.models import imaging, toy
from tests.models.toy import architecture, ensemble, inputs

MODALITIES = ["keywords", "xrs", "region"]


def prepared(given=None):
    given = inputs(50) if given is None else given
    return prepare(given, fit_normaliser(inputs(200)), architecture())


@pytest.mark.parametrize("lost", MODALITIES)
def test_any_modality_may_be_lost(lost: str):
    given = inputs(20)
    kept = {name: part for name, part in given.items() if name != lost}
    masked = {**kept, lost: (given[lost][0], np.zeros_like(given[lost][1]))}
    model = ensemble()
    with torch.no_grad():
        found, expected = model(kept), model(masked)
    assert torch.isfinite(found.logits(model.fluxes)).all()
    # left out and never observed are the same thing
    assert torch.equal(found.log_rate, expected.log_rate)


def test_all_but_one_modality_may_be_lost():
    model = ensemble()
    for kept in MODALITIES:
        with torch.no_grad():
            assert torch.isfinite(model({kept: inputs(3)[kept]}).logits(model.fluxes)).all()


def test_missing_values_may_be_nan():
    given = inputs(10)
    broken = {name: (np.where(mask, values, np.nan), np.ones_like(mask)) for name, (values, mask) in given.items()}
    model = ensemble()
    with torch.no_grad():
        assert torch.equal(model(given).log_rate, model(broken).log_rate)


def test_the_deep_path_begins_as_nothing():
    network, given = Network(architecture()), prepared()
    torch.nn.init.normal_(network.wide.weight)
    with torch.no_grad():
        both = network(given).log_rate
        network.deep = None
        assert torch.equal(both, network(given).log_rate)


def test_modality_dropout_hides_only_while_training():
    network, given = Network(architecture(modality_dropout=0.9)), prepared()
    torch.nn.init.normal_(network.wide.weight)
    with torch.no_grad():
        assert not torch.equal(network(given).log_rate, network(given).log_rate)
        network.eval()
        assert torch.equal(network(given).log_rate, network(given).log_rate)


def test_a_network_without_linear_features_still_forecasts():
    tree = architecture()
    for block in tree["modalities"].values():
        block["wide"] = []
    with torch.no_grad():
        assert torch.isfinite(Network(tree)(prepared()).log_rate).all()


@pytest.mark.parametrize("kind", [toy, imaging])
def test_a_batch_without_a_sample_has_an_answer_for_none(kind):
    model = kind.ensemble()
    with torch.no_grad():
        found = model(kind.inputs(0))
    assert found.logits(model.fluxes).shape == (0, 3, 3)
