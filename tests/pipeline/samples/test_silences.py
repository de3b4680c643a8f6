import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.samples.silences import Silence, overlap, silences
from sunproof.pipeline.sources.flares_ngdc import SOURCE as NGDC
from sunproof.pipeline.sources.flares_swpc import SOURCE as SWPC

START = np.datetime64("2011-01-01", "us")
DAYS = 400


def at(hours):
    return START + (np.asarray(hours, float) * 3600).astype("timedelta64[s]")


def found(hours, end=DAYS * 24.0):
    """Silences as (first hour, last hour, expected flares)."""
    begin = START.astype(np.int64)
    spans = silences(at(sorted(hours)), START, at(end))
    return [((span.start - begin) / 3.6e9, (span.end - begin) / 3.6e9, span.expected) for span in spans]


def without(hours, *holes):
    for first, last in holes:
        hours = hours[(hours <= first) | (hours >= last)]
    return hours


HOURLY = np.arange(0, DAYS * 24.0)
DAY = 24
LATE = (200 * DAY, 231 * DAY)


def test_a_month_cut_out_of_an_active_sun_is_a_hole():
    assert found(without(HOURLY, LATE)) == [(*LATE, 31 * DAY - 1)]


@pytest.mark.parametrize(("length", "expected"), [(21, 20), (20, None)])
def test_twenty_flares_in_every_stretch_as_long_are_asked_for(length, expected):
    hole = (200 * DAY, 200 * DAY + length)
    assert found(without(HOURLY, hole)) == ([] if expected is None else [(*hole, expected)])


@pytest.mark.parametrize("apart", [-80, -40, 40, 80])
def test_a_quiet_week_within_three_rotations_excuses_another(apart):
    week = (200 * DAY, 207 * DAY)
    other = (week[0] + apart * DAY, week[1] + apart * DAY)
    assert found(without(HOURLY, week)) == [(*week, 7 * DAY - 1)]
    assert found(without(HOURLY, week, other)) == []


def test_of_one_side_alone_nothing_is_told():
    active, quiet = np.arange(0, 200 * DAY), np.arange(231 * DAY, DAYS * DAY, 60.0)
    assert found(np.concatenate([active, quiet])) == []
    assert found(DAYS * DAY - np.concatenate([active, quiet])) == []


@pytest.mark.parametrize("hole", [(92 * DAY, 123 * DAY), (277 * DAY, 308 * DAY)])
def test_nearer_to_an_end_of_the_list_than_what_it_is_compared_with_nothing_is_told(hole):
    assert found(without(HOURLY, hole)) == []
    nearer = 1 if hole[0] < 100 * DAY else -1
    moved = (hole[0] + nearer * DAY, hole[1] + nearer * DAY)
    assert len(found(without(HOURLY, moved))) == 1


def test_a_minimum_without_flares_for_months_is_quiet():
    # from a flare an hour down to none in 150 days and up again, as around 2008
    falling = np.cumsum(np.geomspace(1, 100, 120))
    hours = np.concatenate([falling, falling[-1] + 150 * DAY + np.cumsum(np.geomspace(100, 1, 120))])
    assert found(hours, hours[-1]) == []


@pytest.mark.parametrize("hours", [[], [5.0], [5.0, 5.0]])
def test_a_list_of_hardly_any_flares_has_no_holes(hours):
    assert found(hours) == []


def test_flares_outside_the_declared_interval_do_not_count():
    assert found(without(np.concatenate([HOURLY, HOURLY + DAYS * DAY]), (390 * DAY, 410 * DAY))) == []


def test_a_hole_is_printed_with_its_times():
    hole = silences(at(without(HOURLY, LATE)), START, at(DAYS * DAY))[0]
    assert str(hole) == "2011-07-20T00:00 to 2011-08-20T00:00"


def peaks(source, files):
    times = [source.read(file)["peak_time"].to_numpy() for file in files]
    time = np.sort(np.concatenate(times))
    return time[~np.isnat(time)]


