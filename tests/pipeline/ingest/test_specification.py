"""The clauses of docs/archive.md, one test each (at least), in their order."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest import run as module
from sunproof.pipeline.ingest.archive import list_groups, open_group
from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.ingest.readers import readers
from sunproof.pipeline.ingest.run import run
from sunproof.pipeline.ingest.workspace import workspace_of
from sunproof.pipeline.receipts import digest_file, digest_tree
from sunproof.pipeline.samples.reading import group_names
from sunproof.pipeline.samples.reading import open_group as open_for_samples
from sunproof.pipeline.vocabulary import attributes
from tests.pipeline.ingest.build import FAKES, config_for, kill_a_worker, write, write_light, write_patches, write_raw

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An archive of the standard raw folder, made once; tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("made")
    write_raw(folder / "raw")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "readers", partial(readers, package=FAKES))
        run(config_for(folder))
    return folder / "archive.zarr"


@pytest.fixture
def copy(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "copy.zarr"))


def edit(path: Path, change) -> None:
    """Change a zarr.json in place."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def broken(archive: Path) -> set[str]:
    """Numbers of the clauses that the check reports."""
    return {re.search(r"clause (\d\.\d)", str(problem)).group(1) for problem in check_archive(archive)}


def test_every_clause_has_a_test():
    clauses = re.findall(r"^- \*\*(\d+\.\d)\*\*", (ROOT / "docs/archive.md").read_text(), re.M)
    here = Path(__file__)
    tests = "".join(path.read_text() for path in here.parent.rglob(here.name))
    tested = set(re.findall(r"^def test_clause_(\d+_\d)_", tests, re.M))
    assert len(clauses) == len(set(clauses)) > 20
    assert {clause.replace(".", "_") for clause in clauses} == tested


def test_a_made_archive_breaks_no_clause(made):
    assert check_archive(made) == []


def test_clause_1_1_an_archive_has_a_group(copy):
    shutil.rmtree(copy / "light")
    shutil.rmtree(copy / "patches")
    assert broken(copy) == {"1.1"}


@pytest.mark.parametrize("change", [{"node_type": "array"}, {"zarr_format": 2}])
def test_clause_1_2_the_root_is_a_zarr_group(copy, change):
    edit(copy / "zarr.json", lambda content: content.update(change))
    assert "1.2" in broken(copy)


def test_clause_1_2_a_root_cut_short_is_reported(copy):
    (copy / "zarr.json").write_text((copy / "zarr.json").read_text()[:40])
    assert "1.2" in broken(copy)


def test_clause_1_3_unknown_versions_are_refused(copy):
    edit(copy / "zarr.json", lambda content: content["attributes"].update(archive_format=2))
    assert broken(copy) == {"1.3"}
    for read in (open_group, lambda path, name: open_for_samples(path, name, []), lambda path, _: group_names(path)):
        with pytest.raises(ArchiveError, match=r"copy\.zarr: unknown archive_format; got 2; wanted 1"):
            read(copy, "light")


def test_clause_1_3_a_group_of_an_unknown_version_is_refused(copy):
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update(archive_format=2))
    assert broken(copy) == {"3.1"}
    edit(copy / "zarr.json", lambda content: content.pop("consolidated_metadata"))
    refused = r"copy\.zarr, group light: unknown archive_format; got 2; wanted 1"
    with pytest.raises(ArchiveError, match=refused):
        open_for_samples(copy, "light", [])
    with pytest.warns(RuntimeWarning, match="non-consolidated"), pytest.raises(ArchiveError, match=refused):
        open_group(copy, "light")


def test_clause_1_4_the_roots_metadata_is_consolidated(copy):
    edit(copy / "zarr.json", lambda content: content.pop("consolidated_metadata"))
    assert broken(copy) == {"1.4"}


def test_clause_1_5_hidden_entries_are_ignored(copy):
    shutil.copytree(copy / "light", copy / ".light.0000.partial")
    assert list_groups(copy) == ["light", "patches"]
    assert check_archive(copy) == []


def test_clause_2_1_plain_xarray_opens_every_group(made):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        light = xr.open_zarr(made, group="light").load()
        patches = xr.open_zarr(made, group="patches").load()
    assert light["time"].dtype == np.dtype("datetime64[ns]")
    assert light.indexes["time"].is_monotonic_increasing
    assert patches["noaa_ars"].values[0] == "1,2"


