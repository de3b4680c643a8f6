import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.pipeline.errors import ArchiveError, InputError
from sunproof.pipeline.samples.catalogue import DISK, Catalogue
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.coverage import XrayCoverage
from sunproof.pipeline.samples.labels import REASONS, label, run
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.vocabulary import THRESHOLDS, check

PAST, UNASSIGNED, UNSIZED, SCALE, SHORT, SILENT = REASONS[1:]
START = np.datetime64("2011-01-01", "ns")
# HARP 1 holds one region, HARP 2 two, HARP 3 none; region 11119 lies in no HARP.
REGIONS = RegionMap(np.array([1, 2, 2]), np.array([11111, 11112, 11113]))


END = START + np.timedelta64(30, "D")


def catalogue(rows, start=START, end=END):
    """Rows of (hours after the start, lowest flux, highest flux, NOAA number)."""
    rows = sorted(rows)
    return Catalogue(
        time=START + np.array([round(row[0] * 3600) for row in rows], dtype="timedelta64[s]"),
        low=np.array([row[1] for row in rows], float),
        high=np.array([row[2] for row in rows], float),
        true=np.full(len(rows), np.nan),
        noaa_ar=np.array([row[3] for row in rows], np.int64),
        regions=REGIONS,
        scale="operational",
        name="flares_swpc",
        start=start,
        end=end,
        facts={},
    )


def one(rows, hours=48.0, segment=1, window=24.0, **options):
    """Label a single region-time; returns events by threshold, count, largest flux and reason."""
    time = np.array([START + np.timedelta64(round(hours * 3600), "s")])
    found = label(catalogue(rows), np.array([segment]), time, [window], list(THRESHOLDS), **options)
    events = found["event"][1][0, :, 0].tolist()
    return events, *(found[name][1][0, 0] for name in ("flare_count", "largest_flux", "label_reason"))


def test_a_quiet_window_is_a_certain_negative():
    assert one([]) == ([0, 0, 0], 0, 0, "")


def test_the_largest_flare_decides_every_threshold():
    assert one([(50, 2e-6, 2e-6, 11111), (60, 3e-5, 3e-5, 11111)]) == ([1, 1, 0], 2, 3e-5, "")


@pytest.mark.parametrize(("hours", "counts"), [(48, 0), (48.01, 1), (72, 1), (72.01, 0)])
def test_a_flare_counts_after_the_start_up_to_and_including_the_end(hours, counts):
    events, count, *_ = one([(hours, 2e-6, 2e-6, 11111)])
    assert (events[0], count) == (counts, counts)


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_flux_stored_in_single_precision_still_reaches_its_own_threshold(name):
    flux = float(np.float32(THRESHOLDS[name]))
    assert one([(50, flux, flux, 11111)])[0][list(THRESHOLDS).index(name)] == 1


def test_a_flare_of_another_region_does_not_count():
    assert one([(50, 2e-5, 2e-5, 11112)]) == ([0, 0, 0], 0, 0, "")


def test_a_patch_owns_the_flares_of_all_its_regions():
    assert one([(50, 2e-6, 2e-6, 11112), (51, 2e-5, 2e-5, 11113)], segment=2)[0] == [1, 1, 0]


def test_the_disk_owns_every_flare():
    assert one([(50, 2e-6, 2e-6, -1), (51, 2e-5, 2e-5, 11119)], segment=DISK) == ([1, 1, 0], 2, 2e-5, "")


def test_a_flare_without_a_region_makes_negatives_unknown_up_to_its_size():
    events, count, largest, reason = one([(50, 2e-5, 2e-5, -1)])
    np.testing.assert_array_equal(events, [np.nan, np.nan, 0])
    assert np.isnan([count, largest]).all()
    assert reason == UNASSIGNED


def test_a_flare_without_a_region_leaves_positives_alone():
    events, count, largest, reason = one([(50, 2e-6, 2e-6, -1), (51, 2e-5, 2e-5, 11111)])
    assert (events, largest, reason) == ([1, 1, 0], 2e-5, UNASSIGNED)
    assert np.isnan(count)


