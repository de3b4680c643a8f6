from dataclasses import replace

import pytest
import torch

from sunproof.models.forecaster import Forecaster
from sunproof.models.losses import mirror, polarity, strength
from sunproof.models.losses.base import Question, without_dropout
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser
from sunproof.models.physics.potential_field import potential_field
from sunproof.pipeline.samples.images.vector import MIRRORED
from sunproof.pipeline.training.config import OptimiserConfig
from sunproof.pipeline.training.fit import optimiser_settings
from tests.models import imaging


@pytest.fixture
def question():
    model = imaging.ensemble(members=1)
    network = model.members[0].train()
    # the toy's keywords under names that the symmetries know
    blocks = {name: dict(block) for name, block in model.architecture["modalities"].items()}
    blocks["region"]["features"] = ["latitude", "srs_area"]
    prepared = model.prepare(imaging.inputs(8, parts=3))
    with without_dropout(network):
        yield Question(network, prepared, network(prepared), model.normaliser, blocks)


def test_a_reflection_turns_fields_over_and_images_upside_down(question):
    found = mirror.mirrored(question)
    (before, seen), (after, mask) = question.raw("patch"), found["patch"]
    torch.testing.assert_close(after[:, :, 0], -before[:, :, 0].flip(2))
    torch.testing.assert_close(after[:, :, 1], before[:, :, 1].flip(2))
    assert torch.equal(mask, seen.flip(3))
    torch.testing.assert_close(found["region"][0][:, 0], -question.raw("region")[0][:, 0])
    assert torch.equal(found["region"][0][:, 1], question.raw("region")[0][:, 1])
    assert {*found} == {"disk", "patch", "region"}


def vectors(question):
    """The patch as a vector field: a potential one of a random outward field, and its part of the architecture."""
    random = torch.Generator().manual_seed(0)
    radial = torch.nn.functional.avg_pool2d(torch.randn(8, 1, 18, 18, generator=random) * 500, 3, stride=1)
    west, north = potential_field(radial, pad=1)
    block = {"grid": [16, 16], "features": ["sharp_br", "sharp_bt", "sharp_bp"], "signed": [True] * 3}
    statistics = {"vector": {"scale": [100.0] * 3, "centre": [0.0] * 3, "spread": [1.0] * 3, "axis": -3}}
    field = torch.stack([radial, -north, west], dim=2)
    normaliser = Normaliser(statistics)
    prepared = type(question.prepared)({"vector": normaliser("vector", field, field == field)}, question.prepared.limit)
    return replace(question, prepared=prepared, normaliser=normaliser, blocks={"vector": block}), field


def test_a_reflected_potential_field_is_the_potential_field_of_its_reflected_outward_part(question):
    asked, field = vectors(question)
    asked.blocks["vector"]["mirrored"] = list(MIRRORED)
    found, _ = mirror.mirrored(asked)["vector"]
    torch.testing.assert_close(found[:, :, 0], -field[:, :, 0].flip(2), rtol=1e-4, atol=0.05)
    west, north = potential_field(found[:, :, 0], pad=1)
    torch.testing.assert_close(found[:, :, 2], west, rtol=1e-3, atol=0.1)
    torch.testing.assert_close(found[:, :, 1], -north, rtol=1e-3, atol=0.1)
    # with the signs of a scalar it is not
    del asked.blocks["vector"]["mirrored"]
    wrong, _ = mirror.mirrored(asked)["vector"]
    assert not torch.allclose(wrong[:, :, 1], -north, rtol=1e-1, atol=10)


def test_of_a_reversed_field_all_components_turn_over(question):
    asked, field = vectors(question)
    found, _ = polarity.reversed_field(asked)["vector"]
    torch.testing.assert_close(found, -field, rtol=1e-4, atol=0.05)


def test_a_reversed_field_leaves_light_and_angles_as_they_were(question):
    question.blocks["keywords"]["features"] = ["usflux", "meanjzd", "totpot"]
    found = polarity.reversed_field(question)
    assert {*found} == {"disk", "patch", "keywords"}
    before, seen = question.raw("disk")
    torch.testing.assert_close(found["disk"][0][:, :, :3], before[:, :, :3])
    torch.testing.assert_close(found["disk"][0][:, :, 3], -before[:, :, 3])
    assert torch.equal(found["disk"][1], seen)
    level, _ = question.raw("keywords")
    torch.testing.assert_close(found["keywords"][0], level * torch.tensor([1.0, -1.0, 1.0]))
    assert polarity.LOSS(question) > 0


