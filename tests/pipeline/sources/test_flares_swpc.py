"""SWPC flare lists."""

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.flares_swpc import SOURCE

from .examples import SWPC_HEADER, SWPC_ROWS, write


def read(tmp_path, *rows, header=SWPC_HEADER):
    return SOURCE.read(write(tmp_path / "list.csv", header, *rows))


def test_two_date_formats_in_one_list_are_both_read(tmp_path):
    events = read(tmp_path, *SWPC_ROWS)
    assert list(np.datetime_as_string(events.start_time, "m")) == ["2011-02-15T01:44", "2011-02-15T04:27"]
    assert list(np.datetime_as_string(events.end_time, "m")) == ["2011-02-15T02:06", "2011-02-15T04:37"]


def test_flare_has_flux_region_and_scale(tmp_path):
    events = read(tmp_path, *SWPC_ROWS)
    np.testing.assert_array_equal(events.peak_flux, [2.2e-4, 4.8e-6])
    assert events.noaa_ar.values.tolist() == [11158, -1]
    assert events.satellite.values.tolist() == [15, 15]
    assert events.goes_scale.values.tolist() == ["operational", "operational"]
    assert np.isnan(events.latitude).all()


def test_scale_changes_with_goes_16(tmp_path):
    events = read(tmp_path, "0,2020-06-01 10:00,2020-06-01 10:05,2020-06-01 10:10,C1.0,2764,G16,C")
    assert (events.goes_scale.values[0], events.noaa_ar.values[0]) == ("science", 12764)


def test_day_first_date_is_refused_and_told_apart(tmp_path):
    wrong = SWPC_ROWS[1].replace("2011/02/15 04:27", "15/02/2011 04:27")
    with pytest.raises(
        InputError, match=r"record 2, column start_time: not a UTC time; got '15/02/2011 04:27'; wanted"
    ):
        read(tmp_path, SWPC_ROWS[0], wrong)


def test_coverage_is_whole_days_unless_declared(tmp_path):
    attrs = read(tmp_path, *SWPC_ROWS).attrs
    assert (attrs["coverage_start"], attrs["coverage_end"]) == ("2011-02-15T00:00:00", "2011-02-16T00:00:00")
    declared = ("# coverage_start: 2011-01-01T00:00:00", "# coverage_end: 2012-01-01")
    attrs = read(tmp_path, SWPC_HEADER, *SWPC_ROWS, header="\n".join(declared)).attrs
    assert (attrs["coverage_start"], attrs["coverage_end"]) == ("2011-01-01T00:00:00", "2012-01-01T00:00:00")


def test_declared_scale_wins(tmp_path):
    events = read(tmp_path, SWPC_HEADER, *SWPC_ROWS, header="# goes_scale: science\n# simulated: 1")
    assert set(events.goes_scale.values) == {"science"}
    assert events.attrs["simulated"] == 1


def test_declared_scale_must_be_one(tmp_path):
    with pytest.raises(InputError, match="goes_scale: unknown scale; got 'true'; wanted operational, science"):
        read(tmp_path, SWPC_HEADER, *SWPC_ROWS, header="# goes_scale: true")


def test_declared_coverage_must_be_a_time(tmp_path):
    facts = "# coverage_start: spring\n# coverage_end: 2012-01-01"
    with pytest.raises(InputError, match="coverage_start: not a UTC time; got 'spring'"):
        read(tmp_path, SWPC_HEADER, *SWPC_ROWS, header=facts)


def test_times_out_of_order_are_kept_and_counted(tmp_path):
    early = "2,2011-02-16 10:00,2011-02-16 09:00,2011-02-16 08:00,C1.0,0,G15,C"
    attrs = read(tmp_path, *SWPC_ROWS, early).attrs
    assert (attrs["peak_before_start"], attrs["end_before_peak"]) == (1, 1)


def test_flare_listed_twice_is_kept_once_with_times_in_order(tmp_path):
    wrong_end = SWPC_ROWS[0].replace("02:06:00", "00:06:00")
    events = read(tmp_path, wrong_end, *SWPC_ROWS)
    assert events.sizes["event"] == 2
    assert events.end_time.values[0] == np.datetime64("2011-02-15T02:06")
    assert events.attrs["merged"] == 1


def test_entry_without_a_flux_is_no_flare(tmp_path):
    events = read(tmp_path, *SWPC_ROWS, SWPC_ROWS[1].replace("C4.8", "A0.0"))
    assert events.sizes["event"] == 2
    assert events.attrs["without_class"] == 1


def test_garbage_class_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"list.csv: class: not a GOES class; got 'C4,8'"):
        read(tmp_path, SWPC_ROWS[0], SWPC_ROWS[1].replace("C4.8", '"C4,8"'))


def test_a_bad_time_and_a_bad_class_are_told_together(tmp_path):
    row = "2,2011-02-15 04:27:00,15.02.2011 04:32,2011-02-15 04:37:00,Q4.8,0,G15,C"
    with pytest.raises(InputError) as error:
        SOURCE.read(write(tmp_path / "list.csv", SWPC_HEADER, *SWPC_ROWS, row))
    assert "15.02.2011 04:32" in str(error.value)
    assert "class: not a GOES class; got 'Q4.8'" in str(error.value)


def test_missing_column_is_named_with_its_other_names(tmp_path):
    with pytest.raises(InputError, match=r"goes_class: column is missing; got .*; wanted one of label, goes_class"):
        read(tmp_path, *SWPC_ROWS, header=SWPC_HEADER.replace("label", "size"))


def test_flare_without_start_is_refused(tmp_path):
    with pytest.raises(InputError, match="record 1, column start_time: flare without a start; got ''"):
        read(tmp_path, SWPC_ROWS[0].replace("2011-02-15 01:44:00", ""))


def test_list_without_flares_needs_a_declared_coverage(tmp_path):
    with pytest.raises(InputError, match="no flares, and no interval in which there were none; got 0; wanted coverage"):
        read(tmp_path)
    quiet = read(tmp_path, SWPC_HEADER, header="# coverage_start: 2009-01-01\n# coverage_end: 2009-02-01")
    assert quiet.sizes["event"] == 0


@pytest.mark.data
def test_the_real_list_reads_whole(data_root):
    events = SOURCE.read(data_root / "catalogues" / "swpc_ftp_flares_20100101_20251115.csv.gz")
    assert not np.isnat(events.start_time).any()
    counts = {name: events.attrs[name] for name in ("peak_before_start", "end_before_peak", "merged", "without_class")}
    assert counts == {"peak_before_start": 41, "end_before_peak": 46, "merged": 34, "without_class": 1}
    assert events.sizes["event"] == 30_407 - 34 - 1
    assert set(np.unique(events.goes_scale.values)) == {"operational", "science"}
    assert int((events.peak_flux >= 1e-4).sum()) == 140