def test_flares_without_a_region_can_be_ignored():
    assert one([(50, 2e-5, 2e-5, -1)], drop_unassigned=False) == ([0, 0, 0], 0, 0, "")


def test_a_patch_without_a_region_number_may_own_flares_of_numbers_no_patch_holds():
    assert one([(50, 2e-5, 2e-5, 11119)], segment=3)[3] == UNASSIGNED
    assert one([(50, 2e-5, 2e-5, 11111)], segment=3)[0] == [0, 0, 0]


def test_a_flare_on_an_unknown_scale_poisons_only_the_threshold_it_straddles():
    events, count, largest, reason = one([(50, 0.9e-5, 1.3e-5, 11111)])
    np.testing.assert_array_equal(events, [1, np.nan, 0])
    assert count == 1
    assert np.isnan(largest)
    assert reason == SCALE


def test_a_flare_without_a_size_could_be_any():
    events, *_, reason = one([(50, 0, np.inf, 11111)])
    np.testing.assert_array_equal(events, [np.nan] * 3)
    assert reason == UNSIZED


def test_a_window_that_reaches_past_the_catalogue_is_unknown_even_with_a_flare():
    events, *rest, reason = one([(29.5 * 24, 2e-5, 2e-5, 11111)], hours=29.25 * 24)
    np.testing.assert_array_equal([*events, *rest], [np.nan] * 5)
    assert reason == PAST


def test_a_window_before_the_catalogue_is_unknown():
    assert one([], hours=-1)[3] == PAST


def test_short_coverage_makes_negatives_unknown_and_keeps_positives():
    events, count, largest, reason = one([(50, 2e-6, 2e-6, 11111)], observed=np.array([[0.7]]), min_coverage=0.8)
    np.testing.assert_array_equal(events, [1, np.nan, np.nan])
    assert np.isnan([count, largest]).all()
    assert reason == SHORT


def test_coverage_at_the_limit_suffices():
    assert one([], observed=np.array([[0.8]]), min_coverage=0.8)[0] == [0, 0, 0]


HOLE = (100 * 24, 131 * 24)


def with_a_hole():
    """A list with a small flare of nobody's region every hour, but for a month."""
    hours = [hour for hour in range(240 * 24) if not HOLE[0] < hour < HOLE[1]]
    return catalogue([(hour, 5e-7, 5e-7, 11119) for hour in hours], end=START + np.timedelta64(240, "D"))


@pytest.mark.parametrize("segment", [DISK, 1])
@pytest.mark.parametrize(
    ("hours", "reason"), [(-24, ""), (-23, SILENT), (24 * 15, SILENT), (24 * 31 - 1, SILENT), (24 * 31, "")]
)
def test_windows_that_touch_a_hole_of_the_list_are_unknown(segment, hours, reason):
    start = np.array([START + np.timedelta64(HOLE[0] + hours, "h")])
    found = label(with_a_hole(), np.array([segment]), start, [24], list(THRESHOLDS))
    assert found["label_reason"][1].tolist() == [[reason]]
    for name in ("event", "flare_count", "largest_flux"):
        assert np.isnan(found[name][1]).all() == bool(reason)


def test_a_hole_takes_its_hours_from_the_coverage_of_a_window():
    start = START + np.array([HOLE[0] - 18, HOLE[0] + 1], dtype="timedelta64[h]")
    found = label(with_a_hole(), np.array([DISK, DISK]), start, [24], list(THRESHOLDS))
    assert found["coverage"][1].tolist() == [[0.75], [0]]


sizes = st.sampled_from([5e-7, 1e-6, 2e-6, 1e-5, 3e-5, 1e-4, 9e-4])
regions = st.sampled_from([-1, 11111, 11112, 11113, 11119])
flares = st.lists(st.tuples(st.integers(0, 240), sizes, st.sampled_from([1.0, 1.0, 1.5]), regions), max_size=12)
asked = st.lists(st.tuples(st.integers(-10, 240), st.sampled_from([DISK, 1, 2, 3])), min_size=1, max_size=8)
OWNS = {1: {11111}, 2: {11112, 11113}, 3: set()}


