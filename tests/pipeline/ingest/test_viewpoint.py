"""The same surface from several spacecraft: against exact patterns, and against three real views of one day."""

import warnings
from dataclasses import replace

import astropy.units as u
import numpy as np
import pytest
import sunpy.map
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sunpy.coordinates import HeliographicStonyhurst
from sunpy.physics.differential_rotation import solar_rotate_coordinate

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.register import Grid, register
from sunproof.pipeline.ingest.viewpoint import View, reproject_frame
from sunproof.pipeline.sources.aia import SOURCE as AIA
from sunproof.pipeline.sources.euvi import SOURCE as EUVI
from sunproof.pipeline.sources.frames import Frame, Observer

from ..sources.images import REPROJECT

NOON = np.datetime64("2011-02-15T12:00:00", "ns")
EARTH, AHEAD, NEAR = Observer(-6.8, 0.0, 0.988), Observer(-2.8, 40.0, 0.96), Observer(3.0, -35.0, 0.30)
GRID = Grid.full_disk(96, 1150.0)


def surface(view, grid, time):
    """Stonyhurst longitude and latitude (deg) at the time, of what a view shows in each cell; NaN off the disk."""
    x = (np.arange(grid.columns) + 0.5) * grid.scale - grid.scale * grid.columns / 2
    y = (np.arange(grid.rows) + 0.5) * grid.scale - grid.scale * grid.rows / 2
    # Tangent plane to sky.
    east = np.degrees(np.arctan(np.radians(x / 3600)))[np.newaxis] + 0 * y[:, np.newaxis]
    north = np.degrees(np.arctan(np.radians(y / 3600)[:, np.newaxis] * np.cos(np.radians(east))))
    when = Time(str(time))
    place = HeliographicStonyhurst(
        view.longitude * u.deg, view.latitude * u.deg, view.distance * u.AU, obstime=Time(str(NOON))
    ).transform_to(HeliographicStonyhurst(obstime=when))
    sky = SkyCoord(east * u.deg, north * u.deg, frame="helioprojective", observer=place, obstime=when)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sky.make_3d().transform_to(HeliographicStonyhurst(obstime=when))
        on_disk = sunpy.map.coordinate_is_on_solar_disk(sky)
    longitude = np.where(on_disk, found.lon.wrap_at("180d").deg, np.nan)
    return longitude, np.where(on_disk, found.lat.deg, np.nan)


def pattern(longitude, latitude):
    return (2 + np.sin(np.radians(6 * longitude)) * np.cos(np.radians(4 * latitude))).astype(np.float32)


def seen_from(observer, grid=GRID, time=NOON):
    data = pattern(*surface(observer, grid, View(observer, time).surface_time))
    return Frame(data, "intensity", "aia_171", time, grid.geometry, observer, 960.0)


@pytest.mark.parametrize("target", [EARTH, AHEAD])
@pytest.mark.parametrize("source", [EARTH, AHEAD])
def test_pattern_on_the_sphere_is_seen_as_it_is(source, target):
    found = reproject_frame(seen_from(source), View(target, NOON), GRID, 300.0)
    # At one surface time; the two differ by seconds of light time, in which nothing turns visibly.
    wanted = pattern(*surface(target, GRID, View(target, NOON).surface_time))
    both = np.isfinite(found.data) & np.isfinite(wanted)
    assert both.sum() > 2000
    assert np.sqrt(np.mean((found.data - wanted)[both] ** 2)) < 0.03


def test_solar_orbiter_at_a_third_of_the_distance_sees_earlier_light():
    grid = Grid.full_disk(96, 3800.0)
    found = reproject_frame(seen_from(NEAR, grid), View(EARTH, NOON), GRID, 400.0)
    # 0.688 AU of light time between the views.
    assert found.facts["time_difference"] == pytest.approx(0.688 * 499.005, abs=0.1)
    wanted = pattern(*surface(EARTH, GRID, View(EARTH, NOON).surface_time))
    both = np.isfinite(found.data) & np.isfinite(wanted)
    assert both.sum() > 2000
    assert np.sqrt(np.mean((found.data - wanted)[both] ** 2)) < 0.03


