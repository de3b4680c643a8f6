"""Nuisances leave the region's own inputs alone."""

import numpy as np

from sunproof.models.attribution.shortcuts import nuisances

ARCHITECTURE = {
    "modalities": {
        "keywords": {"features": ["usflux"], "steps": 6},
        "region": {"features": ["longitude", "srs_age", "flares_c_24h"], "steps": None},
    }
}


def batch(size: int = 40):
    random = np.random.default_rng(0)
    values = {"keywords": random.normal(size=(size, 6, 1)), "region": random.normal(size=(size, 3))}
    masks = {"keywords": random.random((size, 6, 1)) < 0.8, "region": np.ones((size, 3), bool)}
    return {name: (values[name], masks[name]) for name in values}


def test_each_nuisance_changes_what_it_names_and_nothing_else():
    parts = batch()
    made = nuisances(ARCHITECTURE, parts, seed=1)
    assert set(made) == {"place", "time", "short history", "last step", "gaps"}
    for name, column in (("place", 0), ("time", 1)):
        changed = (made[name]["region"][0] != parts["region"][0]).any(axis=0)
        assert changed.tolist() == [column == place for place in range(3)], name
        assert sorted(made[name]["region"][0][:, column]) == sorted(parts["region"][0][:, column])
    assert not made["short history"]["keywords"][1][:, :4].any()
    assert (made["short history"]["keywords"][1][:, 4:] == parts["keywords"][1][:, 4:]).all()
    assert not made["last step"]["keywords"][1][:, -1].any()
    assert (made["gaps"]["keywords"][1] <= parts["keywords"][1]).all()
    assert made["gaps"]["keywords"][1].sum() < parts["keywords"][1].sum()


def test_what_a_model_cannot_see_is_left_out():
    parts = {"region": batch()["region"]}
    made = nuisances({"modalities": {"region": ARCHITECTURE["modalities"]["region"]}}, parts, seed=1)
    assert set(made) == {"place", "time"}
