import numpy as np
import pytest
import torch

from sunproof.models.attribution import maps as maps_module
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.maps import distance_maps, pixel_maps
from tests.models import imaging, toy


@pytest.fixture(scope="module")
def case():
    model, given = imaging.ensemble(), imaging.inputs(6, seed=3, parts=3)
    explained = Explained.of(model, given, "M1.0", 24)
    return explained, given, pixel_maps(explained, (32,))


def test_the_pixels_of_a_frame_sum_to_the_frames_attribution(case, monkeypatch):
    explained, given, found = case
    monkeypatch.setattr("sunproof.models.attribution.integrated_gradients.STEPS", (32,))
    frames = attribute(explained.ensemble, given).modalities
    for name, shape in (("disk", (6, 2, 4, 16, 16)), ("patch", (6, 1, 2, 16, 16))):
        assert found.maps[name].shape == shape
        np.testing.assert_allclose(found.maps[name].sum(axis=(3, 4)), frames[name], atol=1e-5)
        assert np.abs(found.maps[name]).max() > 1e-4


def test_what_was_not_observed_gets_nothing(case):
    _, given, found = case
    _, mask, index = given["disk"]
    assert (found.maps["disk"][~mask[index]] == 0).all()


def test_a_map_tells_how_far_it_is_from_complete(case):
    explained, given, _ = case
    found = pixel_maps(explained)
    whole = attribute(explained.ensemble, given)
    assert found.complete.all()
    assert set(found.steps) <= {16, 32, 64, 256}
    allowed = np.maximum(0.01 * np.abs(whole.logit - whole.baseline_logit), 1e-3)
    assert (np.abs(found.error) <= allowed).all()


def test_too_few_steps_leave_it_incomplete_and_it_says_so():
    model, given = imaging.ensemble(seed=5), imaging.inputs(6, seed=3)
    given["patch"] = (given["patch"][0] * 8, *given["patch"][1:])
    found = pixel_maps(Explained.of(model, given, "M1.0", 24), (1,))
    assert not found.complete.all()
    assert (found.steps == 1).all()


def test_a_backward_pass_that_is_wrong_is_not_complete(case, monkeypatch):
    explained, _, _ = case
    right = maps_module._gradients
    monkeypatch.setattr(
        maps_module, "_gradients", lambda *given: {name: 1.5 * part for name, part in right(*given).items()}
    )
    assert not pixel_maps(explained, (16, 32)).complete.any()


def test_many_steps_at_once_or_in_turn_are_the_same(case, monkeypatch):
    explained, _, found = case
    monkeypatch.setattr(maps_module, "_PIXELS", 1)
    again = pixel_maps(Explained(explained.ensemble, explained.prepared[[0]], explained.place), (32,))
    for name, maps in again.maps.items():
        np.testing.assert_allclose(maps[0], found.maps[name][0], atol=1e-6)


def test_inside_inference_mode_the_maps_are_the_same(case):
    explained, _, found = case
    with torch.inference_mode():
        again = pixel_maps(explained, (32,))
    np.testing.assert_array_equal(again.maps["patch"], found.maps["patch"])


def test_a_model_without_images_has_no_maps():
    found = pixel_maps(Explained.of(toy.ensemble(), toy.inputs(3), "M1.0", 24))
    assert found.maps == {}
    assert not found.complete.any()


def test_the_distance_from_the_baseline_knows_nothing_of_the_model(case):
    explained, given, _ = case
    other = Explained(imaging.ensemble(seed=9), explained.prepared, explained.place)
    for name, found in distance_maps(explained).items():
        assert (found >= 0).all()
        np.testing.assert_array_equal(found, distance_maps(other)[name])
        assert (found[~given[name][1][given[name][2]]] == 0).all()
