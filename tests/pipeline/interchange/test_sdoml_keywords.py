import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.sdoml_keywords import read_keywords

AIA = {"T_OBS": ["2011-02-15T00:00:00.34Z"] * 3}


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("2011.02.15_00:00:34_TAI", "2011-02-15T00:00:00"),
        ("2011.02.15_00:00:60_TAI", "2011-02-15T00:00:26"),
        # the leap second of 30 June 2012: 23:59:60 UTC is 00:00:34 TAI, and datetime64 has no place for it
        ("2012.07.01_00:00:34_TAI", "2012-07-01T00:00:00"),
        ("2012.07.01_00:00:35_TAI", "2012-07-01T00:00:00"),
        ("2017.01.01_00:00:37_TAI", "2017-01-01T00:00:00"),
    ],
)
def test_stamps_of_hmi_are_tai(stamp, utc):
    times, columns = read_keywords({"T_OBS": [stamp], "QUALITY": ["0x00000200"]}, 1, True, "Bx")
    assert times.tolist() == [np.datetime64(utc, "ns").astype(int)]
    assert columns["t_tai"][0] > times[0]
    assert columns["quality_flags"].tolist() == ["eclipse"]


def test_a_utc_stamp_among_those_of_hmi_is_refused():
    with pytest.raises(InputError, match=r"record 1, column T_OBS: not a TAI time; got '2011-02-15T00:00:00Z'"):
        read_keywords({"T_OBS": ["2011-02-15T00:00:00Z"]}, 1, True, "Bx")


def test_a_leap_second_in_utc_is_the_next_minute():
    times, _ = read_keywords({"T_OBS": ["2012-06-30T23:59:60.00Z"]}, 1, False, "171A")
    assert times[0] == np.datetime64("2012-07-01T00:00:00")


def test_quality_is_decoded_and_a_near_real_time_image_is_no_reject():
    _, columns = read_keywords({**AIA, "QUALITY": [1 << 30, 1 << 13, None]}, 3, False, "171A")
    assert columns["quality"].tolist() == [1 << 30, 1 << 13, -1]
    assert columns["quality_flags"].tolist() == ["near_real_time", "eclipse", ""]
    assert columns["reject_reason"].tolist() == ["", "eclipse", ""]


def test_missing_keywords_are_missing_values():
    _, columns = read_keywords({**AIA, "EXPTIME": [2.0, None, "MISSING"]}, 3, False, "171A")
    np.testing.assert_array_equal(columns["exposure_time"], [2, np.nan, np.nan])
    assert np.isnan(columns["degradation"]).all()
    assert columns["quality"].tolist() == [-1] * 3


def test_lists_of_another_length_are_all_named():
    lists = {**AIA, "EXPTIME": [2.0] * 2, "QUALITY": 0}
    with pytest.raises(InputError, match=r"EXPTIME: list of another length than the array; got 2; wanted 3") as caught:
        read_keywords(lists, 3, False, "171A")
    assert [problem.got for problem in caught.value.problems] == [0, 2]


def test_an_array_without_times_says_which_keywords_it_has():
    with pytest.raises(InputError, match=r"T_OBS: keyword is missing; got \['EXPTIME'\]; wanted a list of 3 times"):
        read_keywords({"EXPTIME": [2.0] * 3}, 3, False, "171A")
