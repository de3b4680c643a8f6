"""Solar Region Summaries."""

import io
import tarfile
import time

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.srs import SOURCE

from .examples import SRS_TEXT, write

FIELDS = {
    "latitude": "Latitude", "longitude": "Longitude", "carrington_longitude": "Carrington Longitude",
    "srs_area": "Area", "spot_count": "Number of Sunspots", "longitude_extent": "Longitudinal Extent",
}  # fmt: skip


def tar(path, *texts):
    with tarfile.open(path, "w:gz") as archive:
        for number, text in enumerate(texts):
            info = tarfile.TarInfo(f"SRS/{number}SRS.txt")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def region(dataset, noaa_ar):
    return dataset.isel(record=int(np.flatnonzero(dataset.noaa_ar.values == noaa_ar)[0]))


def test_three_sections_are_read(tmp_path):
    data = SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT))
    assert dict(zip(data.noaa_ar.values.tolist(), data.srs_section.values, strict=True)) == {
        11221: "II",
        11225: "IA",
        11226: "I",
        11227: "I",
    }
    assert set(data.time.values) == {np.datetime64("2011-06-07T00:30", "ns")}


def test_spotted_region_has_all_its_fields(tmp_path):
    spots = region(SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT)), 11226)
    found = {name: spots[name].item() for name in ("mcintosh", "hale", *FIELDS)}
    assert found == {
        "mcintosh": "Dao", "hale": "Beta", "latitude": -22, "longitude": 52, "carrington_longitude": 36, "srs_area": 80,
        "spot_count": 8, "longitude_extent": 10,
    }  # fmt: skip


def test_field_left_out_is_missing(tmp_path):
    spots = region(SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT)), 11227)
    assert np.isnan(spots.spot_count)
    assert (spots.longitude_extent.item(), spots.hale.item(), spots.longitude.item()) == (2, "Alpha", -35)


def test_region_due_to_return_has_no_longitude(tmp_path):
    due = region(SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT)), 11221)
    assert np.isnan(due.longitude)
    assert (due.latitude.item(), due.carrington_longitude.item(), due.hale.item()) == (-18, 253, "")


def test_upper_case_summaries_of_the_nineties_read_alike(tmp_path):
    plain, upper = write(tmp_path / "a.txt", SRS_TEXT), write(tmp_path / "b.txt", SRS_TEXT.upper())
    assert SOURCE.read(plain).identical(SOURCE.read(upper))


def test_day_without_regions_is_an_empty_table(tmp_path):
    empty = "\n".join(line for line in SRS_TEXT.splitlines() if not line[:4].isdigit())
    assert SOURCE.read(write(tmp_path / "a.txt", empty)).sizes["record"] == 0


def test_issue_line_is_enough_without_the_header(tmp_path):
    text = SRS_TEXT.split("\n", 2)[2]
    assert SOURCE.read(write(tmp_path / "a.txt", text)).time.values[0] == np.datetime64("2011-06-07T00:30")


def test_archive_of_days_is_one_table(tmp_path):
    data = SOURCE.read(tar(tmp_path / "a.tar.gz", SRS_TEXT, SRS_TEXT.replace("2011 Jun 07", "2011 Jun 08")))
    assert data.sizes["record"] == 8
    assert np.unique(data.time).size == 2


def test_comments_after_the_tables_are_no_regions(tmp_path):
    assert SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT + "PLAIN\n9999, 0000 and so on\n")).sizes["record"] == 4


@pytest.mark.parametrize("line", ["1226 X22W52   036  0080 Dao  10   08 Beta", "1226 at the limb"])
def test_line_that_is_no_region_is_named(tmp_path, line):
    text = SRS_TEXT.replace("1226 S22W52   036  0080 Dao  10   08 Beta", line)
    with pytest.raises(InputError, match=f"a.txt: line 9: not a region; got '{line}'; wanted number, place"):
        SOURCE.read(write(tmp_path / "a.txt", text))
    with pytest.raises(InputError, match=r"a.tar.gz: SRS/0SRS.txt, line 9: not a region"):
        SOURCE.read(tar(tmp_path / "a.tar.gz", text))


def test_summary_without_issue_time_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.txt: no issue time; got 'I\.  Regions.*'; wanted a line like :Issued:"):
        SOURCE.read(write(tmp_path / "a.txt", SRS_TEXT[SRS_TEXT.index("I.  Regions") :]))


def test_summary_cut_short_is_refused_and_costs_an_archive_its_day(tmp_path):
    half = SRS_TEXT[: SRS_TEXT.index("IA.")]
    with pytest.raises(InputError, match=r"a.txt: end of file: the summary is cut short; got .+; wanted section II"):
        SOURCE.read(write(tmp_path / "a.txt", half))
    data = SOURCE.read(tar(tmp_path / "a.tar.gz", half, SRS_TEXT.replace("2011 Jun 07", "2011 Jun 08")))
    assert set(data.time.values.astype("datetime64[D]").astype(str)) == {"2011-06-08"}
    assert data.attrs["cut_short"].count(".txt") == 1


def test_truncated_archive_is_refused(tmp_path):
    path = tar(tmp_path / "a.tar.gz", SRS_TEXT)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"a.tar.gz: truncated or damaged gzip file; got "):
        SOURCE.read(path)
    (tmp_path / "b.tar").write_bytes(b"not an archive" * 100)
    with pytest.raises(InputError, match=r"b.tar: truncated or damaged tar archive; got "):
        SOURCE.read(tmp_path / "b.tar")


@pytest.mark.data
def test_ten_years_of_real_summaries_read_whole(data_root):
    begin = time.perf_counter()
    years = {
        path.name: SOURCE.read(path) for path in sorted((data_root / "catalogues" / "SRS_2010_2019").glob("*.tar.gz"))
    }
    # 3648 files; 3 ms each would be 11 s
    assert time.perf_counter() - begin < 11
    assert {name[:4]: data.sizes["record"] for name, data in years.items()} == {
        "2010": 1097, "2011": 2833, "2012": 2907, "2013": 3369, "2014": 3730, "2015": 2493, "2016": 1530, "2017": 783,
        "2018": 379, "2019": 213,
    }  # fmt: skip


def test_summaries_agree_with_sunpy():
    from sunpy.data.test import get_test_filepath
    from sunpy.io.special import srs

    for name in ("19960106SRS.txt", "20000922SRS.txt", "20100621SRS.txt", "20150306SRS.txt", "20150906SRS.txt"):
        path = get_test_filepath(f"SRS/{name}")
        table, ours = srs.read_srs(path), SOURCE.read(path)
        theirs = {(row["ID"], int(row["Number"])): row for row in table}
        assert set(theirs) == set(zip(ours.srs_section.values, ours.noaa_ar.values.tolist(), strict=True))
        for position, key in enumerate(zip(ours.srs_section.values, ours.noaa_ar.values.tolist(), strict=True)):
            for field, column in FIELDS.items():
                value, wanted = ours[field].values[position], theirs[key][column]
                wanted = np.nan if np.ma.is_masked(wanted) else float(getattr(wanted, "value", wanted))
                np.testing.assert_equal(float(value), wanted, err_msg=f"{name} {key} {field}")


def test_regions_older_than_the_roll_over_keep_their_number():
    from sunpy.data.test import get_test_filepath

    numbers = SOURCE.read(get_test_filepath("SRS/20020624SRS.txt")).noaa_ar.values.tolist()
    assert {9997, 9973, 10001, 10014} <= set(numbers)
