import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import CartesianRepresentation, HeliocentricMeanEcliptic, SkyCoord
from astropy.io import fits
from astropy.time import Time
from sunpy.coordinates import HeliographicStonyhurst, get_earth

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.sources.observer import (
    AU,
    limb_radius,
    observer_from_ecliptic,
    observer_from_header,
    observer_on_earth,
)

TIMES = ("1996-12-11T19:00:00", "2011-02-15T00:00:00", "2017-09-06T12:00:00", "2024-06-01T06:30:00")


@pytest.mark.parametrize("text", TIMES)
@pytest.mark.parametrize("vector", [(1.3e11, 0.7e11, 1e9), (-0.3e11, 0.2e11, -1.5e10)])
def test_ecliptic_vectors_become_what_sunpy_makes_of_them(text, vector):
    time = Time(text)
    sky = SkyCoord(CartesianRepresentation(*vector, unit=u.m), frame=HeliocentricMeanEcliptic(obstime=time))
    wanted = sky.transform_to(HeliographicStonyhurst(obstime=time))
    found = observer_from_ecliptic(np.array(vector), np.datetime64(text, "ns"))
    assert found.latitude == pytest.approx(wanted.lat.deg, abs=1e-3)
    assert found.longitude == pytest.approx(wanted.lon.wrap_at("180d").deg, abs=1e-3)
    assert found.distance == pytest.approx(wanted.radius.to_value("AU"), rel=1e-6)


@pytest.mark.parametrize("text", TIMES)
def test_the_earth_stands_at_longitude_zero(text):
    found, wanted = observer_on_earth(np.datetime64(text, "ns")), get_earth(text)
    assert found.longitude == pytest.approx(0, abs=1e-9)
    assert found.latitude == pytest.approx(wanted.lat.deg, abs=1e-3)
    assert found.distance == pytest.approx(wanted.radius.to_value("AU"), rel=1e-6)


def test_longitudes_of_headers_are_wrapped():
    cards = {"HGLT_OBS": 3.0, "HGLN_OBS": 266.0, "DSUN_OBS": 0.5 * AU}
    assert observer_from_header(fits.Header(cards), ProblemList("a")) == Observer(3.0, -94.0, 0.5)


def test_every_missing_coordinate_is_told():
    problems = ProblemList("a.fits")
    observer_from_header(fits.Header({"HGLT_OBS": 3.0}), problems)
    with pytest.raises(InputError, match="HGLN_OBS: keyword is no number") as caught:
        problems.check()
    assert len(caught.value.problems) == 2


def test_limb_of_the_sun_at_one_au():
    assert limb_radius(Observer(0, 0, 1.0)) == pytest.approx(959.23, abs=0.02)
