import numpy as np
import pytest

from sunproof.pipeline.simulate.config import SunConfig
from sunproof.pipeline.simulate.population import cycle_activity, emerge
from sunproof.pipeline.simulate.sun import generator


def test_the_cycle_peaks_at_one_some_four_to_five_years_after_minimum():
    months = np.arange(1.0, 132.0)
    activity = cycle_activity(months)
    assert activity.max() == pytest.approx(1.0)
    assert 48 <= months[activity.argmax()] <= 72
    assert activity[0] < 0.05


def test_no_emergence_means_no_regions():
    population = emerge(SunConfig(regions_per_day=0.0), generator(1, "population"))
    assert population.flux.shape[0] == 0


def test_equal_seeds_give_equal_regions_and_others_do_not():
    config = SunConfig(days=30)
    one, same, other = (emerge(config, generator(seed, "population")) for seed in (1, 1, 2))
    assert np.array_equal(one.flux, same.flux)
    assert one.flux.shape != other.flux.shape or not np.array_equal(one.flux, other.flux)


def test_fluxes_are_those_of_active_regions(cycle_scene):
    peak = cycle_scene.sun.population.flux.max(axis=1)
    assert peak.min() > 1e20
    assert peak.max() < 3.5e23
    assert 5e21 < np.median(peak) < 1.5e22


def test_flux_grows_no_faster_than_the_fastest_region_on_record(cycle_scene):
    population = cycle_scene.sun.population
    rate = np.diff(population.flux, axis=1).max(axis=1) / population.step
    # 1.1e21 Mx/h for NOAA 12673; 3e21 would be implausible (physical check E6).
    assert np.quantile(rate, 0.95) < 1.1e21
    assert rate.max() < 3e21


def test_regions_rotate_westward_and_slower_at_high_latitude(cycle_scene):
    population = cycle_scene.sun.population
    hours = population.hours[:, :25:24]
    longitude = population.longitudes(hours)
    moved = (longitude[:, 1] - longitude[:, 0]) % 360.0
    assert np.all((moved > 12.0) & (moved < 13.4))
    assert np.corrcoef(np.abs(population.latitude), moved)[0, 1] < -0.95