def test_clause_2_1_an_array_cut_short_is_reported(copy):
    chunk = copy / "light/xrsb/c/0"
    chunk.write_bytes(chunk.read_bytes()[:50])
    assert broken(copy) == {"2.1"}


def test_clause_2_2_equal_records_are_equal_bytes(folder):
    run(config_for(folder))
    shutil.copytree(folder / "raw", folder / "elsewhere")
    run(config_for(folder, raw=folder / "elsewhere", archive=folder / "second.zarr"))
    assert digest_tree(folder / "second.zarr") == digest_tree(folder / "archive.zarr")


def test_clause_2_3_an_unchanged_group_is_not_touched_and_a_changed_one_is_new(folder):
    run(config_for(folder))
    before = {name: (folder / "archive.zarr" / name).stat().st_ino for name in ("light", "patches")}
    write_light(folder / "raw/light/07.json", "2011-02-09T00:00", [1e-6])
    run(config_for(folder))
    after = {name: (folder / "archive.zarr" / name).stat().st_ino for name in ("light", "patches")}
    assert after["patches"] == before["patches"]
    assert after["light"] != before["light"]


@pytest.mark.parametrize(
    ("name", "value"), [("source", ""), ("layout", "heap"), ("keys", []), ("duplicates", -1), ("receipts", None)]
)
def test_clause_3_1_a_group_describes_itself(copy, name, value):
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update({name: value}))
    assert "3.1" in broken(copy)


def test_clause_3_2_simulated_travels(tmp_path, fakes):
    for day in (1, 2):
        write_light(tmp_path / f"raw/light/{day}.json", f"2011-02-{day:02}T00:00", [1e-6], simulated=1)
    write_patches(tmp_path / "raw/patches/a.json", [(1, "2011-02-01T00:00", 1e20, "")])
    run(config_for(tmp_path))
    assert open_group(tmp_path / "archive.zarr", "light").attrs["simulated"] == 1
    assert "simulated" not in open_group(tmp_path / "archive.zarr", "patches").attrs


def test_clause_3_2_simulated_is_one_or_absent(copy):
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update(simulated=0))
    assert broken(copy) == {"3.2"}


def test_clause_3_3_coverage_has_both_ends(copy):
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update(coverage_start="2011-01-01"))
    assert broken(copy) == {"3.3"}


def test_clause_3_4_facts_all_files_share_stand_on_the_group(tmp_path, fakes):
    write_light(tmp_path / "raw/light/1.json", "2011-02-01T00:00", [1e-6], goes_scale="science", processing="a", bad=0)
    write_light(tmp_path / "raw/light/2.json", "2011-02-02T00:00", [1e-6], goes_scale="science", processing="b", bad=0)
    run(config_for(tmp_path))
    attrs = open_group(tmp_path / "archive.zarr", "light").attrs
    assert attrs["goes_scale"] == "science"
    assert not {"processing", "bad"} & set(attrs)
    assert attrs["receipts"][1]["facts"]["processing"] == "b"


def test_clause_3_5_what_a_catalogue_is_known_to_lack_stands_on_it(tmp_path, copy):
    path = tmp_path / "raw/flares_swpc/2013.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "start_time,peak_time,end_time,goes_class\n2013-12-30 01:00,2013-12-30 01:10,2013-12-30 01:20,C1.0\n"
    )
    run(config_for(tmp_path))
    assert "missing" not in open_group(tmp_path / "archive.zarr", "flares_swpc").attrs
    run(config_for(tmp_path, missing={"flares_swpc": [["2013-12-31", "2014-01-01"]]}))
    attrs = open_group(tmp_path / "archive.zarr", "flares_swpc").attrs
    assert attrs["missing"] == [["2013-12-31T00:00:00", "2014-01-01T00:00:00"]]
    assert broken(tmp_path / "archive.zarr") == set()
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update(missing=[["2011-01-01"]]))
    assert broken(copy) == {"3.5"}


def test_clause_4_1_variables_are_those_of_the_vocabulary(made, copy):
    assert open_group(made, "light")["xrsb"].attrs == attributes("xrsb")
    edit(copy / "light/xrsb/zarr.json", lambda content: content["attributes"].update(units="erg"))
    assert broken(copy) == {"4.1"}


