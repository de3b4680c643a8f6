import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.sources.frames import Observer

OBSERVERS = {
    "earth": Observer(-7.2, 0.0, 0.993),
    "behind": Observer(6.8, 153.2, 0.956),
    "near": Observer(-3.0, -60.0, 0.3),
}
LATITUDE, LONGITUDE = np.array([0.0, 22.0, -35.0, 60.0]), np.array([0.0, 40.0, -62.0, 120.0])


def sky(latitude, longitude, observer):
    """What sunpy says of places on the photosphere."""
    place = HeliographicStonyhurst(
        lon=observer.longitude * u.deg,
        lat=observer.latitude * u.deg,
        radius=observer.distance * u.AU,
        obstime="2014-03-10",
    )
    surface = SkyCoord(
        longitude * u.deg, latitude * u.deg, 695.7e6 * u.m, frame=HeliographicStonyhurst(obstime="2014-03-10")
    )
    return surface.transform_to(Helioprojective(observer=place, obstime="2014-03-10"))


@pytest.mark.parametrize("name", OBSERVERS)
def test_places_on_the_sun_lie_where_sunpy_puts_them(name):
    observer = OBSERVERS[name]
    view = Pointing.of(2457.6 / observer.distance, 512).view(observer)
    column, row, seen = view.project(view.axes(LATITUDE, LONGITUDE)[0])
    wanted = sky(LATITUDE, LONGITUDE, observer)
    # A plane tangent to the sky: tangents of angles, as HPLN-TAN.
    x = np.tan(wanted.Tx.rad) * 206264.806
    y = np.tan(wanted.Ty.rad) / np.cos(wanted.Tx.rad) * 206264.806
    g = view.geometry
    assert g.xx * column + g.xy * row + g.x0 == pytest.approx(x, abs=1e-3)
    assert g.yx * column + g.yy * row + g.y0 == pytest.approx(y, abs=1e-3)
    assert seen.tolist() == wanted.is_visible().tolist()


@pytest.mark.parametrize("name", OBSERVERS)
def test_pixels_see_the_places_that_fall_into_them(name):
    view = Pointing.of(2457.6 / OBSERVERS[name].distance, 128, roll=33.0, offset=(20.0, -11.0)).view(OBSERVERS[name])
    rows, columns = np.nonzero(view.off < 1.0)
    column, row, seen = view.project(view.sphere[:, rows, columns])
    assert np.abs(column - columns - 0.5).max() < 1e-6
    assert np.abs(row - rows - 0.5).max() < 1e-6
    assert seen.all()
    assert np.linalg.norm(view.sphere[:, rows, columns], axis=0) == pytest.approx(1.0)


def test_axes_are_a_right_handed_frame_of_outward_west_and_north():
    view = Pointing.of(2457.6, 64).view(OBSERVERS["earth"])
    outward, west, north = view.axes(LATITUDE, LONGITUDE)
    assert np.cross(west.T, north.T) == pytest.approx(outward.T)
    step = view.axes(LATITUDE, LONGITUDE + 1e-4)[0] - outward
    assert step / np.linalg.norm(step, axis=0) == pytest.approx(west, abs=1e-5)


def test_the_far_side_is_hidden_and_what_stands_above_the_limb_is_not():
    view = Pointing.of(2457.6, 64).view(Observer(0.0, 0.0, 1.0))
    behind = view.axes(np.array([0.0]), np.array([95.0]))[0]
    assert not view.project(behind)[2][0]
    assert view.project(1.02 * behind)[2][0]
