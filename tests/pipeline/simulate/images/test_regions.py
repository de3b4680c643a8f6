import numpy as np
import pytest
from astropy import units as u
from sunpy.sun.models import differential_rotation

from sunproof.pipeline.simulate.images.regions import regions_at


def test_all_regions_of_the_moment_are_there_with_their_flux(images_scene):
    found = regions_at(images_scene, 30.0)
    population = images_scene.sun.population
    age = np.round(30.0 - population.emergence[found.number]).astype(int)
    assert found.flux == pytest.approx(population.flux[found.number, age])
    assert (np.abs(found.longitude) > 90).any()
    assert (population.emergence[found.number] <= 30.0).all()
    assert len(found.number) == ((population.emergence <= 30.0) & (population.emergence > 30.0 - 45 * 24)).sum()


def test_regions_rotate_differentially_as_in_sunpy(images_scene):
    before, after = (regions_at(images_scene, hours) for hours in (10.0, 82.0))
    both = np.intersect1d(before.number, after.number)
    moved = (
        after.longitude[np.isin(after.number, both)] - before.longitude[np.isin(before.number, both)] + 180.0
    ) % 360.0 - 180.0
    wanted = differential_rotation(
        3 * u.day, after.latitude[np.isin(after.number, both)] * u.deg, model="howard", frame_time="synodic"
    )
    assert moved == pytest.approx(wanted.to_value(u.deg), abs=0.02)


def test_polarities_follow_hale_and_joy(images_scene):
    found = regions_at(images_scene, 30.0)
    north = found.latitude > 0
    # Cycle 24: negative leads in the north; the leading end lies nearer to the equator.
    assert (found.leading[north] == -1.0).all()
    assert (found.leading[~north] == 1.0).all()
    assert (np.sign(found.tilt) == np.sign(found.latitude)).all()


def test_flares_shine_as_in_soft_x_rays(images_scene):
    emission = images_scene.emission
    excess = emission.xrsb - emission.background
    minutes = np.argsort(excess)[-40::8]
    visible = images_scene.sun.population
    for minute in minutes:
        found = regions_at(images_scene, float(minute) / 60.0)
        near = visible.cosines(np.full(len(visible.emergence), minute / 60.0))[found.number] > -0.05
        assert found.flaring[near].sum() == pytest.approx(excess[minute], rel=0.15)
