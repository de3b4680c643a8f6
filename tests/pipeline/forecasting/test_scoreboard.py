"""Folders of scoreboard submissions in, ours out: semantics are told by the files, and nothing is read twice."""

import math

import numpy as np
import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.exchange import from_submissions, read_submissions, write_submissions
from sunproof.pipeline.forecasting.formats.base import Bin, Entry, Submission
from sunproof.pipeline.forecasting.scoreboard import read_scoreboard

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2024-05-10T12:00", "ns")


def submission(hours=(0, 24), plus="+", method="TEST_1", issue=0, m=0.25):
    start = START + issue * HOUR
    bins = (Bin("C" + plus, 0.5), Bin("M" + plus, m), Bin("X+", 0.0625))
    entries = (Entry("full_disk", bins), Entry("region", bins, 13664))
    return Submission(method, start, start + hours[0] * HOUR, start + hours[1] * HOUR, entries)


@pytest.mark.parametrize("kind", ["ccmc_txt", "ccmc_xml", "ccmc_json"])
def test_a_folder_of_files_becomes_one_batch(tmp_path, kind):
    write_submissions([submission(issue=0), submission(issue=24)], tmp_path, kind)
    (tmp_path / ".hidden").write_text("no submission")
    batch = read_scoreboard(tmp_path, "operational", quantum=0.01)
    assert batch.sizes == {"forecast": 4, "threshold": 3, "window": 1}
    assert (batch.attrs["classes"], batch.attrs["goes_scale"]) == ("cumulative", "operational")
    assert batch.attrs["probability_quantum"] == 0.01
    assert len(read_scoreboard(next(tmp_path.glob("[!.]*")), "unknown")["forecast"]) in (2, 4)


@pytest.mark.data
def test_the_three_shipped_formats_say_the_same(data_root):
    paths = sorted((data_root / "ccmc_examples").iterdir())
    found = [read_scoreboard(path, "science") for path in paths]
    for batch in found:
        disk = batch.isel(forecast=int(np.argmax(batch["entity"].values == "full_disk")))
        np.testing.assert_allclose(disk["probability"].values[:, 0], [0.99, 0.88, 0.41])
        assert batch.attrs["classes"] == "cumulative"


@pytest.mark.data
def test_one_forecast_in_three_formats_in_one_folder_is_not_three(data_root):
    with pytest.raises(InputError, match=r"submission occurs more than once; got .*HELIOPC_1"):
        read_scoreboard(data_root / "ccmc_examples", "science")


def test_several_methods_in_a_folder_need_a_choice(tmp_path):
    write_submissions([submission(), submission(method="OTHER_2")], tmp_path, "ccmc_json")
    with pytest.raises(InputError, match=r"several methods.*\['OTHER_2', 'TEST_1'\]"):
        read_scoreboard(tmp_path, "science")
    assert read_scoreboard(tmp_path, "science", "OTHER_2").attrs["model"] == "OTHER_2"
    with pytest.raises(InputError, match=r"no submission; got \['OTHER_2', 'TEST_1'\]; wanted NOBODY"):
        read_scoreboard(tmp_path, "science", "NOBODY")


def test_problems_of_all_files_are_told_together(tmp_path):
    (tmp_path / "a.txt").write_text("a,b\n1,2\n")
    (tmp_path / "b.json").write_text('{"forecast_submission": 1')
    with pytest.raises(InputError, match=r"a\.txt") as caught:
        read_scoreboard(tmp_path, "science")
    assert "b.json" in "\n".join(map(str, caught.value.problems))


@pytest.mark.parametrize(
    ("made", "classes", "windows"),
    [
        ([submission((0, 24)), submission((0, 48))], "cumulative", "nested"),
        ([submission((0, 24)), submission((24, 48)), submission((48, 72))], "cumulative", "disjoint"),
        ([submission(plus="")], "exclusive", "nested"),
    ],
)
def test_what_was_exported_reads_back_with_its_meaning(tmp_path, made, classes, windows):
    batch = from_submissions(made, "science")
    batch.to_netcdf(tmp_path / "f.nc", engine="h5netcdf")
    assert main(["forecasts", "export", str(tmp_path / "f.nc"), "ccmc_xml", str(tmp_path / "out"), "OURS_1"]) == 0
    again = read_scoreboard(tmp_path / "out", "science")
    assert {name: again.attrs[name] for name in ("classes", "windows", "model")} == {
        "classes": classes,
        "windows": windows,
        "model": "OURS_1",
    }
    np.testing.assert_allclose(again["probability"], batch["probability"])


def test_a_missing_probability_leaves_and_returns_as_missing(tmp_path):
    from_submissions([submission(m=math.nan)]).to_netcdf(tmp_path / "f.nc", engine="h5netcdf")
    main(["forecasts", "export", str(tmp_path / "f.nc"), "ccmc_txt", str(tmp_path / "out"), "OURS_1"])
    (path,) = (tmp_path / "out").iterdir()
    assert math.isnan(read_submissions(path)[0].entries[0].bins[1].probability)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (None, "ccmc_xml", "not readable as netCDF"),
        ("text", "ccmc_xml", "not readable as netCDF"),
        ("", "csv", "no such member"),
    ],
)
def test_what_cannot_be_exported_is_named(tmp_path, capsys, content, kind, message):
    path = tmp_path / "f.nc"
    if content:
        path.write_text(content)
    elif content == "":
        from_submissions([submission()]).to_netcdf(path, engine="h5netcdf")
    assert main(["forecasts", "export", str(path), kind, str(tmp_path / "out"), "OURS_1"]) == 2
    assert message in capsys.readouterr().err