def naive(rows, hours, segment, window, threshold, drop):
    """One label by the definition: an unknown assignment or size is tried both ways."""
    if hours < 0 or hours + window > 240:
        return np.nan
    inside = [row for row in rows if hours < row[0] <= hours + window]
    sure = [r for r in inside if segment == DISK or r[3] in OWNS[segment]]
    nobody = {-1} if segment != 3 else {-1, 11119}
    maybe = [r for r in inside if segment != DISK and r[3] in nobody] if drop else []
    if any(row[1] >= threshold for row in sure):
        return 1.0
    return np.nan if any(row[1] * row[2] >= threshold for row in sure + maybe) else 0.0


@settings(max_examples=200, deadline=None)
@given(flares, asked, st.booleans())
def test_labels_are_those_of_a_loop_over_flares(rows, questions, drop):
    found = label(
        catalogue([(r[0], r[1], r[1] * r[2], r[3]) for r in rows], end=START + np.timedelta64(240, "h")),
        np.array([question[1] for question in questions]),
        START + np.array([question[0] for question in questions], dtype="timedelta64[h]"),
        [24, 48],
        list(THRESHOLDS),
        drop_unassigned=drop,
    )
    expected = [
        [[naive(rows, hours, segment, window, flux, drop) for window in (24, 48)] for flux in THRESHOLDS.values()]
        for hours, segment in questions
    ]
    np.testing.assert_array_equal(found["event"][1], expected)
    missing = np.isnan(found["event"][1]).any(axis=1)
    assert (found["label_reason"][1][missing] != "").all()


def test_coverage_counts_unobserved_minutes_inside_the_series_only():
    minutes = START.astype("datetime64[m]").astype(int)
    coverage = XrayCoverage(np.arange(minutes, minutes + 720), np.array([[minutes, minutes + 1439]]))
    starts = START + np.array([0, 12, 24], dtype="timedelta64[h]")
    assert coverage.fraction(starts, 24).tolist() == pytest.approx([0.5, 0.5, 1.0])


@pytest.fixture
def archive(make):
    stamps = [f"2011-01-{day:02d}T{hour:02d}:30" for day in range(1, 9) for hour in (5, 11, 17, 23)]
    make.sharp([1] * 32 + [2] * 32, stamps * 2).harp_noaa([(1, 11111), (2, 11112), (2, 11113)])
    make.flares([("2011-01-02T03:00", 2e-6, 11111), ("2011-01-05T06:00", 2e-5, 11113)])
    return make


def test_the_command_writes_the_samples_of_the_contract(archive, tmp_path, capsys):
    output = tmp_path / "samples.nc"
    run(LabelConfig(archive=archive.path, output=output))
    samples = check(xr.load_dataset(output), "samples")
    assert samples["event"].dims == ("sample", "threshold", "window")
    assert samples.attrs["goes_scale"] == "operational"
    regions = samples.isel(sample=np.flatnonzero(samples["entity"] == "region"))
    assert set(regions["noaa_ars"].to_numpy()) == {"11111", "11112,11113"}
    assert "events / unknown" in capsys.readouterr().out
    assert (tmp_path / "samples.nc.receipt.json").exists()


@pytest.mark.parametrize("group", ["sharp", "flares_swpc"])
def test_labels_of_anything_simulated_say_so(archive, tmp_path, group):
    zarr.open_group(str(archive.path / group), mode="r+").attrs["simulated"] = 1
    run(LabelConfig(archive=archive.path, output=tmp_path / "samples.nc"))
    assert xr.load_dataset(tmp_path / "samples.nc").attrs["simulated"] == 1


def test_the_command_writes_the_same_bytes_again(archive, tmp_path):
    first, second = tmp_path / "first.nc", tmp_path / "second.nc"
    run(LabelConfig(archive=archive.path, output=first))
    run(LabelConfig(archive=archive.path, output=second))
    assert first.read_bytes() == second.read_bytes()


