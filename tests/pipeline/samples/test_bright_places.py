"""Where the limb and a region stand in another observer's image, against positions projected by sunpy."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

from sunproof.pipeline.samples.bright_places import DiskImage, find_limb, find_place
from sunproof.pipeline.sources.frames import Observer

TIME = np.datetime64("2013-07-02T00:00:38", "ns")
BEHIND = Observer(-5.0, -120.0, 1.02)
SCALE, SIZE = 12.0, 256


def corona(spots=(), observer=BEHIND, shift=(0.0, 0.0), size=SIZE, scale=SCALE):
    """A disk of brightness 100 with Gaussian spots of 3 degrees at Stonyhurst places, seen by the observer."""
    radius = float(np.degrees(np.arcsin(6.957e8 / (observer.distance * 1.495978707e11))) * 3600)
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * scale
    away = np.hypot(x - shift[0], y - shift[1])
    image = 100.0 / (1 + np.exp((away - radius) / scale))
    seen = HeliographicStonyhurst(
        observer.longitude * u.deg, observer.latitude * u.deg, observer.distance * u.AU, obstime=str(TIME)
    )
    frame = Helioprojective(observer=seen, obstime=str(TIME))
    for latitude, longitude in spots:
        place = SkyCoord(longitude * u.deg, latitude * u.deg, frame=HeliographicStonyhurst(obstime=str(TIME)))
        centre = place.transform_to(frame)
        near = np.hypot(x - centre.Tx.to_value("arcsec"), y - centre.Ty.to_value("arcsec"))
        image += 400 * np.exp(-((near / (radius * np.radians(3))) ** 2) / 2)
    return DiskImage(image, scale, radius, observer, TIME)


@pytest.mark.parametrize(("latitude", "longitude"), [(15.0, -120.0), (-20.0, -90.0), (10.0, -160.0), (30.0, -130.0)])
def test_a_bright_region_is_found_where_it_is(latitude, longitude):
    # Expected three degrees off: what is measured must not be what was expected.
    found = find_place(corona([(latitude, longitude)]), latitude - 2, longitude + 2)
    assert found.latitude == pytest.approx(latitude, abs=1)
    assert found.longitude == pytest.approx(longitude, abs=1.2)
    assert 2 < found.error < 8


def test_another_region_outside_the_surroundings_draws_nothing():
    alone = find_place(corona([(15.0, -120.0)]), 15, -120)
    beside = find_place(corona([(15.0, -120.0), (15.0, -95.0)]), 15, -120)
    assert beside.longitude == pytest.approx(alone.longitude, abs=0.2)


def test_a_quiet_place_and_one_without_data_have_no_position():
    image = corona([(15.0, -120.0)])
    assert find_place(image, -25, -130) is None
    image.pixels[:] = np.nan
    assert find_place(image, 15, -120) is None


def test_the_limb_tells_a_wrong_pointing():
    straight, shifted = find_limb(corona()), find_limb(corona(shift=(60.0, 0.0)))
    assert straight.shift < 0.005
    assert abs(straight.excess) < 0.02
    assert shifted.shift == pytest.approx(60 / corona().radius, rel=0.15)
    assert np.isnan(find_limb(corona()._replace(pixels=np.full((SIZE, SIZE), np.nan))).shift)


def test_a_region_on_the_limb_does_not_move_it():
    assert find_limb(corona([(10.0, -35.0), (0.0, -32.0)])).shift < 0.01
