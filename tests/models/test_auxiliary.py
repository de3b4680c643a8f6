"""Predictions beside flares: a head that leaves everything else as it is."""

import pytest
import torch

from sunproof.models.auxiliary import MODALITY, change_loss
from sunproof.models.forecaster import Ensemble
from sunproof.models.heads import FlareProcess
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.models.reduced import reduced
from tests.models import toy

AHEAD = {"quantities": ["usflux", "totpot"], "lead_hours": [12.0, 24.0]}
FUSIONS = [{}, {"hidden": 0}, {"fusion": {"layers": 1, "heads": 1}}]


def networks(**changes):
    found = []
    for auxiliary in (None, AHEAD):
        torch.manual_seed(0)
        found.append(Network(toy.architecture(auxiliary=auxiliary, **changes)).eval())
    return found


@pytest.mark.parametrize("changes", FUSIONS)
def test_the_head_changes_no_other_weight_and_no_forecast(changes):
    plain, other = networks(**changes)
    kept = {name: value for name, value in other.state_dict().items() if not name.startswith("auxiliary.")}
    assert kept.keys() == plain.state_dict().keys()
    assert all(torch.equal(value, plain.state_dict()[name]) for name, value in kept.items())
    given = toy.inputs(20)
    normaliser = fit_normaliser(given)
    first, second = (Ensemble(toy.architecture(), normaliser, [net]).prepare(given) for net in (plain, other))
    one, two = plain(first), other(second)
    assert torch.equal(one.log_rate, two.log_rate)
    assert one.changes is None
    assert two.changes.shape == (20, 4)


def test_untrained_it_says_the_mean_change_of_training_in_dex():
    networks = [Network(toy.architecture(auxiliary=AHEAD)) for _ in range(2)]
    fitted = fit_normaliser(toy.inputs(100)).statistics()
    centre = [0.1, -0.2, 0.0, 0.3]
    statistics = {**fitted, MODALITY: {"scale": [0.0] * 4, "centre": centre, "spread": [0.5] * 4}}
    ensemble = Ensemble(toy.architecture(auxiliary=AHEAD), Normaliser(statistics), networks).eval()
    process = ensemble(toy.inputs(7))
    torch.testing.assert_close(process.changes, torch.tensor([centre] * 7))
    assert process.double().changes.dtype == torch.float64
    assert len(FlareProcess.join([process, process]).changes) == 14


@pytest.mark.parametrize("changes", FUSIONS)
def test_the_deep_path_learns_from_it(changes):
    net = networks(**changes)[1].train()
    torch.nn.init.normal_(net.auxiliary.wide.weight)
    if net.auxiliary.deep is not None:
        torch.nn.init.normal_(net.auxiliary.deep.weight)
    given = toy.inputs(30)
    prepared = Ensemble(toy.architecture(), fit_normaliser(given), [net]).prepare(given)
    change_loss(net(prepared).changes, torch.ones(30, 4)).backward()
    moved = {name.split(".")[0] for name, part in net.named_parameters() if part.grad is not None and part.grad.any()}
    assert moved >= ({"auxiliary", "encoders", "deep"} if net.deep is not None else {"auxiliary"})


def test_unknown_changes_count_nothing_and_large_ones_by_their_size():
    found = torch.zeros(3, 2, requires_grad=True)
    wanted = torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan], [10.0, torch.nan]])
    loss = change_loss(found, wanted)
    # half a square within two spreads; beyond, 2 (|x| - 1)
    assert float(loss.detach()) == pytest.approx((0.5 + 18) / 2)
    loss.backward()
    assert found.grad.tolist() == [[-0.5, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    assert float(change_loss(found.detach(), torch.full((3, 2), torch.nan))) == 0


@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16", "int8"])
def test_in_fewer_bits_the_same_changes_are_predicted(precision):
    tree = toy.architecture(auxiliary=AHEAD)
    torch.manual_seed(0)
    networks = [Network(tree)]
    for parameter in networks[0].auxiliary.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    given = toy.inputs(40)
    known = {MODALITY: {"scale": [0.0] * 4, "centre": [0.0] * 4, "spread": [0.2] * 4}}
    ensemble = Ensemble(tree, Normaliser(fit_normaliser(given).statistics() | known), networks).eval()
    with torch.no_grad():
        wanted, found = ensemble(given).changes, reduced(ensemble, precision)(given).changes
    assert found.dtype == torch.float32
    assert float(wanted.abs().max()) > 0.05
    torch.testing.assert_close(found, wanted, atol=0.01, rtol=0)
