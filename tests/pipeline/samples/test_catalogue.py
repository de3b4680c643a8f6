import numpy as np
import pytest

from sunproof.pipeline.errors import ArchiveError, InputError
from sunproof.pipeline.samples.catalogue import DISK, load_catalogue
from sunproof.pipeline.samples.config import CatalogueConfig
from sunproof.pipeline.samples.regions import RegionMap, load_regions
from sunproof.pipeline.samples.timeline import microseconds

NOBODY = RegionMap(np.zeros(0), np.zeros(0))
TIMES = [f"2011-01-0{day}T00:00" for day in range(1, 7)]


def load(make, scale="operational", **config):
    return load_catalogue(make.path, CatalogueConfig(goes_scale=scale, **config), NOBODY)


@pytest.mark.parametrize(
    ("scale", "given", "satellite", "low", "high"),
    [
        ("operational", "operational", 15, 1e-5, 1e-5),
        ("operational", "science", 15, 0.7e-5, 0.7e-5),
        ("science", "operational", 15, 1e-5 / 0.7, 1e-5 / 0.7),
        ("operational", "science", 16, 1e-5, 1e-5),
        ("science", "operational", 18, 1e-5, 1e-5),
        ("operational", "unknown", 15, 0.7e-5, 1e-5),
        ("science", "unknown", 15, 1e-5, 1e-5 / 0.7),
        ("operational", "unknown", 16, 1e-5, 1e-5),
        ("operational", "science", -1, 0.7e-5, 1e-5),
        ("operational", "operational", -1, 1e-5, 1e-5),
        ("operational", "", 13, 0.7e-5, 1e-5),
    ],
)
def test_fluxes_come_onto_the_declared_scale_or_between_bounds(make, scale, given, satellite, low, high):
    make.flares([(TIMES[0], 1e-5, -1)], goes_scale=[given], satellite=[satellite])
    catalogue = load(make, scale)
    assert (catalogue.low[0], catalogue.high[0]) == pytest.approx((low, high))
    assert catalogue.facts["events_of_uncertain_size"] == int(low != high)


@pytest.mark.parametrize(
    ("scale", "given", "satellite", "day", "true"),
    [
        ("operational", "operational", 15, "2011-01-01", 1e-5 / 0.7),
        ("operational", "science", 15, "2011-01-01", 1e-5),
        ("science", "operational", 15, "2011-01-01", 1e-5 / 0.7),
        # from GOES-16 on both scales are the true one
        ("operational", "operational", 16, "2024-05-10", 1e-5),
        ("operational", "science", 18, "2024-05-10", 1e-5),
        ("science", "operational", 18, "2024-05-10", 1e-5),
        # nobody says who saw it: before GOES-16 flew it was an older one
        ("operational", "operational", -1, "2011-01-01", 1e-5 / 0.7),
        ("operational", "operational", -1, "2024-05-10", np.nan),
        ("science", "science", -1, "2024-05-10", 1e-5),
        ("operational", "unknown", 15, "2011-01-01", np.nan),
    ],
)
def test_the_true_flux_is_that_of_the_satellite_whatever_the_declared_scale(make, scale, given, satellite, day, true):
    make.flares([(f"{day}T00:00", 1e-5, -1)], goes_scale=[given], satellite=[satellite])
    assert load(make, scale).true[0] == pytest.approx(true, nan_ok=True)


def test_a_flare_without_a_flux_may_have_any(make):
    make.flares([(TIMES[0], np.nan, -1)])
    catalogue = load(make)
    assert (catalogue.low[0], catalogue.high[0]) == (0, np.inf)
    assert np.isnan(catalogue.true[0])


def test_a_missing_peak_is_replaced_by_the_start(make):
    start = np.array(TIMES[:1], "datetime64[ns]")
    make.flares([("NaT", 1e-5, -1)], start_time=start)
    assert load(make).time.tolist() == start.tolist()


def test_events_are_sorted_by_the_chosen_time(make):
    rows = [(TIMES[1], 1e-5, 1), (TIMES[0], 2e-5, 2)]
    make.flares(rows, start_time=np.array([TIMES[0], TIMES[2]], "datetime64[ns]"))
    assert load(make).noaa_ar.tolist() == [2, 1]
    assert load(make, time="start").noaa_ar.tolist() == [1, 2]


def test_a_list_without_times_is_refused(make):
    make.flares([("NaT", 1e-5, -1)], start_time=np.array(["NaT"], "datetime64[ns]"))
    with pytest.raises(InputError, match="without start and peak time; got '1 events, the first in row 0'"):
        load(make)


def test_an_invented_scale_is_refused(make):
    make.flares([(TIMES[0], 1e-5, -1)], goes_scale=["true"])
    with pytest.raises(InputError, match="goes_scale: unknown scale; got 'true'"):
        load(make)


@pytest.mark.parametrize(
    ("coverage", "message"),
    [
        (("", "2020-01-01"), "attribute coverage_start: .*; got ''; wanted a time"),
        (("2011-01-01", "ever"), "attribute coverage_end: .*; got 'ever'"),
    ],
)
def test_the_covered_interval_must_be_declared(make, coverage, message):
    make.flares([(TIMES[0], 1e-5, -1)], coverage=coverage)
    with pytest.raises(ArchiveError, match=message):
        load(make)


def test_regions_come_from_the_list_and_from_the_records(make):
    make.harp_noaa([(1, 11111)])
    make.sharp([1, 2], TIMES[:2], noaa_ar=[11111, 11120], noaa_ars=np.array(["11111", "11120,11121"], object))
    assert load_regions(make.path).pairs.tolist() == [[1, 11111], [2, 11120], [2, 11121]]


def test_a_region_without_any_number_is_refused():
    with pytest.raises(InputError, match="regions without a number; got '1 rows, the first is row 1'"):
        NOBODY.segment(np.array([3, -1]), np.array([-1, -1]))


def test_chains_of_numbers_make_one_group():
    regions = RegionMap(np.array([1, 2, 2, 3]), np.array([11, 11, 12, 13]))
    groups = regions.groups(np.array([1, 2, 3, 4, -1, -1]), np.array([-1, -1, -1, -1, 12, -1]))
    assert groups[0] == groups[1] == groups[4]
    assert len(set(groups[[0, 2, 3]].tolist())) == 3
    assert groups[5] == -1


def test_declared_holes_are_read_and_bad_ones_refused(make, make_at):
    make.flares([(TIMES[0], 1e-5, -1)], missing=[["2011-01-03", "2011-01-04"], ["1999-01-01", "2000-01-01"]])
    catalogue = load(make)
    assert [str(hole) for hole in catalogue.silences] == ["2011-01-03T00:00 to 2011-01-04T00:00"]
    now = microseconds(np.array(["2011-01-03", "2011-01-04", "2011-01-18T23:00", "2011-01-19", "2011-01-31"], "M8[us]"))
    assert catalogue.unbroken(np.full(5, 1), now).tolist() == [True, False, False, True, True]
    assert catalogue.unbroken(np.full(5, DISK), now).tolist() == [True, False, False, False, True]
    bad = make_at("bad.zarr").flares([(TIMES[0], 1e-5, -1)], missing=[["2011-01-04", "2011-01-03"]])
    with pytest.raises(ArchiveError, match="flares_swpc: attribute missing: no stretch that the list lacks"):
        load(bad)
