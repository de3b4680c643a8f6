"""NOAA's habits."""

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.sources.noaa import goes_scale, parse_places, region_numbers, satellite_numbers


@pytest.mark.parametrize(
    ("number", "date", "full"),
    [
        (1226, "2011-06-07", 11226),
        (11226, "2011-06-07", 11226),
        (1, "2002-06-24", 10001),
        (9997, "2002-06-24", 9997),  # numbered before the roll-over, still on the disk
        (9973, "2002-06-24", 9973),
        (7938, "1996-01-06", 7938),
        (4274, "2025-11-15", 14274),
        (9001, "2035-01-01", 19001),
        (0, "2011-06-07", -1),
        (-1, "2011-06-07", -1),
    ],
)
def test_region_gets_its_full_number(number, date, full):
    assert region_numbers(np.array([number]), np.array([date], "M8[ns]"))[0] == full


@pytest.mark.parametrize(
    ("place", "latitude", "longitude"),
    [("N12W34", 12, 34), ("S05E76", -5, -76), ("n01e101", 1, -101), ("S18", -18, np.nan), ("", np.nan, np.nan)],
)
def test_west_and_north_are_positive(place, latitude, longitude):
    found = [values[0] for values in parse_places(pd.Series([place]))]
    np.testing.assert_equal(found, [latitude, longitude])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("G15", 15),
        ("GO9", 9),
        ("G08", 8),
        ("GOES-16", 16),
        ("GOES 7", 7),
        ("12", 12),
        ("GOES", -1),
        ("SDO", -1),
        ("////", -1),
    ],
)
def test_satellite_is_known_by_all_its_names(text, number):
    assert satellite_numbers(pd.Series([text]))[0] == number


@pytest.mark.parametrize(
    ("satellite", "date", "scale"),
    [
        (15, "2019-01-01", "operational"),
        (16, "2019-12-13", "science"),
        (19, "2025-05-01", "science"),
        (-1, "2011-02-15", "operational"),  # there was no other scale before GOES-16 flew
        (-1, "2016-11-19", "unknown"),
    ],
)
def test_scale_follows_the_satellite(satellite, date, scale):
    assert goes_scale(np.array([satellite], np.int32), np.array([date], "M8[ns]"))[0] == scale
