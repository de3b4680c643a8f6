import numpy as np
import pytest
import torch

from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.counterfactuals import Stock, counterfactuals
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.network import Network
from sunproof.pipeline.errors import ConfigError
from tests.models import imaging, toy

MODALITIES = ["keywords", "xrs", "region", "disk", "patch"]


def logits(model, given):
    with torch.no_grad():
        return model(given).logits(model.fluxes)


def blinded(given, name, where):
    values, mask, *index = given[name]
    mask = mask.copy()
    mask[where] = False
    return {**given, name: (values, mask, *index)}


@pytest.mark.parametrize("lost", MODALITIES)
def test_any_modality_may_be_lost(lost):
    model, given = imaging.ensemble(), imaging.inputs(12, parts=4)
    kept = {name: part for name, part in given.items() if name != lost}
    found = logits(model, kept)
    assert torch.isfinite(found).all()
    # left out and never observed are the same thing
    torch.testing.assert_close(found, logits(model, blinded(given, lost, ...)), atol=1e-5, rtol=0)


def test_all_but_one_modality_may_be_lost():
    model, given = imaging.ensemble(), imaging.inputs(5)
    for kept in MODALITIES:
        assert torch.isfinite(logits(model, {kept: given[kept]})).all()


@pytest.mark.parametrize("channels", [[0, 1], [2], [3]])
def test_any_instrument_may_be_lost_and_is_missed(channels):
    model, given = imaging.ensemble(), imaging.inputs(6)
    without = logits(model, blinded(given, "disk", np.s_[:, :, channels]))
    assert torch.isfinite(without).all()
    assert not torch.allclose(without, logits(model, given))


def test_nothing_observed_at_all_is_finite():
    model, given = imaging.ensemble(), imaging.inputs(3)
    for name in MODALITIES:
        given = blinded(given, name, ...)
    assert torch.isfinite(logits(model, given)).all()


def test_pixels_that_were_not_observed_do_not_matter():
    model, given = imaging.ensemble(), imaging.inputs(5)
    wild = dict(given)
    for name in ("disk", "patch"):
        values, mask, index = given[name]
        wild[name] = (np.where(mask, values, 1e4).astype(np.float32), mask, index)
    assert torch.equal(logits(model, given), logits(model, wild))


def test_what_samples_share_is_the_same_as_each_having_its_own():
    model, given = imaging.ensemble(), imaging.inputs(9, parts=3)
    values, mask, index = given["disk"]
    own = {**given, "disk": (values[index], mask[index])}
    torch.testing.assert_close(logits(model, given), logits(model, own), atol=1e-5, rtol=0)


@pytest.mark.parametrize("empty", [False, True])
def test_served_and_audited_are_one_function(empty):
    # torch's own attention has a second path for inference, which answers otherwise for masked rows
    model, given = imaging.ensemble(), imaging.inputs(4)
    if empty:
        for name in MODALITIES:
            given = blinded(given, name, ...)
    prepared = model.prepare(given)
    for _, (values, _) in prepared.modalities.items():
        values.requires_grad_()
    found = model.process(prepared).logits(model.fluxes)
    assert torch.equal(found.detach(), logits(model, given))
    found.sum().backward()
    for values, _ in prepared.modalities.values():
        assert values.grad is None or torch.isfinite(values.grad).all()


def test_training_hides_instruments_and_modalities():
    tree = imaging.architecture(modality_dropout=0.5)
    tree["modalities"]["disk"]["channel_dropout"] = 0.5
    network = Network(tree)
    torch.nn.init.normal_(network.deep.last.weight)
    prepared = imaging.ensemble().prepare(imaging.inputs(6))
    assert not torch.equal(network(prepared).log_rate, network(prepared).log_rate)
    network.eval()
    assert torch.equal(network(prepared).log_rate, network(prepared).log_rate)


def test_the_deep_path_begins_as_nothing():
    network, prepared = Network(imaging.architecture()).eval(), imaging.ensemble().prepare(imaging.inputs(6))
    with torch.no_grad():
        both = network(prepared).log_rate
        network.deep = None
        assert torch.equal(both, network(prepared).log_rate)


def test_images_that_cannot_be_cut_are_refused():
    tree = imaging.architecture()
    tree["modalities"]["disk"]["patch"] = 5
    with pytest.raises(ConfigError, match=r"images cannot be cut so; got 'grid \[16, 16\], patch 5"):
        Network(tree)


def test_an_explanation_goes_to_frames_and_is_complete():
    model, given = imaging.ensemble(), imaging.inputs(4, parts=2)
    found = attribute(model, given)
    assert found.modalities["disk"].shape == (4, 2, 4)
    assert found.complete.all()
    missing = ~given["disk"][1][given["disk"][2]].any(axis=(3, 4))
    assert (found.modalities["disk"][missing] == 0).all()


def test_the_attribution_of_a_frame_is_the_sum_over_its_pixels():
    model, given = imaging.ensemble(members=1), imaging.inputs(1)
    prepared = model.prepare(given)
    steps, total = 256, 0.0
    for step in range(steps):
        parts = {
            name: ((values * (step + 0.5) / steps).requires_grad_(), mask)
            for name, (values, mask) in prepared.modalities.items()
        }
        moved = type(prepared)(parts, prepared.limit, prepared.index)
        model.process(moved).logits(model.fluxes)[0, 1, 0].backward()
        total = total + parts["patch"][0].grad * prepared.modalities["patch"][0] / steps
    expected = total[0].sum(dim=(2, 3))
    torch.testing.assert_close(
        torch.as_tensor(attribute(model, given).modalities["patch"][0]), expected, atol=2e-3, rtol=0
    )


def test_an_instrument_can_be_ablated_as_a_group():
    model, given = imaging.ensemble(), imaging.inputs(5, parts=2)
    groups = partition(model.architecture, "physics")
    assert {"disk aia_131", "disk hmi_m", "patch hmi_m"} <= {*groups.names}
    explained = Explained.of(model, given, "M1.0", 24)
    effects = ablate(explained, groups)
    place = groups.names.index("disk suvi16_195")
    # at the training median, and not missing: the mask stays
    zero = model.prepare(given)
    zero.modalities["disk"][0][:, :, 2] = 0
    with torch.no_grad():
        without = model.process(zero).logits(model.fluxes)[:, 1, 0].double()
    expected = (explained.logit(explained.values) - without).numpy()
    seen = given["disk"][1][given["disk"][2]][:, :, 2].any(axis=(1, 2, 3))
    np.testing.assert_allclose(effects[seen, place], expected[seen], atol=1e-5)
    assert np.isnan(effects[~seen, place]).all()


def test_interventions_leave_images_but_a_quiet_sun_has_none():
    model, given = imaging.ensemble(), imaging.inputs(6, parts=2)
    stock = Stock.pick(toy.inputs(50, 3), model.architecture, 5, 0)
    found = counterfactuals(model, given, stock, fillings=2)
    np.testing.assert_allclose(found["served"], logits(model, given).double(), atol=1e-6)
    kept = {name: part for name, part in given.items() if name != "patch"}
    np.testing.assert_allclose(found["without patch"], logits(model, kept).double(), atol=1e-5)
    assert np.isfinite(found["quiet Sun"]).all()