def test_clause_4_2_keys_are_variables(copy):
    edit(copy / "light/zarr.json", lambda content: content["attributes"].update(keys=["frame"]))
    assert broken(copy) == {"4.2"}


def test_clause_4_3_variables_grow_along_one_dimension(copy):
    edit(copy / "patches/usflux/zarr.json", lambda content: content.update(dimension_names=["other"]))
    assert broken(copy) == {"4.3"}


def test_clause_4_3_further_dimensions_may_follow(tmp_path, fakes):
    values = [[1e-6, 2e-6], [3e-6, 4e-6]]
    write(tmp_path / "raw/light/1.json", "time", {"time": ["2011-02-02", "2011-02-03"], "xrsb": values}, {})
    write(tmp_path / "raw/light/2.json", "time", {"time": ["2011-02-01"], "xrsb": [[5e-6, 6e-6]]}, {})
    run(config_for(tmp_path))
    light = open_group(tmp_path / "archive.zarr", "light")
    assert light["xrsb"].dims == ("time", "side")
    np.testing.assert_array_equal(light["xrsb"].values, [[5e-6, 6e-6], *values])


def test_clause_4_4_types_are_those_of_the_vocabulary(made, copy):
    arrays = zarr.open_group(made / "patches", mode="r")
    assert {
        name: str(arrays[name].metadata.data_type.to_json(zarr_format=3)) for name in ("time", "noaa_ars", "harpnum")
    } == {
        "time": "int64",
        "noaa_ars": "string",
        "harpnum": "int32",
    }
    edit(copy / "patches/time/zarr.json", lambda content: content["attributes"].pop("units"))
    assert "4.4" in broken(copy)


def test_clause_4_5_missing_is_never_zero(tmp_path, fakes):
    full = {"harpnum": [1], "time": ["2011-02-01"], "usflux": [1e20], "noaa_ars": ["1"], "noaa_ar": [11158]}
    write(tmp_path / "raw/patches/1.json", "record", full, {})
    write(tmp_path / "raw/patches/2.json", "record", {"harpnum": [2], "time": ["2011-02-01"]}, {})
    run(config_for(tmp_path))
    second = open_group(tmp_path / "archive.zarr", "patches").isel(record=1).load()
    assert np.isnan(second["usflux"])
    assert second["noaa_ars"] == ""
    assert second["noaa_ar"] == -1


def test_clause_4_5_a_type_without_a_missing_value_is_refused(tmp_path, fakes):
    write(tmp_path / "raw/light/1.json", "time", {"time": ["2011-02-01"], "xrsb_good": [True]}, {})
    write(tmp_path / "raw/light/2.json", "time", {"time": ["2011-02-02"]}, {})
    with pytest.raises(ArchiveError, match=r"xrsb_good: files lack a variable whose type .* got \['light/2.json'\]"):
        run(config_for(tmp_path))


def test_clause_4_6_chunks_have_equal_length(made):
    assert dict(xr.open_zarr(made, group="patches").chunks) == {"record": (24,)}


def test_clause_4_7_an_absent_chunk_is_damage(copy):
    (copy / "light/xrsb/c/0").unlink()
    assert broken(copy) == {"4.7"}


def test_clause_5_1_records_are_sorted(copy):
    group = zarr.open_group(copy / "light", mode="r+")
    group["time"][:2] = group["time"][:2][::-1]
    assert broken(copy) == {"5.1"}


def test_clause_5_2_each_key_stands_once(copy):
    group = zarr.open_group(copy / "patches", mode="r+")
    group["harpnum"][:2] = group["harpnum"][0]
    group["time"][:2] = group["time"][0]
    assert broken(copy) == {"5.2"}


def test_clause_5_3_a_series_is_keyed_by_time(copy):
    edit(copy / "patches/zarr.json", lambda content: content["attributes"].update(layout="series"))
    assert broken(copy) == {"5.3"}


def test_clause_6_1_a_receipt_tells_where_a_file_came_from(folder, copy):
    run(config_for(folder))
    receipt = open_group(folder / "archive.zarr", "light").attrs["receipts"][0]
    assert receipt["path"] == "light/01.json"
    assert receipt["digest"] == digest_file(folder / "raw/light/01.json")
    assert receipt["size"] == (folder / "raw/light/01.json").stat().st_size
    edit(copy / "light/zarr.json", lambda content: content["attributes"]["receipts"][0].pop("digest"))
    assert broken(copy) == {"6.1"}


