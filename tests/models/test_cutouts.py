"""Patches of images held against the keywords of their region."""

import numpy as np
import pytest

from sunproof.models.cutouts import Cutouts, Shown


def made(size, seed, mu=0.9):
    """Patches whose light is the region's flux, to a tenth; keywords go with it."""
    random = np.random.default_rng(seed)
    level = random.normal(0, 1, size)
    keywords = 10 ** (level[:, None, None] + random.normal(0, 0.1, (size, 4, 17)))
    patch = np.ones((size, 1, 3, 6, 6), np.float32)
    light = 10 ** (level + random.normal(0, 0.1, size))
    patch[:, 0, :2] *= light[:, None, None, None]
    patch[:, 0, 2] = mu
    return (keywords.astype(np.float32), np.ones(keywords.shape, bool)), (patch, np.ones(patch.shape, bool))


@pytest.fixture(scope="module")
def cutouts():
    return Cutouts.fit(Shown.of_images(*made(600, 0)), np.arange(600) // 2, 0)


def test_own_patches_fit_as_often_as_stated(cutouts):
    share = cutouts(Shown.of_images(*made(400, 1)))
    assert (share < 0.05).mean() < 0.12
    assert share.mean() == pytest.approx(0.5, abs=0.1)


def test_the_patch_of_another_region_does_not_fit(cutouts):
    keywords, (patch, mask) = made(400, 1)
    share = cutouts(Shown.of_images(keywords, (np.roll(patch, 1, axis=0), mask)))
    assert (share < 0.01).mean() > 0.6


def test_nothing_is_said_near_the_limb_or_without_a_record(cutouts):
    keywords, patch = made(10, 2, mu=0.2)
    assert np.isnan(cutouts(Shown.of_images(keywords, patch))).all()
    keywords, patch = made(10, 2)
    assert np.isnan(cutouts(Shown.of_images((keywords[0], np.zeros(keywords[1].shape, bool)), patch))).all()
    assert np.isnan(cutouts(Shown.of_images(keywords, (patch[0], np.zeros(patch[1].shape, bool))))).all()


def test_too_few_regions_tell_nothing():
    assert Cutouts.fit(Shown.of_images(*made(90, 0)), np.arange(90), 0) is None


def test_no_patch_has_no_answer(cutouts):
    keywords, patch = made(0, 3)
    assert cutouts(Shown.of_images(keywords, patch)).shape == (0,)
    assert Cutouts.fit(Shown.of_images(keywords, patch), np.arange(0), 0) is None


def test_the_record_of_the_patchs_time_counts_and_none_that_is_far():
    keywords = np.repeat(10.0 ** np.arange(4)[None, :, None], 2, axis=0) * np.ones((2, 4, 5))
    mask, light = np.ones(keywords.shape, bool), np.zeros((2, 1))
    view, age = np.full(2, 0.8), np.array([0.0, 2.0])
    assert Shown.of(light, (keywords, mask), view).records[:, 0].tolist() == [3, 3]
    assert Shown.of(light, (keywords, mask), view, age).records[:, 0].tolist() == [3, 1]
    # a record that lacks a keyword is not whole: the nearest one that is takes its place
    mask[1, 1, 0] = False
    assert Shown.of(light, (keywords, mask), view, age).records[1, 0] in (0, 2)
    assert np.isnan(Shown.of(light, (keywords, mask), view, age, apart=0.5).records[1, 0])
    assert np.isnan(Shown.of(light, (keywords, mask), np.full(2, 0.2)).records).any(axis=1).all()
