"""What every source's records go through."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.base import Layout
from sunproof.pipeline.sources.records import finish

TABLE = Layout("table", "record", ("harpnum", "time"))
SERIES = Layout("series", "time")


def table(harpnum, hours, flux):
    times = np.datetime64("2011-02-15T00:00", "ns") + np.array(hours) * np.timedelta64(3600 * 10**9, "ns")
    variables = {"harpnum": harpnum, "time": times, "usflux": np.array(flux, dtype=np.float32)}
    return xr.Dataset({name: ("record", np.asarray(values)) for name, values in variables.items()})


def test_unsorted_records_are_sorted():
    done = finish(table([2, 1, 1], [0, 5, 3], [1e22, 2e22, 3e22]), TABLE, "sharp", "a.csv")
    assert list(done.harpnum.values) == [1, 1, 2]
    np.testing.assert_allclose(done.usflux.values, [3e22, 2e22, 1e22])


def test_identical_records_are_dropped_and_counted():
    done = finish(table([1, 1, 1], [0, 0, 1], [np.nan, np.nan, 1e22]), TABLE, "sharp", "a.csv")
    assert done.sizes["record"] == 2
    assert done.attrs["duplicates_dropped"] == 1


def test_records_without_repetition_say_nothing_of_it():
    assert finish(table([1], [0], [1e22]), TABLE, "sharp", "a.csv").attrs == {"group": "sharp"}


def test_conflicting_records_are_named_with_both_values():
    wrong = table([1, 7, 1, 7], [0, 2, 0, 2], [1e22, 2e22, 3e22, 2e22])
    with pytest.raises(InputError) as caught:
        finish(wrong, TABLE, "sharp", "a.csv")
    assert len(caught.value.problems) == 1
    assert "harpnum=1, time=2011-02-15T00:00:00: two records with the same harpnum and time differ" in str(caught.value)
    assert "'usflux': ('1e+22', '3e+22')" in str(caught.value)


def test_many_conflicts_are_counted():
    harps = np.repeat(np.arange(20), 2)
    with pytest.raises(InputError, match=r"a.csv: more records with the same harpnum and time; got 15") as caught:
        finish(table(harps, np.zeros(40), np.arange(40) * 1e20), TABLE, "sharp", "a.csv")
    assert len(caught.value.problems) == 6


def test_value_out_of_range_is_named_with_its_record():
    with pytest.raises(InputError, match=r"record 2 \(harpnum=1, time=2011-02-15T01:00:00\), usflux: value out"):
        finish(table([1, 1], [0, 1], [1e22, -5e22]), TABLE, "sharp", "a.csv")


def test_group_of_the_file_wins_over_that_of_the_source():
    done = finish(table([1], [0], [1e22]).assign_attrs(group="goes15_xrs"), TABLE, "goes_xrs", "a.nc")
    assert done.attrs["group"] == "goes15_xrs"


def test_series_with_the_same_time_twice_is_refused():
    times = np.array(["2011-01-01", "2011-01-01"], "M8[ns]")
    series = xr.Dataset({"xrsb": ("time", np.array([1e-6, 2e-6], np.float32))}, coords={"time": times})
    with pytest.raises(InputError, match="time=2011-01-01T00:00:00: two records with the same time differ in 1"):
        finish(series, SERIES, "goes15_xrs", "a.nc")


def test_empty_dataset_passes():
    done = finish(table(np.zeros(0, int), np.zeros(0, int), []), TABLE, "sharp", "a.csv")
    assert done.sizes["record"] == 0
