"""Frames held against those of the training block."""

from dataclasses import replace

import numpy as np
import pytest

from sunproof.models.gallery import Frames, Gallery

DAYS = np.arange(600.0)


def frames(size=600, seed=0, level=0.0):
    """Light goes with the flux in sight, to one part in fifty; regions are in their places."""
    random = np.random.default_rng(seed)
    flux = random.uniform(0, 2, size)
    light = level + np.stack([0.1 * flux, 0.3 * flux**2, np.zeros(size)], axis=1) + random.normal(0, 0.02, (size, 3))
    return Frames(light, 0.3 + 0.1 * flux + random.normal(0, 0.05, size), flux, random.uniform(0, 1, size))


@pytest.fixture(scope="module")
def gallery():
    return Gallery.fit({"aia": frames(), "hmi": frames(seed=1)}, DAYS, 0)


def fresh(**changes):
    both = {"aia": frames(300, 5), "hmi": frames(300, 6)}
    return both | {name: change(both[name]) for name, change in changes.items()}


def test_frames_of_the_same_kind_are_as_usual_as_stated(gallery):
    usual, placed = gallery(fresh())
    for share in (usual, placed):
        assert 0.01 < (share < 0.05).mean() < 0.12
        assert (share < 0.005).mean() < 0.03


def test_one_channels_gain_is_unusual_and_moves_no_region(gallery):
    usual, placed = gallery(fresh(hmi=lambda one: replace(one, features=one.features + np.array([0.2, 0.2, 0.0]))))
    assert (usual < 0.005).all()
    assert (placed < 0.05).mean() < 0.12


def test_regions_out_of_place_are_told_from_unusual_light(gallery):
    usual, placed = gallery(fresh(aia=lambda one: replace(one, agreement=np.zeros(300))))
    assert (placed < 0.005).mean() > 0.95
    assert (usual < 0.05).mean() < 0.12


def test_light_is_judged_given_the_flux_in_sight(gallery):
    bright = frames(300, 7)
    quiet = {"aia": replace(bright, flux=np.zeros(300)), "hmi": frames(300, 6)}
    assert (gallery(quiet)[0][bright.flux > 1.5] < 0.005).all()


def test_beyond_the_flux_that_was_fitted_a_curve_tells_little():
    # a camera for which hardly anything was ever in sight
    quiet = frames()
    quiet = Frames(quiet.features - 0.1 * quiet.flux[:, None], quiet.agreement, np.zeros(600), quiet.limb)
    gallery = Gallery.fit({"aia": quiet}, DAYS, 0)
    active = frames(300, 5)
    assert (gallery({"aia": active})[0] > 0.05).mean() > 0.95
    # what is far from everything is told all the same where the curve is known
    assert (gallery({"aia": replace(active, features=active.features + 1.0, flux=np.zeros(300))})[0] < 0.005).all()


def flaring(size, seed):
    """Light with a flare in it now and then, of any strength, and a steady instrument beside it."""
    random, both = np.random.default_rng(seed), {"aia": frames(size, seed), "hmi": frames(size, seed + 1)}
    flares = 0.1 * random.pareto(3, size) * (random.uniform(size=size) < 0.05)
    return both | {"aia": replace(both["aia"], features=both["aia"].features + flares[:, None])}


def test_the_limit_is_not_the_greatest_flare_that_a_training_block_happened_to_have():
    """By the furthest frame left out 0.0018 of the moments were for review, but 0.0085 in the worst of these Suns."""
    found = [Gallery.fit(flaring(600, 10 * seed), DAYS, 0)(flaring(2000, 10 * seed + 5))[0] for seed in range(8)]
    assert max((usual < 0.002).mean() for usual in found) < 0.007
    # and hides no fault of the steady one
    later = flaring(300, 3)
    later["hmi"] = replace(later["hmi"], features=later["hmi"].features + np.array([0.2, 0.2, 0.0]))
    assert (Gallery.fit(flaring(600, 1), DAYS, 0)(later)[0] < 0.002).all()


def test_a_frame_that_is_the_latest_for_days_counts_once():
    once = frames()
    held = once.take(np.repeat(np.arange(600), 4))
    days = np.repeat(DAYS, 4)
    galleries = Gallery.fit({"aia": once}, DAYS, 0), Gallery.fit({"aia": held}, days, 0)
    assert len(galleries[0].unusual["aia"]) == len(galleries[1].unusual["aia"]) == 600


def test_light_beside_the_disk_goes_with_regions_at_the_limb():
    def beside(one, regions):
        return replace(one, features=one.features + np.array([0.0, 0.0, 0.3]) * regions[:, None], limb=regions)

    random = np.random.default_rng(4)
    gallery = Gallery.fit({"aia": beside(frames(), random.uniform(0, 1, 600))}, DAYS, 0)
    full = beside(frames(300, 5), np.full(300, 0.9))
    assert (gallery({"aia": full})[0] < 0.005).mean() < 0.03
    assert (gallery({"aia": replace(full, limb=np.zeros(300))})[0] < 0.002).mean() > 0.95


def test_a_curve_may_end_where_nothing_was_fitted():
    # as quiet as never in training: the light stays where it was at the quietest
    training = frames()
    floor = replace(training, flux=training.flux + 1)
    gallery = Gallery.fit({"aia": floor}, DAYS, 0)
    quiet = frames(300, 5)
    quiet = replace(quiet, features=quiet.features * 0 + np.random.default_rng(6).normal(0, 0.02, (300, 3)))
    assert (gallery({"aia": replace(quiet, flux=np.zeros(300))})[0] < 0.002).mean() < 0.02


def test_a_calibration_is_of_other_rotations():
    # levels that hold for two rotations are known to the days beside, not to another year
    level = np.random.default_rng(1).normal(0, 0.1, 60)
    own = np.repeat(level, 54)[:600, None]
    gallery = Gallery.fit({"aia": replace(frames(), features=frames().features + own)}, DAYS, 0)
    later = frames(600, 8)
    shares = gallery({"aia": replace(later, features=later.features + np.repeat(level[30:], 54)[:600, None])})[0]
    assert (shares < 0.005).mean() < 0.05


def test_what_is_not_there_is_not_judged(gallery):
    nothing = Frames(np.full((5, 3), np.nan), *np.full((3, 5), np.nan))
    usual, placed = gallery({"aia": nothing, "hmi": nothing})
    assert np.isnan(usual).all()
    assert np.isnan(placed).all()
    one = gallery({"aia": nothing, "hmi": frames(5, 9)})[0]
    assert np.isfinite(one).all()


def test_too_few_frames_tell_nothing():
    assert Gallery.fit({"aia": frames(40)}, np.arange(40.0), 0) is None
