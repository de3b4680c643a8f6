from dataclasses import replace

import numpy as np
import pytest

from sunproof.pipeline.simulate.images.corona import CHANNELS, Corona
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.simulate.images.regions import regions_at
from sunproof.pipeline.sources.frames import Observer

from .single import one_region

EARTH = Observer(0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def corona(images_scene):
    return Corona.of(images_scene)


@pytest.fixture
def alone(corona, monkeypatch):
    """The corona over a Sun with the regions that a test asks for."""

    def with_regions(regions, view, channel=193):
        monkeypatch.setattr("sunproof.pipeline.simulate.images.corona.regions_at", lambda scene, hours: regions)
        return corona.image(view, 20.0, channel)

    return with_regions


def test_light_grows_with_the_flux_of_a_region(alone):
    view = Pointing.of(2457.6, 128).view(EARTH)
    empty, small, large = (
        alone(one_region(flux=flux, spread=0.03 * np.sqrt(flux / 1e22)), view).sum() for flux in (1e10, 3e21, 1e22)
    )
    assert large - empty > 2.5 * (small - empty) > 0


def test_a_flare_brightens_in_proportion_to_soft_x_rays_and_most_in_hot_channels(alone):
    view = Pointing.of(2457.6, 128).view(EARTH)
    gain = {}
    for channel in (131, 171):
        quiet, small, large = (alone(one_region(flaring=flux), view, channel) for flux in (0.0, 1e-5, 1e-4))
        assert (large - quiet).sum() == pytest.approx(10 * (small - quiet).sum(), rel=1e-6)
        assert (small - quiet).sum() * view.pixel_area == pytest.approx(CHANNELS[channel].flare, rel=0.02)
        gain[channel] = large.max() / quiet.max()
    assert gain[131] > 3 * gain[171]


def test_a_region_is_brightest_where_it_stands_and_loops_rise_over_the_limb(alone):
    view = Pointing.of(2457.6, 256).view(EARTH)
    image = alone(one_region(latitude=20.0, longitude=-30.0, flux=3e22, spread=0.045), view)
    column, row, _ = view.project(view.axes(np.array([20.0]), np.array([-30.0]))[0])
    excess = image - alone(one_region(flux=1e10, spread=1e-6), view)
    where = np.average(np.argwhere(excess > 0.2 * excess.max()) + 0.5, axis=0)
    assert np.abs(where - [row[0], column[0]]).max() < 4
    limb = alone(one_region(longitude=93.0, flux=3e22, spread=0.045), view) - alone(one_region(flux=1e10), view)
    assert limb[view.off > 1.01].max() > 50
    assert limb[view.off < 0.9].max() < 1


def test_holes_are_dark_in_hot_channels_and_turn_with_the_sun(corona):
    polar, equator = (np.abs(corona.network.shape[0] / 2 - np.arange(360)) > 155), slice(150, 210)
    assert corona.holes[polar].mean() > 0.9
    assert corona.holes[equator].mean() < 0.2
    assert CHANNELS[193].hole < CHANNELS[171].hole


def test_the_same_texture_is_seen_from_everywhere(corona):
    place = 0.0, 40.0
    seen = []
    for longitude in (0.0, 40.0, 100.0):
        view = Pointing.of(2457.6, 512).view(Observer(0.0, longitude, 1.0))
        column, row, _ = view.project(view.axes(*(np.array([value]) for value in place))[0])
        disk = np.zeros(view.off.shape, bool)
        disk[int(row[0]), int(column[0])] = True
        seen.append(corona._texture(view, 30.0, disk, CHANNELS[193])[0])
    assert np.ptp(seen) < 0.12 * np.mean(seen)


def test_regions_of_the_far_side_are_seen_from_there(corona, images_scene):
    regions = regions_at(images_scene, 24.0)
    far = int(np.argmax(np.where(np.abs(regions.longitude) > 120, regions.flux, 0)))
    view = Pointing.of(2457.6, 256).view(Observer(0.0, float(regions.longitude[far]), 1.0))
    image = corona.image(view, 24.0, 195)
    column, row, _ = view.project(view.axes(regions.latitude[[far]], regions.longitude[[far]])[0])
    patch = image[int(row[0]) - 4 : int(row[0]) + 5, int(column[0]) - 4 : int(column[0]) + 5]
    assert patch.max() > 2 * np.median(image[view.off < 0.8])


def test_adding_images_leaves_other_random_numbers_alone(images_scene):
    plain = replace(images_scene, config=images_scene.config.model_copy(update={"images": None}))
    assert plain.generator("sharp").random() == images_scene.generator("sharp").random()