def test_clause_6_2_every_record_points_to_its_file(folder, copy):
    run(config_for(folder))
    light = open_group(folder / "archive.zarr", "light")
    path = light.attrs["receipts"][int(light["receipt"].sel(time="2011-02-03T12:00"))]["path"]
    assert path == "light/03.json"
    zarr.open_group(copy / "light", mode="r+")["receipt"][0] = 99
    assert broken(copy) == {"6.2"}


def test_clause_7_1_identical_records_count_as_duplicates(made):
    # "later.json" repeats one record of patch 3 as it was
    assert open_group(made, "patches").attrs["duplicates"] == 1


def test_clause_7_2_the_later_file_is_believed_by_name(made):
    patches = open_group(made, "patches")
    assert patches.attrs["conflicts"] == 1
    (example,) = patches.attrs["conflict_examples"]
    assert example["believed"] == "patches/later.json"
    assert example["not_believed"] == "patches/01.json"
    assert example["variables"] == ["noaa_ars", "usflux"]
    chosen = (patches["harpnum"] == 377) & (patches["time"] == np.datetime64("2011-02-01T06:00"))
    assert float(patches["usflux"][chosen.values].item()) == 5e20


def test_clause_7_2_the_later_processing_date_wins_over_the_name(tmp_path, fakes):
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6], processed="2020-01-01")
    write_light(tmp_path / "raw/light/b.json", "2011-02-01T00:00", [2e-6], processed="2015-01-01")
    write_light(tmp_path / "raw/light/c.json", "2011-02-01T00:00", [3e-6])
    run(config_for(tmp_path))
    light = open_group(tmp_path / "archive.zarr", "light")
    assert light["xrsb"].values.tolist() == [1e-6]
    assert light.attrs["conflicts"] == 2


def test_clause_7_3_simulated_and_real_are_not_mixed(tmp_path, fakes):
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6], simulated=1)
    write_light(tmp_path / "raw/light/b.json", "2011-02-02T00:00", [1e-6])
    with pytest.raises(ArchiveError, match=r"light/a.json: simulated and real files are mixed; got 'light/b.json'"):
        run(config_for(tmp_path))
    assert not (tmp_path / "archive.zarr").exists()


def test_clause_7_4_coverage_is_joined_only_where_it_touches(tmp_path, fakes):
    stretches = [("2010-01-01", "2011-01-01"), ("2011-01-01", "2012-01-01"), ("2013-01-01", "2014-01-01")]
    for start, end in stretches:
        write_light(
            tmp_path / f"raw/light/{start}.json", f"{start}T00:00", [1e-6], coverage_start=start, coverage_end=end
        )
    run(config_for(tmp_path))
    attrs = open_group(tmp_path / "archive.zarr", "light").attrs
    assert (attrs["coverage_start"], attrs["coverage_end"]) == ("2010-01-01T00:00:00", "2012-01-01T00:00:00")
    assert attrs["coverage"][1] == ["2013-01-01T00:00:00", "2014-01-01T00:00:00"]


def test_clause_7_5_a_file_may_lack_a_variable(tmp_path, fakes):
    write_light(tmp_path / "raw/light/1.json", "2011-02-01T00:00", [1e-6])
    write(tmp_path / "raw/light/2.json", "time", {"time": ["2011-02-02"], "xrsa": [1e-7]}, {})
    run(config_for(tmp_path))
    light = open_group(tmp_path / "archive.zarr", "light")
    assert np.isnan(light["xrsa"].values).tolist() == [True, False]
    assert np.isnan(light["xrsb"].values).tolist() == [False, True]


