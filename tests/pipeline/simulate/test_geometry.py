import numpy as np
import pytest

from sunproof.pipeline.simulate.geometry import ephemeris, limb_cosine, synodic_rate, wrapped


def test_the_equator_turns_as_the_sharp_series_sees_it():
    # OMEGA_DT of HARP 377 is 13.344 degrees a day near the equator.
    assert synodic_rate(np.array([0.0]))[0] == pytest.approx(13.34, abs=0.01)


def test_high_latitudes_turn_more_slowly():
    assert np.all(np.diff(synodic_rate(np.array([0.0, 20.0, 40.0, 60.0]))) < 0)


@pytest.mark.parametrize(
    ("time", "carrington"),
    # Central meridian from region summaries: Carrington longitude minus longitude of the listed regions.
    [("2011-06-07T00:00", 344.0), ("2014-06-01T00:00", 357.0), ("2017-09-06T00:00", 89.0)],
)
def test_the_central_meridian_is_that_of_the_region_summaries(time, carrington):
    found = ephemeris(np.array([time], dtype="datetime64[ns]")).carrington[0]
    assert abs(float(wrapped(found - carrington))) < 3.0


def test_the_earth_is_nearest_in_january_and_sees_the_north_in_september():
    sky = ephemeris(np.array(["2014-01-04", "2014-07-04", "2014-09-08"], dtype="datetime64[ns]"))
    assert sky.distance[0] == pytest.approx(0.9833, abs=5e-4)
    assert sky.distance[1] == pytest.approx(1.0167, abs=5e-4)
    assert sky.tilt[2] == pytest.approx(7.25, abs=0.1)


def test_the_limb_has_cosine_zero():
    assert limb_cosine(0.0, np.array([0.0, 90.0, 180.0])) == pytest.approx([1.0, 0.0, -1.0], abs=1e-12)


def test_longitudes_wrap_to_half_a_turn():
    assert wrapped(np.array([190.0, -190.0, 0.0])) == pytest.approx([-170.0, 170.0, 0.0])
