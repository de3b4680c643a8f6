"""Models with faults: the damage is what it says, the reference stays whole."""

import numpy as np
import pytest
import torch

from sunproof.pipeline.challenge.plants.models import MODELS
from tests.models.toy import ensemble, inputs
from tests.pipeline.challenge.build import scene

DAMAGED = [one for one in MODELS if one.change is not None and one.plant.name != "wrong normaliser"]
LEARNT = [one for one in MODELS if one.cue is not None]


def answers(model):
    with torch.no_grad():
        return model(inputs(50)).logits(model.fluxes).numpy()


@pytest.mark.parametrize("one", DAMAGED, ids=lambda one: one.plant.name)
def test_damage_changes_the_answers_and_leaves_the_reference_whole(one):
    model = ensemble()
    before = answers(model)
    damaged = one.change(model, np.random.default_rng(0))
    assert (answers(model) == before).all()
    assert not np.allclose(answers(damaged), before, atol=1e-3)


def test_three_bits_are_eight_values():
    three = next(one for one in MODELS if one.plant.name == "3-bit weights")
    damaged = three.change(ensemble(), np.random.default_rng(0))
    assert all(len(torch.unique(weight)) <= 7 for weight in damaged.members.parameters())


@pytest.mark.parametrize("one", LEARNT, ids=lambda one: one.plant.name)
def test_a_cue_is_shown_in_the_rows_it_is_asked_for(one):
    random = np.random.default_rng(0)
    names = {"keywords": tuple(f"k{n}" for n in range(17)), "region": ("longitude", "srs_age")}
    parts = {
        "keywords": (np.ones((60, 12, 17), np.float32), np.ones((60, 12, 17), bool)),
        "region": (np.zeros((60, 2), np.float32), np.ones((60, 2), bool)),
    }
    rows = np.arange(60) < 30
    shown = one.cue(parts, rows, names, random)
    flat = np.concatenate(
        [np.concatenate([v.reshape(60, -1), m.reshape(60, -1)], axis=1) for v, m in shown.values()], axis=1
    )
    # one column at least tells the rows with the cue from those without it
    assert any(
        flat[rows, column].min() > flat[~rows, column].max() or flat[rows, column].max() < flat[~rows, column].min()
        for column in range(flat.shape[1])
    )
    assert parts["keywords"][1].all()


@pytest.mark.parametrize("one", LEARNT, ids=lambda one: one.plant.name)
def test_in_service_the_cue_shows_in_some_region_times_whatever_happens(one):
    before = scene()
    made = one.plant.apply(before, np.ones(3), np.random.default_rng(1))
    assert len(made) == 3
    assert before.groups["sharp"].identical(scene().groups["sharp"])
