"""Labels of auxiliary predictions: what a quantity is at the cut-off, and what becomes of it."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.samples.ahead import ahead, at_cutoff
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.keys import read_keys
from sunproof.pipeline.samples.regions import load_regions

CONFIG = InputConfig(modalities=("keywords",), history_hours=6, step_hours=1)
NOON = np.datetime64("2012-03-01T12:00", "ns")
MINUTE = np.timedelta64(60_000_000_000, "ns")


def keys(archive, harps=(1,), cutoffs=(NOON,), entity="region"):
    size = len(harps)
    columns = {
        "harpnum": np.array(harps),
        "noaa_ar": np.full(size, -1),
        "data_cutoff": np.array(cutoffs),
        "entity": np.full(size, entity, object),
    }
    return read_keys(xr.Dataset({name: ("sample", part) for name, part in columns.items()}), load_regions(archive))


def series(make, minutes, flux, good=None):
    times = NOON + np.asarray(minutes) * MINUTE
    return make.sharp([1], [NOON]).xrs(times, flux, np.ones(len(times)) if good is None else good)


def test_a_keyword_ahead_is_the_latest_record_of_the_hour_before_the_lead_is_over(make):
    hours = np.array([-7, -2, 0, 22.5, 24, 24.2])
    make.sharp([1] * 6, NOON + (hours * 60).astype(int) * MINUTE, usflux=10.0 ** np.arange(20, 26))
    rows = keys(make.path)
    now, then = at_cutoff(make.path, rows, ["usflux"], [23, 24], CONFIG), None
    then = ahead(make.path, rows, np.array([NOON]), ["usflux"], [23, 24, 26], CONFIG)
    np.testing.assert_allclose(now[0, 0], [22, 22], atol=1e-6)
    np.testing.assert_allclose(then[0, 0], [23, 24, np.nan], atol=1e-6)


def test_what_is_not_usable_or_has_no_logarithm_is_missing(make):
    times = NOON + np.array([0, 24 * 60]) * MINUTE
    make.sharp([1, 2], [NOON, NOON], usflux=[0.0, 1e22], quality=np.array([0, 0x10000]))
    rows = keys(make.path, (1, 2, 3), (NOON,) * 3)
    assert np.isnan(at_cutoff(make.path, rows, ["usflux", "totpot"], [24], CONFIG)[:, 0]).all()
    assert np.isnan(ahead(make.path, rows, np.repeat(times[:1], 3), ["usflux"], [24], CONFIG)).all()


def test_the_full_disk_has_no_keywords_but_x_rays(make):
    make.sharp([1], [NOON]).xrs(NOON + np.arange(-400, 1) * MINUTE, np.full(401, 1e-6), np.ones(401))
    found = at_cutoff(make.path, keys(make.path, entity="full_disk"), ["usflux", "xrsb"], [24], CONFIG)
    assert np.isnan(found[0, 0, 0])
    assert found[0, 1, 0] == pytest.approx(-6, abs=1e-6)


def test_a_peak_is_the_largest_flux_after_the_start_and_persistence_that_before_the_cutoff(make):
    flux = np.full(481, 1e-7)
    flux[[10, 240, 300, 480]] = [1e-3, 3e-6, 2e-5, 5e-5]
    series(make, np.arange(-240, 241), flux)
    rows = keys(make.path)
    # 240 is the cut-off itself: known, and no future
    np.testing.assert_allclose(at_cutoff(make.path, rows, ["xrsb_peak"], [1, 4], CONFIG)[0, 0], np.log10([3e-6, 1e-3]))
    then = ahead(make.path, rows, np.array([NOON]), ["xrsb_peak"], [0.5, 1, 4], CONFIG)[0, 0]
    np.testing.assert_allclose(then, np.log10([1e-7, 2e-5, 5e-5]), rtol=1e-6)


def test_a_peak_that_was_not_watched_is_unknown(make):
    good = np.ones(241)
    good[1:49] = 0
    series(make, np.arange(241), np.full(241, 1e-7), good)
    rows = keys(make.path)
    found = ahead(make.path, rows, np.array([NOON]), ["xrsb_peak"], [3, 4, 6], CONFIG)[0, 0]
    # 48 of 180 minutes are missing, and 48 of 240: a fifth is the most
    assert np.isnan(found).tolist() == [True, False, True]


def test_the_satellite_that_saw_most_is_believed(make):
    make.sharp([1], [NOON])
    make.xrs(NOON + np.arange(61) * MINUTE, np.full(61, 1e-7), np.ones(61), satellite=15)
    good = np.ones(61)
    good[30:36] = 0
    make.xrs(NOON + np.arange(61) * MINUTE, np.full(61, 1e-4), good, satellite=16)
    assert ahead(make.path, keys(make.path), np.array([NOON]), ["xrsb_peak"], [1], CONFIG)[0, 0, 0] == pytest.approx(-7)


def test_nothing_after_the_cutoff_changes_what_is_known_at_it(make_at):
    found = []
    for name, later in (("a", 1.0), ("b", 50.0)):
        make = make_at(name)
        flux = np.where(np.arange(-600, 601) > 0, later * 1e-7, 1e-7)
        times = NOON + np.arange(-600, 601, 60) * MINUTE
        make.sharp([1] * 21, times, usflux=np.where(times > NOON, later * 1e22, 1e22))
        make.xrs(NOON + np.arange(-600, 601) * MINUTE, flux, np.ones(1201))
        rows = keys(make.path)
        found.append(at_cutoff(make.path, rows, ["usflux", "xrsb", "xrsb_peak"], [2, 4], CONFIG))
    np.testing.assert_array_equal(*found)
    assert np.isfinite(found[0]).all()


def test_an_archive_without_keywords_says_so(make):
    make.write("flares_swpc", "event", {"peak_time": np.array([NOON])}).xrs([NOON], [1e-7], [1])
    rows = keys(make.path)
    with pytest.raises(ArchiveError, match="group is missing"):
        at_cutoff(make.path, rows, ["usflux"], [24], CONFIG)
    assert np.isnan(at_cutoff(make.path, rows, ["xrsb_peak"], [24], CONFIG)).all()
