"""Against positions in headers that the missions wrote, and against sunpy."""

import astropy.units as u
import numpy as np
import pytest
from sunpy.coordinates import get_earth

from sunproof.pipeline.simulate.images.spacecraft import SPACECRAFT, observer_of, place_of

# HGLN_OBS, HGLT_OBS (degrees) and DSUN_OBS (AU) of SECCHI headers; A was launched to lead the Earth, B to trail it.
TOLD = [
    ("stereo_a", "2009-06-15T00:09:00", 51.801, 6.405, 0.95638),
    ("stereo_a", "2011-02-15T00:14:00", 87.060, -2.813, 0.96035),
    ("stereo_a", "2012-03-06T23:00:00", 109.332, 2.626, 0.95714),
    ("stereo_b", "2011-02-15T00:14:33", -93.730, 3.231, 1.02777),
    # The eruption of 23 July 2012 was seen from 115 degrees behind (Baker et al. 2013, Space Weather 11, 585).
    ("stereo_b", "2012-07-23T00:00:00", -115.0, None, None),
]


@pytest.mark.parametrize(("spacecraft", "time", "longitude", "latitude", "distance"), TOLD)
def test_stereo_is_where_its_headers_say(spacecraft, time, longitude, latitude, distance):
    found = observer_of(spacecraft, np.datetime64(time, "ns"))
    assert found.longitude == pytest.approx(longitude, abs=0.3)
    if latitude is not None:
        assert found.latitude == pytest.approx(latitude, abs=0.02)
        assert found.distance == pytest.approx(distance, abs=2e-4)


@pytest.mark.parametrize("spacecraft", ["sdo", "goes"])
def test_sdo_and_goes_are_with_the_earth(spacecraft):
    time = np.datetime64("2014-03-10T06:00", "ns")
    earth = get_earth("2014-03-10T06:00")
    found = observer_of(spacecraft, time)
    assert found.longitude == pytest.approx(0.0, abs=1e-6)
    assert found.latitude == pytest.approx(earth.lat.to_value(u.deg), abs=1e-3)
    assert found.distance == pytest.approx(earth.radius.to_value(u.AU), abs=1e-6)


def test_every_spacecraft_has_a_place():
    for name in SPACECRAFT:
        assert 1.3e11 < np.linalg.norm(place_of(name, np.datetime64("2013-07-01", "ns"))) < 1.7e11
