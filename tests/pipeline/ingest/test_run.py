import json

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import ArchiveError, ConfigError
from sunproof.pipeline.ingest.run import run
from tests.pipeline.ingest.build import config_for, write, write_light


def test_every_good_file_is_in_the_archive(folder):
    run(config_for(folder))
    light = xr.open_zarr(folder / "archive.zarr", group="light")
    # six files of 1499 minutes that begin a day (1440 minutes) apart
    assert light.sizes["time"] == 5 * 1440 + 1499
    assert len(xr.open_zarr(folder / "archive.zarr", group="patches").attrs["receipts"]) == 7


def test_a_broken_file_is_set_aside_with_every_problem_and_stays(folder, capsys):
    run(config_for(folder))
    (entry,) = json.loads((folder / "archive.zarr.quarantine.json").read_text())
    assert entry["path"] == "light/broken.json"
    assert entry["digest"].startswith("sha256:")
    assert [problem["what"] for problem in entry["problems"]] == ["not JSON", "a second problem"]
    assert (folder / "raw/light/broken.json").exists()
    assert "light/broken.json" in capsys.readouterr().out


def test_an_error_the_reader_did_not_foresee_costs_one_file(folder):
    (folder / "raw/light/odd.json").write_text('{"variables": {"time": ["yesterday"]}, "dim": "time"}')
    run(config_for(folder))
    entries = json.loads((folder / "archive.zarr.quarantine.json").read_text())
    (odd,) = [entry for entry in entries if entry["path"] == "light/odd.json"]
    assert odd["problems"][0]["what"] == "the reader failed"
    assert "ValueError" in odd["problems"][0]["got"]


def test_files_no_source_reads_are_listed(folder):
    (folder / "raw/light/notes.txt").write_text("x")
    run(config_for(folder))
    assert json.loads((folder / "archive.zarr.inventory.json").read_text())["unread"] == ["light/notes.txt"]


def test_the_inventory_names_days_without_data(folder):
    (folder / "raw/light/03.json").unlink()
    (folder / "raw/light/04.json").unlink()
    run(config_for(folder))
    light = json.loads((folder / "archive.zarr.inventory.json").read_text())["groups"]["light"]
    assert light["missing"] == [["2011-02-04", "2011-02-04"]]  # the file of the 2nd reaches into the 3rd
    assert light["months"] == {"2011-02": light["records"]}


def test_the_receipt_names_every_file(folder):
    run(config_for(folder))
    receipt = json.loads((folder / "archive.zarr.receipt.json").read_text())
    assert receipt["command"] == "ingest"
    assert len(receipt["inputs"]) == 14


def test_only_configured_sources_are_ingested(folder):
    run(config_for(folder, sources=["light"]))
    assert {path.name for path in (folder / "archive.zarr").iterdir()} == {"light", "zarr.json"}


def test_an_unknown_source_is_named_with_those_there_are(folder):
    with pytest.raises(ConfigError, match="no such source; got 'light_curve'; wanted one of light, patches, wild"):
        run(config_for(folder, sources=["light_curve"]))


def test_an_archive_of_another_version_is_not_added_to(folder):
    archive = folder / "archive.zarr"
    run(config_for(folder, sources=["light"]))
    content = json.loads((archive / "zarr.json").read_text())
    content["attributes"]["archive_format"] = 2
    (archive / "zarr.json").write_text(json.dumps(content))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    refused = r"unknown archive_format; got 2; wanted 1\. Give another path, or move what is there away; nothing was"
    with pytest.raises(ArchiveError, match=refused):
        run(config_for(folder))
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_interval_restricts_the_records(folder):
    run(config_for(folder, start="2011-02-02", end="2011-02-03"))
    times = xr.open_zarr(folder / "archive.zarr", group="light")["time"].values
    assert times[0] == np.datetime64("2011-02-02")
    assert times[-1] == np.datetime64("2011-02-02T23:59")


def test_an_interval_without_records_is_an_error_and_leaves_nothing(folder):
    with pytest.raises(ConfigError, match="no record lies in the interval; got '2030-01-01 00:00:00 to the end'"):
        run(config_for(folder, start="2030-01-01"))
    assert not (folder / "archive.zarr").exists()


def test_a_missing_raw_folder_is_an_error(tmp_path, fakes):
    with pytest.raises(ConfigError, match=r"no such folder; got '.*raw'"):
        run(config_for(tmp_path))


def test_a_raw_folder_without_known_files_is_an_error(tmp_path, fakes):
    (tmp_path / "raw").mkdir()
    with pytest.raises(ConfigError, match=r"no raw file that any source reads; got 0; wanted files that match light/"):
        run(config_for(tmp_path))


def test_nothing_but_broken_files_is_an_error_with_their_problems(tmp_path, fakes):
    (tmp_path / "raw/light").mkdir(parents=True)
    (tmp_path / "raw/light/a.json").write_text("{")
    with pytest.raises(ArchiveError, match=r"a\.json: not JSON"):
        run(config_for(tmp_path))
    assert not (tmp_path / "archive.zarr").exists()


def test_a_group_of_another_name_is_named_by_the_file(tmp_path, fakes):
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6], group="goes15_xrs")
    write_light(tmp_path / "raw/light/b.json", "2011-02-01T00:00", [2e-6], group="goes16_xrs")
    run(config_for(tmp_path))
    assert float(xr.open_zarr(tmp_path / "archive.zarr", group="goes16_xrs")["xrsb"][0]) == 2e-6


def test_two_sources_cannot_fill_one_group(tmp_path, fakes):
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6], group="both")
    write_light(tmp_path / "raw/wild/b.json", "2011-02-01T00:00", [2e-6], group="both")
    with pytest.raises(ArchiveError, match=r"two sources fill one group; got .*light@.*wild@"):
        run(config_for(tmp_path))


@pytest.mark.parametrize(
    ("variables", "attrs", "message"),
    [
        ({"time": ["2011-02-02", "2011-02-01"], "xrsb": [1e-6, 1e-6]}, {}, "not sorted; got .*2011-02-02"),
        ({"time": ["2011-02-02", "2011-02-02"], "xrsb": [1e-6, 2e-6]}, {}, "share their keys; got .*2011-02-02"),
        ({"xrsb": [1e-6]}, {}, "variable is missing; got .*xrsb.*; wanted time"),
        ({"time": ["2011-02-02"], "xrsz": [1e-6]}, {}, "name is not in the vocabulary; got 'xrsz'"),
        ({"time": ["2011-02-02"], "xrsb": [7.0]}, {}, "out of the valid range; got 7.0"),
        ({"time": ["2011-02-02"], "xrsb": [1e-6]}, {"group": "Goes 15"}, "not a group name; got 'Goes 15'"),
        ({"time": ["2011-02-02"], "xrsb": 1e-6}, {}, r"first dimension is not the one that grows; got \(\)"),
    ],
)
def test_what_breaks_the_archives_rules_is_set_aside(tmp_path, fakes, variables, attrs, message):
    write(tmp_path / "raw/wild/a.json", "time", variables, attrs)
    with pytest.raises(ArchiveError, match=message):
        run(config_for(tmp_path))
