"""Ephemeris and rotation against sunpy, and simple places on the disk."""

import numpy as np
import pytest

from sunproof.models.physics.geometry import cosine_of_view, rotation_rate, solar_tilt, sun_distance

TIMES = np.arange("1996-01-01", "2025-01-01", np.timedelta64(61, "D"), dtype="datetime64[D]").astype("datetime64[ns]")


def test_tilt_and_distance_are_those_of_sunpy():
    sun = pytest.importorskip("sunpy.coordinates.sun")
    time = pytest.importorskip("astropy.time").Time(TIMES.astype("datetime64[ms]").astype(str), scale="utc")
    np.testing.assert_allclose(solar_tilt(TIMES), sun.B0(time).deg, atol=0.01)
    np.testing.assert_allclose(sun_distance(TIMES), sun.earth_distance(time).to_value("AU"), atol=1e-4)


def test_a_missing_time_has_no_tilt():
    assert np.isnan(solar_tilt(np.array(["NaT"], "datetime64[ns]"))).all()


def test_the_centre_of_the_disk_faces_earth_and_the_limb_is_at_right_angles():
    assert cosine_of_view(7.0, 0.0, 7.0) == pytest.approx(1)
    assert cosine_of_view(0.0, 90.0, 7.0) == pytest.approx(0, abs=1e-12)
    assert cosine_of_view(-7.0, 180.0, 7.0) == pytest.approx(-1)


def test_the_equator_turns_13_34_degrees_a_day_as_seen_from_earth():
    assert rotation_rate(0.0) == pytest.approx(13.34, abs=0.005)
    assert rotation_rate(0.0, synodic=False) == pytest.approx(14.33, abs=0.005)
    assert rotation_rate(30.0) < rotation_rate(15.0) == rotation_rate(-15.0)
    assert rotation_rate(0.0, "snodgrass") == pytest.approx(13.13, abs=0.01)


def test_an_unknown_law_is_refused():
    with pytest.raises(KeyError, match="newton"):
        rotation_rate(0.0, "newton")