def test_unobserved_hours_in_the_archive_reach_the_labels(archive, tmp_path):
    minutes = np.arange("2011-01-01", "2011-01-12", dtype="datetime64[m]")
    good = ~((minutes >= np.datetime64("2011-01-03")) & (minutes < np.datetime64("2011-01-04")))
    archive.xrs(minutes, np.full(len(minutes), 1e-7), good)
    run(LabelConfig(archive=archive.path, output=tmp_path / "samples.nc"))
    samples = xr.load_dataset(tmp_path / "samples.nc")
    row = samples.isel(sample=int(np.flatnonzero(samples["issue_time"] == np.datetime64("2011-01-03"))[0]))
    assert row["label_reason"].sel(window=24) == SHORT
    assert row["coverage"].sel(window=48) == pytest.approx(0.5)
    assert "wherever a series spans it" in samples.attrs["xray_coverage"]


def test_without_x_rays_the_product_says_that_the_catalogue_decides(archive, tmp_path):
    run(LabelConfig(archive=archive.path, output=tmp_path / "samples.nc"))
    assert "no X-ray series" in xr.load_dataset(tmp_path / "samples.nc").attrs["xray_coverage"]


def test_the_command_names_a_hole_of_the_list_in_the_labelled_time(archive, tmp_path, capsys):
    output = tmp_path / "samples.nc"
    run(LabelConfig(archive=archive.path, output=output))
    assert "catalogue_silences" not in xr.load_dataset(output).attrs
    assert "no flare from" not in capsys.readouterr().err
    hours = np.arange("2010-08-01", "2011-08-01", dtype="datetime64[h]")
    kept = hours[(hours <= np.datetime64("2011-01-04T00")) | (hours >= np.datetime64("2011-01-20T00"))]
    archive.flares([(hour, 5e-7, 11119) for hour in kept], coverage=("2010-08-01", "2011-08-01"), name="flares_ngdc")
    run(LabelConfig(archive=archive.path, output=output, catalogue={"name": "ngdc"}))
    samples = xr.load_dataset(output)
    assert samples.attrs["catalogue_silences"] == "2011-01-04T00:00 to 2011-01-20T00:00"
    told = (
        "flares_ngdc: no flare from 2011-01-04T00:00 to 2011-01-20T00:00, where every other stretch as long around it"
    )
    assert told in capsys.readouterr().err
    day = samples.sel(window=24)
    late = day["issue_time"].to_numpy() > np.datetime64("2011-01-03")
    assert set(day["label_reason"].to_numpy()[late]) == {SILENT}
    assert set(day["label_reason"].to_numpy()[~late]) == {""}


def test_the_command_leaves_unknown_what_the_list_is_declared_to_lack(archive, tmp_path, capsys):
    output = tmp_path / "samples.nc"
    missing = [["2011-01-05T00:00:00", "2011-01-06T00:00:00"]]
    archive.flares([("2011-01-02T00:00", 2e-6, 11119)], name="flares_ngdc", missing=missing)
    run(LabelConfig(archive=archive.path, output=output, catalogue={"name": "ngdc"}))
    samples = xr.load_dataset(output)
    assert samples.attrs["catalogue_silences"] == "2011-01-05T00:00 to 2011-01-06T00:00"
    assert "flares_ngdc: declared missing from 2011-01-05T00:00 to 2011-01-06T00:00." in capsys.readouterr().err
    day = samples.sel(window=24)
    hours = (day["issue_time"].to_numpy() - np.datetime64("2011-01-05", "ns")) / np.timedelta64(1, "h")
    touched = (hours > -24) & (hours < 24)
    assert touched.any()
    assert set(day["label_reason"].to_numpy()[touched]) == {SILENT}
    assert set(day["label_reason"].to_numpy()[~touched]) == {""}


def test_an_interval_without_regions_says_what_there_is(archive, tmp_path):
    config = LabelConfig(archive=archive.path, output=tmp_path / "samples.nc", start="2015-01-01")
    with pytest.raises(InputError, match=r"no region in the interval; got 'regions from 2011-01-01T06:00.*2015-01-01"):
        run(config)
    assert not config.output.exists()


def test_a_missing_flare_list_is_named(archive, tmp_path):
    config = LabelConfig(archive=archive.path, output=tmp_path / "samples.nc", catalogue={"name": "hek"})
    with pytest.raises(ArchiveError, match="group is missing; got 'flares_hek'; wanted one of flares_swpc"):
        run(config)
