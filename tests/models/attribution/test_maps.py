import numpy as np
import pytest

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.maps import SCENERY, pixel_maps, scenery, shares
from tests.models import imaging, toy


@pytest.fixture(scope="module")
def case():
    model, given = imaging.ensemble(), imaging.inputs(6, seed=3, parts=3)
    explained = Explained.of(model, given, "M1.0", 24)
    return explained, given, pixel_maps(explained, steps=32)


def test_the_pixels_of_a_frame_sum_to_the_frames_attribution(case, monkeypatch):
    explained, given, maps = case
    monkeypatch.setattr("sunproof.models.attribution.integrated_gradients._STEPS", (32,))
    frames = attribute(explained.ensemble, given).modalities
    for name, shape in (("disk", (6, 2, 4, 16, 16)), ("patch", (6, 1, 2, 16, 16))):
        assert maps[name].shape == shape
        np.testing.assert_allclose(maps[name].sum(axis=(3, 4)), frames[name], atol=1e-5)
        assert np.abs(maps[name]).max() > 1e-4


def test_what_was_not_observed_gets_nothing(case):
    _, given, maps = case
    _, mask, index = given["disk"]
    assert (maps["disk"][~mask[index]] == 0).all()


def test_a_model_without_images_has_no_maps():
    assert pixel_maps(Explained.of(toy.ensemble(), toy.inputs(3), "M1.0", 24)) == {}


def test_a_dipole_has_a_line_within_its_region_and_the_limb_comes_before_both():
    field, seen, mu = np.zeros((1, 32, 32)), np.ones((1, 32, 32), bool), np.ones((1, 32, 32))
    field[0, 12:20, 8:16], field[0, 12:20, 16:24] = 500, -500
    seen[0, :2] = False
    mu[0, 28:] = 0.3
    where = scenery(field, seen, mu)[0]
    names = np.array(SCENERY)[where]
    assert names[15, 15] == "inversion line"
    assert names[15, 9] == "region"
    assert names[5, 5] == "background"
    assert names[0, 0] == "padding"
    assert names[30, 5] == "limb"


def test_parts_of_the_picture_share_the_whole_map(case):
    explained, given, maps = case
    field, seen, mu = given["patch"][0][:, 0, 0], given["patch"][1][:, 0, 0], given["patch"][0][:, 0, 1]
    place = scenery(field, seen, mu)
    found = shares(explained, "patch", maps["patch"], place)
    np.testing.assert_allclose(np.nansum(found.attribution, axis=1), maps["patch"].sum(axis=(1, 2, 3, 4)), atol=1e-5)
    np.testing.assert_allclose(found.size.sum(axis=1), 1)
    gone = np.isnan(found.ablation)
    np.testing.assert_array_equal(gone, np.isnan(found.attribution))
    assert np.abs(found.ablation[~gone]).max() > 1e-3
