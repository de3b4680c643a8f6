"""NGDC flare reports."""

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.flares_ngdc import SOURCE

from .examples import NGDC_LINES, write


def read(tmp_path, *lines):
    return SOURCE.read(write(tmp_path / "goes_xrs_report_2014.txt", *lines))


def test_report_has_its_fields(tmp_path):
    event = read(tmp_path, *NGDC_LINES).isel(event=0)
    assert event.start_time.values == np.datetime64("2014-01-01T07:21")
    assert event.peak_time.values == np.datetime64("2014-01-01T07:26")
    assert event.end_time.values == np.datetime64("2014-01-01T07:29")
    assert (event.goes_class.item(), event.peak_flux.item()) == ("C3.2", 3.2e-6)
    assert (event.latitude.item(), event.longitude.item()) == (-12, 47)
    assert event.fluence.item() == pytest.approx(1e-3)
    assert (event.noaa_ar.item(), event.satellite.item(), event.goes_scale.item()) == (11940, 15, "operational")


def test_flare_over_midnight_ends_on_the_next_day(tmp_path):
    event = read(tmp_path, *NGDC_LINES).isel(event=1)
    assert event.end_time.values == np.datetime64("2014-01-02T00:03")


def test_unknown_maximum_is_missing_and_counted(tmp_path):
    events = read(tmp_path, *NGDC_LINES)
    assert np.isnat(events.peak_time.values[1])
    assert events.attrs["without_peak"] == 1


@pytest.mark.parametrize(
    ("line", "latitude", "longitude", "noaa_ar"),
    [
        ("31777100102  2257 2335 2319 S32W481F                       C 31    GOES 4.5E-03 11039", -32, 48, 11039),
        ("31777100926  1411 1423 1416 N21E3 SF                       B 33    GOES 1.7E-04 11110", 21, -3, 11110),
        (
            "31777100101  1411 1423 1416                                 B 33    G14  1.7E-04 1110",
            np.nan,
            np.nan,
            11110,
        ),
        ("31777750901  1411 1423 1416                                B 33", np.nan, np.nan, -1),
    ],
)
def test_spellings_of_real_reports_are_read(tmp_path, line, latitude, longitude, noaa_ar):
    event = read(tmp_path, line).isel(event=0)
    np.testing.assert_equal([event.latitude.item(), event.longitude.item()], [latitude, longitude])
    assert event.noaa_ar.item() == noaa_ar
    assert event.start_time.dt.year == (1975 if line[5:7] == "75" else 2010)


@pytest.mark.parametrize(
    "damage", [("G15  1.0E-03", "G15  lots"), ("0721", "07h2"), ("31777", "41777"), ("C 32", "Q 3")]
)
def test_line_that_is_no_report_is_named(tmp_path, damage):
    with pytest.raises(InputError, match=r"report_2014.txt: line 2: not an NGDC flare report; got '.1777140101"):
        read(tmp_path, NGDC_LINES[1], NGDC_LINES[0].replace(*damage))


def test_day_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="line 1: no such day; got '14-02-30'; wanted year-month-day"):
        read(tmp_path, NGDC_LINES[0].replace("140101", "140230"))


def test_time_of_day_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="line 1: no such time of day; got '2575'; wanted hours and minutes"):
        read(tmp_path, NGDC_LINES[0].replace("0726", "2575"))


@pytest.mark.data
@pytest.mark.parametrize(("year", "count"), [(2010, 1255), (2011, 2171), (2014, 2258), (2016, 1194)])
def test_real_reports_read_whole(data_root, year, count):
    events = SOURCE.read(data_root / "catalogues" / "ngdc_xrs_reports" / f"goes_xrs_report_{year}.txt.gz")
    assert events.sizes["event"] + events.attrs["merged"] == count
    assert events.attrs["coverage_start"] == f"{year}-01-01T00:00:00"
    assert float((events.fluence > 0).mean()) > 0.99


@pytest.mark.data
def test_catalogues_agree_where_they_overlap(data_root):
    """NGDC's reports come from SWPC's list: nearly every M flare of 2014 stands in both with the same class."""
    from sunproof.pipeline.sources.flares_swpc import SOURCE as SWPC

    swpc = SWPC.read(data_root / "catalogues" / "swpc_ftp_flares_20100101_20251115.csv.gz").to_dataframe()
    ngdc = SOURCE.read(data_root / "catalogues" / "ngdc_xrs_reports" / "goes_xrs_report_2014.txt.gz").to_dataframe()
    large = ngdc[ngdc.peak_flux >= 1e-5].merge(swpc, on="start_time", suffixes=("", "_swpc"))
    assert len(large) > 0.95 * (ngdc.peak_flux >= 1e-5).sum()
    assert (large.goes_class == large.goes_class_swpc).mean() > 0.97