def test_spot_is_carried_by_differential_rotation():
    """A spot at 200, 300 arcsec, one day later, against sunpy's own rotation of a coordinate."""
    x, y = GRID.scale * (np.arange(96) + 0.5) - 1150, GRID.scale * (np.arange(96)[:, None] + 0.5) - 1150
    data = np.exp(-((x - 200) ** 2 + (y - 300) ** 2) / 2 / 40**2).astype(np.float32)
    later = NOON + np.timedelta64(1, "D")
    source = Frame(data, "intensity", "aia_171", NOON, GRID.geometry, EARTH, 960.0)
    found = reproject_frame(source, View(EARTH, later), GRID, 90000.0).data
    weight = np.nan_to_num(found)
    place = float((weight * x).sum() / weight.sum()), float((weight * y).sum() / weight.sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        observers = [
            HeliographicStonyhurst(0 * u.deg, -6.8 * u.deg, 0.988 * u.AU, obstime=Time(str(t))) for t in (NOON, later)
        ]
        start = SkyCoord(
            200 * u.arcsec, 300 * u.arcsec, frame="helioprojective", observer=observers[0], obstime=str(NOON)
        )
        wanted = solar_rotate_coordinate(start, observer=SkyCoord(observers[1]))
    assert place == pytest.approx((wanted.Tx.value, wanted.Ty.value), abs=0.3 * GRID.scale)


def test_what_the_source_did_not_see_is_nan_never_a_mirrored_front():
    opposite = Observer(0.0, 178.0, 1.0)
    found = reproject_frame(seen_from(opposite), View(EARTH, NOON), GRID, 300.0)
    assert np.isnan(found.data).all()
    beside = reproject_frame(seen_from(Observer(0.0, 90.0, 1.0)), View(EARTH, NOON), GRID, 300.0).data
    assert np.isnan(beside[:, :48]).all()
    assert np.isfinite(beside[:, 60:]).any()


def test_frames_too_far_apart_are_refused_with_both_numbers():
    late = View(EARTH, NOON + np.timedelta64(2, "h"))
    with pytest.raises(InputError, match=r"too far apart in time; got '-7200 s'; wanted at most 600 s"):
        reproject_frame(seen_from(EARTH), late, GRID, 600.0)


def test_patches_are_refused():
    patch = replace(seen_from(EARTH), projection="carrington_cea")
    with pytest.raises(InputError, match="frame has no line of sight; got 'carrington_cea'"):
        reproject_frame(patch, View(EARTH, NOON), GRID, 600.0)


def test_result_says_what_it_is():
    view = View(AHEAD, NOON + np.timedelta64(300, "s"))
    found = reproject_frame(seen_from(EARTH), view, GRID, 600.0, height=10.0)
    assert found.time == view.time
    assert found.observer == AHEAD
    assert found.geometry == GRID.geometry
    assert found.facts["source_time"].startswith("2011-02-15T12:00:00")
    assert found.facts["time_difference"] == pytest.approx(-300 - (0.988 - 0.96) * 499.005, abs=0.1)
    assert (found.facts["tolerance"], found.facts["height_mm"]) == (600.0, 10.0)


@pytest.fixture(scope="module")
def real_views():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ahead, behind = (EUVI.frame(REPROJECT / f"secchi_l0_{side}.fits") for side in "ab")
        return AIA.frame(REPROJECT / "aia_171_level1.fits"), ahead, behind


def structure(values, towards):
    """Logarithm of brightness without its trend from disk centre to limb, which any two images share."""
    log = np.log(values)
    trend = np.vander(towards, 3)
    return log - trend @ np.linalg.lstsq(trend, log, rcond=None)[0]


def likeness(aia, other, height):
    """Correlation of structure, where both see the surface at less than 66 degrees from disk centre."""
    found = reproject_frame(other, View(aia.observer, aia.time), GRID, 1800.0, height)
    own = register(aia, GRID).data
    centre = (np.arange(96) + 0.5) * GRID.scale - 1150
    towards = np.sqrt(np.clip(1 - np.hypot(centre, centre[:, None]) ** 2 / aia.apparent_radius**2, 0, 1))
    # The other side of the overlap: cosine from the other spacecraft, 90 degrees away, is the sine from this one.
    across = centre[np.newaxis] / aia.apparent_radius * np.sign(other.observer.longitude)
    use = np.isfinite(found.data) & (found.data > 0) & (own > 0) & (towards > 0.4) & (across > 0.4)
    return np.corrcoef(structure(own[use], towards[use]), structure(found.data[use], towards[use]))[0, 1]


@pytest.mark.parametrize("side", [0, 1])
def test_stereo_sees_the_corona_that_sdo_sees_on_15_february_2011(real_views, side):
    """EUVI 171 A from 87 degrees west and 94 degrees east, beside AIA 171: loops stand 10 to 30 Mm high."""
    aia, other = real_views[0], real_views[1 + side]
    assert likeness(aia, other, 20.0) > 0.55
    shifted = replace(other, observer=other.observer._replace(longitude=other.observer.longitude + 25))
    assert likeness(aia, other, 20.0) > likeness(aia, shifted, 20.0) + 0.2
    upside_down = replace(other, geometry=other.geometry._replace(yy=-other.geometry.yy, y0=-other.geometry.y0))
    assert likeness(aia, other, 20.0) > likeness(aia, upside_down, 20.0) + 0.2