def test_reflected_twice_is_as_before(question):
    once = mirror.mirrored(question)
    twice = mirror.mirrored(replace(question, prepared=_with(question, once)))
    for name, (values, mask) in twice.items():
        before, seen = question.raw(name)
        torch.testing.assert_close(values * mask, before * seen, rtol=1e-3, atol=1e-2)


def _with(question, changed):
    parts = {name: question.normaliser(name, *part) for name, part in changed.items()}
    prepared = question.prepared
    return type(prepared)({**prepared.modalities, **parts}, prepared.limit, prepared.index)


def test_a_network_that_ignores_what_turns_over_pays_nothing(question):
    assert mirror.LOSS(question) > 0
    tree = imaging.architecture()
    tree["modalities"] = {name: block for name, block in tree["modalities"].items() if name in ("keywords", "xrs")}
    tree.pop("fusion")
    network = Network(tree)
    torch.nn.init.normal_(network.deep[-1].weight)
    prepared = type(question.prepared)(
        {name: question.prepared.modalities[name] for name in tree["modalities"]}, question.prepared.limit
    )
    alone = Question(network, prepared, network(prepared), question.normaliser, tree["modalities"])
    assert mirror.LOSS(alone) == 0


def test_a_stronger_field_is_multiplied_and_bounded_by_the_batch(question):
    changed, inside = strength.stronger(question, 1.2)
    before, _ = question.raw("keywords")
    torch.testing.assert_close(changed["keywords"][0][..., 0], before[..., 0] * 1.2)
    torch.testing.assert_close(changed["keywords"][0][..., 2], before[..., 2] * 1.44, rtol=1e-4, atol=0)
    torch.testing.assert_close(changed["patch"][0][:, :, 0], question.raw("patch")[0][:, :, 0] * 1.2)
    assert torch.equal(changed["patch"][0][:, :, 1], question.raw("patch")[0][:, :, 1])
    # the sample with the largest keyword cannot grow any further
    assert not inside.all()


def test_a_net_current_cannot_grow_beyond_the_batch_on_either_side_of_zero(question):
    question.blocks["keywords"]["features"] = ["area_acr", "meanjzd", "meanshr"]
    level, seen = question.raw("keywords")
    current = torch.where(seen, level, 0)[..., 1]
    _, inside = strength.stronger(question, 1.2)
    low, high = (1.2 * current >= current.min()).all(1), (1.2 * current <= current.max()).all(1)
    assert inside.tolist() == (low & high).tolist()
    assert (high & ~low).any()


class Linear(torch.nn.Module):
    """Flares as many as one keyword says, with a sign."""

    def __init__(self, head, sign):
        super().__init__()
        self.head, self.sign = head, sign

    def forward(self, prepared):
        level = self.sign * prepared.modalities["keywords"][0][:, -1, 0]
        return self.head(torch.stack([level, level - 2, 0 * level, 0 * level], dim=1), prepared.limit)


@pytest.mark.parametrize(("sign", "paid"), [(1, False), (-1, True)])
def test_only_a_falling_response_costs(question, sign, paid):
    network = Linear(question.network.head, sign)
    asked = Question(network, question.prepared, network(question.prepared), question.normaliser, question.blocks)
    assert bool(strength.LOSS(asked) > 0) is paid


def test_the_demands_are_met_better_after_training_for_them():
    model, given = imaging.ensemble(members=1), imaging.inputs(40, parts=10)
    prepared = model.prepare(given)
    settings = optimiser_settings(OptimiserConfig().model_dump(), ["C1.0", "M1.0", "X1.0"])
    module = Forecaster(imaging.architecture(), settings | {"physics": {"mirror": 1.0}}, model.normaliser)
    module.network.load_state_dict(model.members[0].state_dict())
    module.log = lambda *arguments, **options: None
    solver = torch.optim.Adam(module.parameters(), lr=1e-2)
    losses = []
    for _ in range(15):
        loss = module._physics(prepared)
        solver.zero_grad()
        loss.backward()
        solver.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_dropout_comes_back_afterwards():
    network = Network(imaging.architecture(dropout=0.3, modality_dropout=0.2))
    with without_dropout(network):
        assert network.modality_dropout == 0
        assert network.training
    assert network.modality_dropout == 0.2
    assert {module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)} == {0.3}
