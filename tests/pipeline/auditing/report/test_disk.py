import re

import numpy as np
import pytest

from sunproof.pipeline.auditing.report.disk import Place, centre_latitude, contour, disk, places_of, project
from tests.pipeline.auditing.batches import batch

OWN = Place("AR 12192", -12.0, 20.0, 1450.0, 0.4, True)


# B0 of sunpy 7.0 (sunpy.coordinates.sun.B0), degrees
@pytest.mark.parametrize(("time", "b0"), [("2014-10-20", 5.51), ("2011-02-15", -6.84), ("2017-09-06", 7.25)])
def test_the_centre_of_the_disk_is_where_the_almanac_has_it(time, b0):
    from sunpy.coordinates import sun

    ours = centre_latitude(np.datetime64(time, "ns"))
    assert ours == pytest.approx(float(sun.B0(time).deg), abs=0.01)
    assert ours == pytest.approx(b0, abs=0.1)


def test_a_contour_is_a_circle_of_the_regions_area():
    latitude, longitude = (np.radians(values) for values in contour(OWN))
    here = np.radians([OWN.latitude, OWN.longitude])
    distance = np.sin(latitude) * np.sin(here[0]) + np.cos(latitude) * np.cos(here[0]) * np.cos(longitude - here[1])
    np.testing.assert_allclose(1 - distance, 1450e-6, rtol=1e-6)


def test_west_is_right_north_is_up_and_the_far_side_is_told():
    x, y, near = project(np.array([0.0, 60.0, 0.0]), np.array([30.0, 0.0, 180.0]), 0.0)
    np.testing.assert_allclose(x, [0.5, 0, 0], atol=1e-12)
    assert y[1] == pytest.approx(np.sin(np.radians(60)))
    assert near.tolist() == [True, True, False]


def test_regions_of_the_same_time_stand_on_the_disk_and_the_own_is_marked():
    forecasts = batch(3, issue_time=(("forecast",), np.full(3, np.datetime64("2014-10-20", "ns"))))
    row = ("forecast",)
    forecasts = forecasts.assign(latitude=(row, [10.0, np.nan, -12]), longitude=(row, [0.0, 1, 20]))
    forecasts["noaa_ar"].values[0] = -1
    found = places_of(forecasts, 2)
    assert [(item.name, item.own) for item in found] == [("HARP 4698", False), ("AR 12192", True)]
    assert places_of(batch(2), 0) == []


def test_the_picture_tells_its_numbers_to_those_who_cannot_see_it():
    picture = disk([OWN, Place("HARP 3", 5.0, -89.5, np.nan, np.nan, False)], 5.0, "M1.0", 24.0)
    assert "AR 12192 40 %" in picture
    assert "var(--reject)" in picture
    assert disk([], 5.0, "M1.0", 24.0) == ""


def test_labels_of_neighbours_stand_apart_and_the_far_one_is_where_it_was():
    far = Place("AR 3", -40.0, -50.0, 100.0, 0.01, False)
    near = [Place(f"AR {number}", 12.0, 20.0 + number, 100.0, 0.01, False) for number in (1, 2)]
    heights = [
        {name: float(y) for y, name in re.findall(r'<text [^>]*? y="([\d.]+)"[^>]*>(\d)</text>', picture)}
        for picture in (disk([*near, far], 0.0, "M1.0", 24.0), disk([near[1], far], 0.0, "M1.0", 24.0))
    ]
    assert heights[0]["3"] == heights[1]["3"]  # nothing is in its way
    assert heights[0]["2"] > heights[1]["2"] + 15  # below its region, where it stands above it alone
    assert abs(heights[0]["2"] - heights[0]["1"]) > 15
