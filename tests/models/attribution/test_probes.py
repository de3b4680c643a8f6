import numpy as np
import pytest

from sunproof.models.attribution.probes import inner_numbers, read_off
from tests.models import imaging, toy


@pytest.mark.parametrize("kind", [toy, imaging])
def test_every_modality_has_its_tokens_and_the_deep_path_its_last_layer(kind):
    model, given = kind.ensemble(), kind.inputs(12)
    found = inner_numbers(model, given)
    assert {*found} == {f"{name} tokens" for name in model.architecture["modalities"]} | {"last layer"}
    for name, numbers in found.items():
        assert numbers.shape[0] == 12
        assert numbers.dtype == np.float64
        assert np.isfinite(numbers).any(), name


def test_rows_without_an_observation_have_no_tokens():
    model, given = imaging.ensemble(), imaging.inputs(6)
    values, mask, index = given["patch"]
    mask[2] = False
    found = inner_numbers(model, {**given, "patch": (values, mask, index)})
    assert np.isnan(found["patch tokens"][2]).all()
    assert np.isfinite(found["patch tokens"][[0, 1, 3, 4, 5]]).all()
    assert np.isfinite(found["last layer"]).all()


def test_the_last_layer_is_what_the_scores_are_made_of():
    model = toy.ensemble()
    last = model.members[0].deep[-1]
    found = inner_numbers(model, toy.inputs(5))["last layer"]
    assert found.shape == (5, last.in_features)


def test_a_line_is_read_off_where_there_is_one_and_nothing_where_there_is_none():
    random = np.random.default_rng(0)
    numbers = random.normal(size=(400, 8))
    learn = np.arange(400) < 250
    line, noise = numbers @ random.normal(size=8) + random.normal(0, 0.1, 400), random.normal(size=400)
    for target, least, most in ((line, 0.99, 1.0), (noise, -0.1, 0.1)):
        found = read_off(numbers, target, learn, ~learn)
        assert np.isnan(found[learn]).all()
        explained = 1 - ((found - target)[~learn] ** 2).mean() / ((target - target[learn].mean())[~learn] ** 2).mean()
        assert least <= explained <= most


def test_what_is_missing_is_neither_learnt_from_nor_answered():
    random = np.random.default_rng(1)
    numbers, target = random.normal(size=(100, 2)), random.normal(size=100)
    learn = np.arange(100) < 60
    numbers[70], target[80] = np.nan, np.nan
    found = read_off(numbers, target, learn, ~learn)
    assert np.flatnonzero(np.isnan(found[60:])).tolist() == [10, 20]
    numbers[:40] = np.nan
    assert np.isnan(read_off(numbers, target, learn, ~learn)).all()
