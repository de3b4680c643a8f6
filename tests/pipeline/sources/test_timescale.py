"""Times of observatories."""

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.timescale import parse_times, tai_to_utc


def parse(*cells, scale="UTC"):
    problems = ProblemList("list.csv")
    times = parse_times(pd.Series(cells, dtype=object), problems, "start", scale)
    problems.check()
    return times


@pytest.mark.parametrize(
    ("tai", "utc"),
    [
        ("2011-02-15T02:00:00", "2011-02-15T01:59:26"),
        ("2012-07-01T00:00:34", "2012-07-01T00:00:00"),  # within the leap second 23:59:60
        ("2012-07-01T00:00:33", "2012-06-30T23:59:59"),
        ("2012-07-01T00:00:35", "2012-07-01T00:00:00"),
        ("2017-01-01T00:00:37", "2017-01-01T00:00:00"),
        ("2024-05-10T12:00:37", "2024-05-10T12:00:00"),
        ("1972-01-01T00:00:10", "1972-01-01T00:00:00"),
    ],
)
def test_tai_is_ahead_of_utc_by_the_leap_seconds(tai, utc):
    assert tai_to_utc(np.array([tai], "M8[ns]"))[0] == np.datetime64(utc, "ns")


def test_tai_to_utc_agrees_with_astropy():
    from astropy.time import Time

    rng = np.random.default_rng(1)
    days = rng.integers(np.datetime64("2010-01-01", "s").astype(int), np.datetime64("2019-12-31", "s").astype(int), 500)
    tai = days.astype("M8[s]")
    wanted = Time(tai.astype(str), scale="tai").utc.isot
    # datetime64 has no second 60; none of the drawn times falls into one
    assert list(np.datetime_as_string(tai_to_utc(tai), "ms")) == list(wanted)


def test_missing_time_stays_missing():
    assert np.isnat(tai_to_utc(np.array(["NaT"], "M8[ns]"))).all()


def test_tai_before_1972_is_refused():
    with pytest.raises(ValueError, match="TAI before 1972 cannot be converted; got 1969-12-31"):
        tai_to_utc(np.array(["1969-12-31"], "M8[ns]"))


@pytest.mark.parametrize(
    "text",
    ["2011-02-15 01:44:00", "2011/02/15 01:44", "2011-02-15T01:44:00.000", "2011-02-15T01:44:00Z", "2011/2/15 1:44"],
)
def test_spellings_of_one_time_are_the_same_time(text):
    assert parse(text)[0] == np.datetime64("2011-02-15T01:44")


def test_two_spellings_may_stand_in_one_column():
    assert list(parse("2010-01-01 12:02:00", "2025/11/15 23:06", "").astype(str)) == [
        "2010-01-01T12:02:00.000000000",
        "2025-11-15T23:06:00.000000000",
        "NaT",
    ]


def test_second_60_is_the_next_minute():
    assert parse("2011.02.15_01:59:60_TAI", scale="TAI")[0] == np.datetime64("2011-02-15T02:00")


@pytest.mark.parametrize("missing", ["", "MISSING", "nan", "-nan", "NaT", "Invalid KeyLink", "None"])
def test_spellings_of_missing_are_no_time(missing):
    assert np.isnat(parse(missing)).all()


@pytest.mark.parametrize(
    "text", ["15/02/2011 01:44", "02-03-2011 01:44:00", "2011-02-30 01:44", "2011-02-15 25:00", "soon"]
)
def test_ambiguous_and_impossible_times_are_refused(text):
    with pytest.raises(InputError, match=f"record 2, column start: not a UTC time; got '{text}'; wanted year first"):
        parse("2011-02-15 01:44", text)


def test_offset_from_utc_is_refused_by_name():
    with pytest.raises(InputError, match=r"got '2011-02-15 06:44\+05:00'; .+ on that time scale, without an offset"):
        parse("2011-02-15 06:44+05:00")


def test_wrong_time_scale_is_refused():
    with pytest.raises(InputError, match=r"not a TAI time; got '2011.02.15_02:00:00_UTC'"):
        parse("2011.02.15_02:00:00_UTC", scale="TAI")
    with pytest.raises(InputError, match="not a UTC time; got '2011-02-15T02:00:00_TAI'"):
        parse("2011-02-15T02:00:00_TAI")


def test_many_wrong_times_are_counted_not_listed():
    with pytest.raises(InputError, match="more cells are no UTC time; got 15"):
        parse(*["soon"] * 20)


def test_datetimes_pass_and_those_with_a_zone_do_not():
    times = pd.Series(pd.to_datetime(["2011-02-15 01:44"]))
    assert parse_times(times, ProblemList(""), "T_REC", "TAI")[0] == np.datetime64("2011-02-15T01:44")
    problems = ProblemList("a.parquet")
    parse_times(times.dt.tz_localize("UTC"), problems, "T_REC", "TAI")
    with pytest.raises(InputError, match=r"column T_REC: times carry a zone; got 'datetime64.*UTC.*'; wanted TAI"):
        problems.check()
