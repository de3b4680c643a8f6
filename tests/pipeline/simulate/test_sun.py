import numpy as np
import pytest

from sunproof.pipeline.simulate.config import SunConfig
from sunproof.pipeline.simulate.passages import TRACKED
from sunproof.pipeline.simulate.sun import generator, simulate_sun


def test_equal_seeds_give_equal_suns():
    config = SunConfig(days=10)
    one, same = simulate_sun(config, 5), simulate_sun(config, 5)
    assert np.array_equal(one.flares.flux, same.flares.flux)
    assert np.array_equal(one.free, same.free)


def test_parts_draw_from_their_own_random_numbers():
    assert generator(1, "sharp").random() != generator(1, "srs").random()
    assert generator(1, "sharp").random() == generator(1, "sharp").random()


def test_flares_are_sorted_and_within_the_observations(scene):
    flares = scene.sun.flares
    assert np.all(np.diff(flares.hours) >= 0.0)
    assert flares.hours.min() >= 0.0
    assert flares.hours.max() < scene.sun.duration


def test_no_flare_needs_more_than_its_region_had(scene):
    sun = scene.sun
    age = ((sun.flares.hours - sun.population.emergence[sun.flares.region]) / sun.population.step).astype(int)
    from sunproof.pipeline.simulate.energy import largest_flux

    assert np.all(sun.flares.flux <= largest_flux(sun.free[sun.flares.region, age]) * (1 + 1e-9))


@pytest.mark.parametrize(("threshold", "observed"), [(1.43e-6, 0.188), (1.43e-5, 0.036), (1.43e-4, 0.0038)])
def test_region_days_flare_as_often_as_in_1996_to_2018(cycle_scene, threshold, observed):
    sun = cycle_scene.sun
    seen = (np.abs(sun.longitude) <= TRACKED) & (sun.population.flux > 8e20)
    hours = sun.population.hours
    seen &= (hours >= 0.0) & (hours < sun.duration)
    region, age = np.nonzero(seen)
    day = (hours[region, age] // 24.0).astype(int)
    days = np.unique(region * 100_000 + day)
    large = sun.flares.flux >= threshold
    flaring = np.unique(sun.flares.region[large] * 100_000 + (sun.flares.hours[large] // 24.0).astype(int))
    share = np.isin(days, flaring).mean()
    # Within a factor of 1.5 for C and M; the X days of eighteen months are some dozen.
    assert observed / 1.7 < share < observed * 1.7
