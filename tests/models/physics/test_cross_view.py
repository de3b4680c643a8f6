"""Two observers of one place, held against sunpy's coordinates."""

import numpy as np
import pytest

from sunproof.models.physics.cross_view import Sighting, faintest_view, position_offset, view_from
from sunproof.models.physics.geometry import sun_distance

WHEN = np.datetime64("2012-03-07T00:00", "ns")
# STEREO-A, Earth and STEREO-B on 2012-03-07: Stonyhurst latitude, longitude, distance.
OBSERVERS = {"ahead": (-0.5, 109.3, 0.967), "earth": (-7.25, 0.0, 0.9925), "behind": (4.0, -118.0, 1.02)}


@pytest.mark.parametrize("name", OBSERVERS)
def test_visibility_is_that_of_sunpys_coordinates(name):
    units = pytest.importorskip("astropy.units")
    coordinates = pytest.importorskip("astropy.coordinates")
    frames = pytest.importorskip("sunpy.coordinates.frames")
    latitude, longitude, distance = OBSERVERS[name]
    time = str(WHEN)[:19]
    observer = frames.HeliographicStonyhurst(
        longitude * units.deg, latitude * units.deg, distance * units.AU, obstime=time
    )
    rng = np.random.default_rng(0)
    phi, lon = np.rad2deg(np.arcsin(rng.uniform(-1, 1, 200))), rng.uniform(-180, 180, 200)
    radius = 695.7e3 * units.km
    places = coordinates.SkyCoord(
        lon * units.deg, phi * units.deg, radius, frame=frames.HeliographicStonyhurst(obstime=time)
    )
    seen = places.transform_to(frames.Helioprojective(observer=observer, obstime=time)).is_visible()
    mu = view_from(phi, lon, latitude, longitude)
    # Seen from a finite distance the limb lies at mu = R/d, a quarter of a degree inside.
    clear = np.abs(mu - radius.to_value("AU") / distance) > 1e-4
    np.testing.assert_array_equal((mu > radius.to_value("AU") / distance)[clear], np.asarray(seen)[clear])


def test_one_place_seen_by_two_at_one_moment_is_one_place():
    late = WHEN + np.timedelta64(round((1.02 - 0.9925) * 499.004784e9), "ns")
    angle, days = position_offset(Sighting(WHEN, 17.0, -27.0, 0.9925), Sighting(late, 17.0, -27.0, 1.02))
    assert angle == pytest.approx(0, abs=1e-5)
    assert days == pytest.approx(0, abs=1e-8)


def test_the_sun_turns_between_two_views_as_in_sunpy():
    units = pytest.importorskip("astropy.units")
    frames = pytest.importorskip("sunpy.coordinates")
    coordinates = pytest.importorskip("astropy.coordinates")
    distance = float(sun_distance(WHEN))
    start = coordinates.SkyCoord(
        -20 * units.deg, 17 * units.deg, frame=frames.HeliographicStonyhurst, obstime="2012-03-06T00:00"
    )
    turned = coordinates.SkyCoord(frames.RotatedSunFrame(base=start, rotated_time="2012-03-07T00:00")).transform_to(
        frames.HeliographicStonyhurst(obstime="2012-03-07T00:00")
    )
    earlier = Sighting(WHEN - np.timedelta64(1, "D"), 17.0, -20.0, distance)
    now = Sighting(WHEN, float(turned.lat.deg), float(turned.lon.deg), distance)
    angle, days = position_offset(now, earlier)
    assert days == pytest.approx(1)
    # The surface moves by 12 deg; our synodic rate is that of a circular orbit and of mean days.
    assert angle < 0.1


def test_tall_things_stand_above_the_limb():
    np.testing.assert_allclose(faintest_view([0.0, 50.0]), [0.0, -np.sin(np.arccos(695.7 / 745.7))])
