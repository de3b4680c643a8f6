"""The three scoreboard formats: the shipped examples are read, and what is written reads back the same."""

import math

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.exchange import from_submissions, read_submissions, to_submissions, write_submissions
from sunproof.pipeline.forecasting.formats.base import Bin, Entry, Submission

KINDS = ["ccmc_txt", "ccmc_xml", "ccmc_json"]
ISSUE = np.datetime64("2024-05-10T12:05:00", "ns")
START = np.datetime64("2024-05-10T12:00:00", "ns")


def submission(plus="+", hours=(0, 24), missing=False):
    start, end = (START + np.timedelta64(hour, "h") for hour in hours)
    probability = math.nan if missing else 0.3
    full = Entry("full_disk", (Bin("C" + plus, 0.99), Bin("M" + plus, probability), Bin("X+", 0.125)))
    region = Entry("region", (Bin("C" + plus, 0.5), Bin("M" + plus, 0.25), Bin("X+", 0.0625)), 13664, -1)
    return Submission("TEST_1", ISSUE, start, end, (full, region))


@pytest.mark.data
@pytest.mark.parametrize("suffix", ["txt", "xml", "json"])
def test_examples_of_each_format_are_read(data_root, suffix):
    (path,) = (data_root / "ccmc_examples").glob(f"*.{suffix}")
    (found,) = read_submissions(path)
    assert found.method == "HELIOPC_1"
    assert found.issue_time == ISSUE
    assert (found.end - found.start) == np.timedelta64(24, "h")
    full = next(entry for entry in found.entries if entry.entity == "full_disk")
    assert {bin.name: bin.probability for bin in full.bins} == {"C+": 0.99, "M+": 0.88, "X+": 0.41}
    region = next(entry for entry in found.entries if entry.noaa_ar == 13664)
    assert {bin.name: bin.probability for bin in region.bins}["M+"] == 0.85


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plus", ["+", ""])
@pytest.mark.parametrize("missing", [False, True])
def test_what_is_written_reads_back_the_same(tmp_path, kind, plus, missing):
    (path,) = write_submissions([submission(plus, missing=missing)], tmp_path, kind)
    (found,) = read_submissions(path)
    wanted = submission(plus, missing=missing)
    assert (found.method, found.issue_time, found.start, found.end) == ("TEST_1", ISSUE, wanted.start, wanted.end)
    for got, want in zip(found.entries, wanted.entries, strict=True):
        assert (got.entity, got.noaa_ar) == (want.entity, want.noaa_ar)
        assert {b.name: b.probability for b in got.bins} == pytest.approx(
            {b.name: b.probability for b in want.bins}, nan_ok=True
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_survives_the_way_out_and_back(tmp_path, kind):
    batch = from_submissions([submission()], "science")
    paths = write_submissions(to_submissions(batch, "TEST_1"), tmp_path, kind)
    again = from_submissions([item for path in paths for item in read_submissions(path)], "science")
    np.testing.assert_allclose(again["probability"], batch["probability"])
    np.testing.assert_array_equal(again["noaa_ar"], batch["noaa_ar"])
    assert {name: again.attrs[name] for name in ("classes", "windows", "goes_scale")} == {
        "classes": "cumulative",
        "windows": "nested",
        "goes_scale": "science",
    }


def test_missing_is_nan_and_minus_one_never_zero(tmp_path):
    (path,) = write_submissions([submission(missing=True)], tmp_path, "ccmc_txt")
    assert " -1 -1 -1 " in path.read_text().splitlines()[10]
    batch = from_submissions(read_submissions(path))
    assert math.isnan(batch["probability"].sel(threshold="M1.0").values[0, 0])


def test_exclusive_classes_are_told_from_cumulative():
    assert from_submissions([submission("")]).attrs["classes"] == "exclusive"
    mixed = submission("+")
    other = Entry("region", (Bin("M", 0.1),), 13667)
    with pytest.raises(InputError, match=r"mixed; got \['C\+', 'M', 'M\+'\]"):
        from_submissions([Submission("TEST_1", ISSUE, mixed.start, mixed.end, (*mixed.entries, other))])


def test_windows_with_one_start_are_nested_and_successive_days_are_disjoint():
    nested = from_submissions([submission(hours=(0, 24)), submission(hours=(0, 48))])
    disjoint = from_submissions([submission(hours=(0, 24)), submission(hours=(24, 48))])
    assert (nested.attrs["windows"], disjoint.attrs["windows"]) == ("nested", "disjoint")
    np.testing.assert_array_equal(disjoint["window"], [24, 48])
    with pytest.raises(InputError, match="windows differ between issue times or overlap"):
        from_submissions([submission(hours=(0, 24)), submission(hours=(12, 36))])


def test_disjoint_days_go_out_as_they_came(tmp_path):
    days = [submission(hours=(0, 24)), submission(hours=(24, 48)), submission(hours=(48, 72))]
    paths = write_submissions(to_submissions(from_submissions(days), "TEST_1"), tmp_path, "ccmc_xml")
    assert sorted(path.name[-8:] for path in paths) == ["day1.xml", "day2.xml", "day3.xml"]
    again = from_submissions([item for path in paths for item in read_submissions(path)])
    assert again.attrs["windows"] == "disjoint"


def test_a_row_whose_numbers_are_all_missing_is_no_forecast():
    nothing = Entry("region", (Bin("M+", math.nan),), 13700)
    item = submission()
    batch = from_submissions([Submission("TEST_1", ISSUE, item.start, item.end, (*item.entries, nothing))])
    assert batch["status"].values.tolist() == ["ISSUED", "ISSUED", "NO_FORECAST"]
    assert "missing in the file" in batch["status_reason"].values[2]


WILD = """<message><forecast><method>SERVICE</method><issuetime>2024-05-10T12:05</issuetime>
<predictionwindow><begin>2024-05-10T12:00</begin><endttime>2024-05-11T12:00</endttime></predictionwindow>
<group><forecasttype>Region</forecasttype><sourceregion><id scheme="NOAA_AR_numbering_scheme">13664</id>
<location>S17W29</location></sourceregion>
<entry><fluxbin name="M+"/><probability><value>0.85</value></probability></entry>
</group></forecast></message>"""


def test_variants_met_in_the_wild_are_read_whatever_the_name(tmp_path):
    path = tmp_path / "served_as.txt"
    path.write_text(WILD)
    (found,) = read_submissions(path)
    (entry,) = found.entries
    assert (entry.noaa_ar, entry.latitude, entry.longitude) == (13664, -17.0, 29.0)


def test_all_mistakes_of_a_file_are_told_together(tmp_path):
    path = tmp_path / "bad.xml"
    path.write_text(WILD.replace("2024-05-10T12:05", "yesterday").replace("0.85", "85").replace("S17W29", "17,29"))
    with pytest.raises(InputError, match=r"bad\.xml") as caught:
        read_submissions(path)
    texts = "\n".join(map(str, caught.value.problems))
    assert "not a time; got 'yesterday'" in texts
    assert "not a fraction; got 85.0" in texts
    assert "not a position; got '17,29'" in texts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<message>", "not well-formed XML"),
        ('{"forecast_submission": 1', "not a forecast submission"),
        ("a,b\n1,2\n", "unknown forecast format; got 'a,b"),
        ("Forecasting method: A\n#Full Disk Forecast\n0.1 0.2\n", "wrong number of columns; got 2"),
    ],
)
def test_what_is_no_submission_is_named(tmp_path, text, message):
    path = tmp_path / "bad"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_submissions(path)


def test_unknown_semantics_are_not_written():
    batch = from_submissions([submission()])
    batch.attrs["classes"] = "unknown"
    with pytest.raises(InputError, match="classes are not declared"):
        to_submissions(batch, "TEST_1")