def test_clause_8_1_killed_at_any_point_and_run_again_gives_the_same_bytes(folder):
    run(config_for(folder, archive=folder / "undisturbed.zarr"))
    # what a killed run had read is kept, so that a fast machine ends early: the first ones are too short for any
    delays = [0.05, 0.1, 0.15, 0.2, 0.35, 0.55, 0.75, 0.95, 1.2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.ingest.forked", str(folder), ",".join(map(str, delays))],
        cwd=ROOT,
        env={**os.environ, "FAKE_READER_SECONDS": "0.05"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(": killed") >= 3, done.stderr
    assert digest_tree(folder / "archive.zarr") == digest_tree(folder / "undisturbed.zarr")
    assert check_archive(folder / "archive.zarr") == []


def test_clause_8_1_a_killed_worker_costs_no_byte(folder, monkeypatch):
    run(config_for(folder, archive=folder / "undisturbed.zarr"))
    monkeypatch.setenv("FAKE_READER_SECONDS", "0.2")
    killed = []

    def kill_one() -> None:
        deadline = time.monotonic() + 60
        while not killed and time.monotonic() < deadline:
            if any(folder.glob(".archive.zarr.parts/light/*.npz")) and kill_a_worker():
                killed.append(True)
            time.sleep(0.02)

    thread = threading.Thread(target=kill_one)
    thread.start()
    run(config_for(folder, cluster={"kind": "local", "workers": 2}))
    thread.join()
    assert killed
    assert digest_tree(folder / "archive.zarr") == digest_tree(folder / "undisturbed.zarr")


def test_clause_8_2_files_that_come_later_give_the_same_bytes(folder):
    run(config_for(folder, archive=folder / "at_once.zarr"))
    aside = folder / "aside"
    aside.mkdir()
    for name in ("light/02.json", "patches/01.json", "patches/later.json"):
        (folder / "raw" / name).rename(aside / name.replace("/", "_"))
    run(config_for(folder))
    assert digest_tree(folder / "archive.zarr") != digest_tree(folder / "at_once.zarr")
    for path in aside.iterdir():
        path.rename(folder / "raw" / path.name.replace("_", "/", 1))
    run(config_for(folder))
    assert digest_tree(folder / "archive.zarr") == digest_tree(folder / "at_once.zarr")


def test_clause_8_3_workers_and_order_change_no_byte(folder, monkeypatch):
    run(config_for(folder))
    in_order = module._find

    @contextmanager
    def four_threads(config):
        with dask_client(ClusterConfig(kind="threads", workers=4)) as client:
            yield client

    monkeypatch.setattr(module, "_find", lambda raw, taking_part: list(reversed(in_order(raw, taking_part))))
    monkeypatch.setattr(module, "dask_client", four_threads)
    run(config_for(folder, archive=folder / "second.zarr"))
    assert digest_tree(folder / "second.zarr") == digest_tree(folder / "archive.zarr")


def test_clause_8_4_a_file_that_cannot_be_read_is_set_aside(folder):
    run(config_for(folder))
    (entry,) = json.loads((folder / "archive.zarr.quarantine.json").read_text())
    assert (entry["path"], entry["source"], len(entry["problems"])) == ("light/broken.json", "light", 2)
    (folder / "raw/light/broken.json").unlink()
    run(config_for(folder))
    assert json.loads((folder / "archive.zarr.quarantine.json").read_text()) == []


def test_clause_8_5_only_changed_files_are_read_again(folder):
    run(config_for(folder))
    parts = {path: path.stat().st_mtime_ns for path in folder.glob(".archive.zarr.parts/*/*.npz")}
    write_light(folder / "raw/light/01.json", "2011-02-01T00:00", [7e-6])
    run(config_for(folder))
    after = {path: path.stat().st_mtime_ns for path in folder.glob(".archive.zarr.parts/*/*.npz")}
    assert len(after) == len(parts) + 1
    assert {path: after[path] for path in parts} == parts
    assert float(open_group(folder / "archive.zarr", "light")["xrsb"][0]) == 7e-6


def test_clause_8_6_a_group_is_made_of_the_files_present(folder, capsys):
    run(config_for(folder))
    (folder / "raw/patches/later.json").unlink()
    shutil.rmtree(folder / "raw/light")
    before = digest_tree(folder / "archive.zarr/light")
    run(config_for(folder))
    assert open_group(folder / "archive.zarr", "patches").attrs["conflicts"] == 0
    assert digest_tree(folder / "archive.zarr/light") == before
    assert "left as they were: light" in capsys.readouterr().err


def test_clause_8_7_two_runs_do_not_write_one_archive(folder):
    with workspace_of(folder / "archive.zarr"), pytest.raises(ArchiveError, match="another run writes this archive"):
        run(config_for(folder))