@pytest.mark.data
def test_the_list_of_2010_to_2025_has_no_hole_but_one_that_is_cut_into_it(data_root):
    time = peaks(SWPC, [data_root / "catalogues/swpc_ftp_flares_20100101_20251115.csv.gz"])
    assert silences(time, time[0], time[-1]) == ()
    cut = time[time.astype("datetime64[M]") != np.datetime64("2014-01")]
    (hole,) = silences(cut, cut[0], cut[-1])
    assert str(hole) == "2013-12-30T18:13 to 2014-02-01T00:18"


@pytest.mark.data
@pytest.mark.parametrize(
    ("days", "years", "expected"),
    [(31, range(2011, 2017), 150), (14, range(2011, 2016), 115), (7, range(2022, 2025), 54), (31, (2018, 2019), 0)],
)
def test_holes_cut_out_of_the_list_are_found_as_often_as_the_page_says(data_root, days, years, expected):
    time = peaks(SWPC, [data_root / "catalogues/swpc_ftp_flares_20100101_20251115.csv.gz"])
    number = 0
    for first in [np.datetime64(f"{year}-01-01") + day for year in years for day in range(0, 365, 15)]:
        cut = time[(time < first) | (time >= first + days)]
        number += len(silences(cut, time[0], time[-1]))
    assert number == expected


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("GOES_flare_catalogue_1996_2024.csv.gz", "peak"),
        ("hayesla_swpc_flarelist_19960731_20181231.csv.gz", "start_time"),
        ("solar_flare_finder_joined_flare_list.csv.gz", "flare_peak"),
    ],
)
def test_no_minimum_of_three_cycles_is_taken_for_a_hole(data_root, file, column):
    time = np.sort(pd.to_datetime(pd.read_csv(data_root / "catalogues" / file)[column]).dropna().to_numpy())
    assert silences(time, time[0], time[-1]) == ()


@pytest.mark.data
def test_the_holes_of_another_list_hold_flares_of_this_one(data_root):
    folder = data_root / "catalogues"
    reports = peaks(NGDC, sorted((folder / "ngdc_xrs_reports").iterdir()))
    other = peaks(SWPC, [folder / "swpc_ftp_flares_20100101_20251115.csv.gz"]).astype("datetime64[us]").astype(int)
    holes = silences(reports, reports[0], reports[-1])
    assert [str(hole)[:10] for hole in holes] == ["2012-11-01", "2015-05-21"]
    assert [int(((other > hole.start) & (other < hole.end)).sum()) for hole in holes] == [57, 34]


def stretch(*ends):
    return Silence(*at(ends).astype(np.int64).tolist())


def test_the_overlap_with_holes_counts_each_moment_once():
    holes = (stretch(10, 20), stretch(0, 5), stretch(15, 30), stretch(16, 18))
    start, end = at([0, 4, 5, 12, 30]).astype(np.int64), at([40, 6, 10, 17, 40]).astype(np.int64)
    assert (overlap(holes, start, end) / 3.6e9).tolist() == [25, 1, 0, 5, 0]
    assert overlap((), start, end).tolist() == [0] * 5


def test_what_is_declared_missing_is_not_found_again():
    begin, last, end = START, at(LATE[0]), at(DAYS * DAY)
    cut = at(without(HOURLY, LATE))
    assert silences(cut, begin, end, [stretch(*LATE)]) == ()
    # a month of which one day is declared has thirty that are not
    (hole,) = silences(cut, begin, end, [stretch(205 * DAY, 206 * DAY)])
    assert (hole.start, hole.expected) == (last.astype(np.int64), 30 * DAY - 1)
    # a declared hole no longer excuses another one near it
    other = (240 * DAY, 271 * DAY)
    both = at(without(HOURLY, LATE, other))
    assert silences(both, begin, end) == ()
    (hole,) = silences(both, begin, end, [stretch(*other)])
    assert hole.start == last.astype(np.int64)
