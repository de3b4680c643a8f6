"""The clauses of docs/archive.md about images; the others are in the folder above."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.ingest.archive import open_group, receipts_of
from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.receipts import digest_file, digest_tree
from tests.pipeline.ingest.build import kill_a_worker
from tests.pipeline.ingest.images.build import sun, write_aia

ROOT = Path(__file__).resolve().parents[4]
GROUP = "aia_171"


def edit(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def attribute(archive: Path, **values) -> None:
    edit(archive / GROUP / "zarr.json", lambda content: content["attributes"].update(values))


def broken(archive: Path) -> set[str]:
    """Numbers of the clauses that the check reports."""
    return {re.search(r"clause (\d\.\d)", str(problem)).group(1) for problem in check_archive(archive)}


def put(archive: Path, name: str, slot: int, value) -> None:
    zarr.open_array(str(archive / GROUP / name), mode="r+")[slot] = value


def test_a_made_archive_breaks_no_clause(made):
    assert check_archive(made) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantity", "radiance"),
        ("cadence_seconds", 0),
        ("tolerance_seconds", "60"),
        ("wcs", {"CTYPE1": "HPLN-TAN"}),
        ("wcs", None),
        ("blocks", None),
    ],
)
def test_clause_9_1_an_image_group_says_what_its_images_are(copy, name, value):
    attribute(copy, **{name: value})
    # pixels under a wrong name are taken for an ordinary variable, whose empty chunks would be damage
    assert broken(copy) - {"4.7"} == {"9.1"}


def test_clause_9_1_the_grid_is_one_that_astropy_reads(made):
    from astropy.wcs import WCS

    wcs = WCS(dict(open_group(made, GROUP).attrs["wcs"]))
    # the outer corner of the first pixel lies half a field from the disk's centre, in degrees
    np.testing.assert_allclose(wcs.wcs_pix2world([[0.5, 0.5]], 1)[0], [360 - 1228.8 / 3600, -1228.8 / 3600], rtol=1e-4)


def test_clause_9_2_slots_follow_one_clock(made, copy):
    times = open_group(made, GROUP)["time"].values
    np.testing.assert_array_equal(times, np.datetime64("2011-02-15", "ns") + np.arange(10) * np.timedelta64(12, "m"))
    attribute(copy, cadence_seconds=600)
    assert broken(copy) == {"9.2"}


def test_clause_9_3_a_slot_holds_the_nearest_frame_or_tells_why_not(made):
    group = open_group(made, GROUP).load()
    assert group["missing_reason"].values.tolist() == ["", "", "", "no file", "", "rejected: eclipse", "", "", "", ""]
    paths = [entry["path"] for entry in receipts_of(made, GROUP)]
    used = [paths[index] if index >= 0 else "" for index in group["receipt"].values]
    assert used[6:9] == ["aia/0006.fits", "aia/nearer.fits", "aia/0008.fits"]
    assert group["time_offset"].values[7] == 0.5
    assert group["quality"].values[3] == -1


@pytest.mark.parametrize(
    ("name", "slot", "value"),
    [("time_offset", 0, 50.0), ("missing_reason", 3, ""), ("missing_reason", 0, "no file"), ("time_offset", 3, 1.0)],
)
def test_clause_9_3_a_slot_that_contradicts_itself_is_reported(copy, name, slot, value):
    put(copy, name, slot, value)
    assert broken(copy) == {"9.3"}


def test_clause_9_4_empty_slots_are_missing_throughout(made, copy):
    image = xr.open_zarr(made, group=GROUP)["intensity"].values
    assert np.isnan(image).all(axis=(1, 2)).tolist() == [slot in (3, 5) for slot in range(10)]
    put(copy, "receipt", 3, 0)
    assert "9.4" in broken(copy)


def test_clause_9_5_blocks_are_noted_and_damage_is_found(made, copy):
    blocks = open_group(made, GROUP).attrs["blocks"]
    shard = copy / GROUP / "intensity/c/0/0/0"
    assert blocks == {"0": digest_file(shard)}
    content = bytearray(shard.read_bytes())
    content[1000] ^= 1
    shard.write_bytes(content)
    assert broken(copy) == {"9.5"}
    shard.unlink()
    assert broken(copy) == {"9.5"}


def test_clause_9_5_blocks_without_a_frame_are_left_out(raw, ingest):
    write_aia(raw / "raw/aia/late.fits", 720 * 100_000 + 1, channel=304)
    archive = ingest(raw)
    assert len(open_group(archive, "aia_304").attrs["blocks"]) == 2
    # 100,000 slots of 2 kB each would take 200 MB
    assert sum(file.stat().st_size for file in (archive / "aia_304/intensity").rglob("*") if file.is_file()) < 2e6
    assert check_archive(archive) == []


def test_clause_9_6_every_file_has_a_receipt(made, copy):
    entries = {entry["path"]: entry for entry in receipts_of(made, GROUP)}
    assert len(entries) == 13
    assert entries["aia/0001.fits"]["outcome"] == "used"
    assert entries["aia/between.fits"]["outcome"] == "not the nearest to a slot"
    assert entries["aia/0001.fits"]["facts"]["degradation"] == "not corrected: no table was given"
    put(copy, "receipts", 0, "{")
    assert broken(copy) == {"9.6"}
    shutil.rmtree(copy / GROUP / "receipts")
    assert "9.6" in broken(copy)


def test_clause_9_7_what_is_refused_is_told_everywhere(made, copy):
    quarantine = json.loads(Path(f"{made}.quarantine.json").read_text())
    told = {entry["path"]: str(entry["problems"][0]["got"]) for entry in quarantine}
    entries = receipts_of(made, GROUP)
    for path, reason in {
        "aia/0005.fits": "rejected: eclipse",
        "aia/stale.fits": "stale: the pixels of aia/0002.fits",
        "aia/0004.fits": "byte-identical copy of aia/copy.fits",
    }.items():
        assert told[path] == reason
        assert next(entry["outcome"] for entry in entries if entry["path"] == path) == reason
    assert {"aia/cut.fits", "aia/page.fits"} <= set(told)
    put(copy, "receipt", 0, next(at for at, entry in enumerate(entries) if entry["path"] == "aia/stale.fits"))
    assert broken(copy) == {"9.7"}


def test_clause_9_8_the_factor_is_a_power_of_two(made, copy):
    array = xr.open_zarr(made, group=GROUP)["intensity"]
    assert array.encoding["scale_factor"] == 64
    assert array.attrs["units"] == "DN s-1"
    edit(copy / GROUP / "intensity/zarr.json", lambda content: content["attributes"].update(scale_factor=0.1))
    assert broken(copy) == {"9.8"}


def test_clause_8_1_images_survive_being_killed_at_any_point(raw, made):
    # what a killed run had read is kept, so that a fast machine ends early: the first ones are too short for any
    delays = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.1, 1.4]
    done = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.ingest.images.forked", str(raw), ",".join(map(str, delays))],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(": killed") >= 3, done.stderr
    assert digest_tree(raw / "archive.zarr") == digest_tree(made)
    assert check_archive(raw / "archive.zarr") == []


def test_clause_8_1_a_killed_worker_costs_no_byte(raw, made, ingest):
    killed, finished = [], threading.Event()

    def kill_one() -> None:
        while not killed and not finished.is_set():
            parts = list(raw.glob(".archive.zarr.parts/aia/[!.]*.npz"))
            if parts and kill_a_worker():
                killed.append(len(parts))
            time.sleep(0.002)

    thread = threading.Thread(target=kill_one)
    thread.start()
    ingest(raw, cluster={"kind": "local", "workers": 2})
    finished.set()
    thread.join()
    assert 0 < killed[0] < 12  # some were read, and some were not
    assert digest_tree(raw / "archive.zarr") == digest_tree(made)


def test_clause_8_2_frames_that_come_later_give_the_same_bytes(raw, made, ingest):
    aside = [shutil.move(raw / "raw/aia" / name, raw / name) for name in ("0008.fits", "0000.fits", "nearer.fits")]
    first = digest_tree(ingest(raw))
    for path in aside:
        shutil.move(path, raw / "raw/aia")
    assert digest_tree(ingest(raw)) == digest_tree(made) != first


@pytest.mark.parametrize("cluster", [{"kind": "threads", "workers": 1}, {"kind": "local", "workers": 2}])
def test_clause_8_3_the_number_of_workers_changes_no_byte(raw, made, ingest, cluster):
    assert digest_tree(ingest(raw, cluster=cluster)) == digest_tree(made)


def test_clause_8_6_a_frame_that_is_gone_leaves_its_slot(raw, ingest):
    before = open_group(ingest(raw), GROUP)["intensity"].values
    (raw / "raw/aia/0001.fits").unlink()
    after = open_group(ingest(raw), GROUP)
    assert after["missing_reason"].values[1] == "no file"
    np.testing.assert_array_equal(np.delete(after["intensity"].values, 1, 0), np.delete(before, 1, 0))


def test_clause_2_3_an_unchanged_block_is_not_written_again(raw, ingest):
    archive = ingest(raw)
    inode = (archive / GROUP / "intensity/c/0/0/0").stat().st_ino
    write_aia(raw / "raw/aia/late.fits", 720 * 40_000, sun(seed=99))
    ingest(raw)
    assert (archive / GROUP / "intensity/c/0/0/0").stat().st_ino == inode
    assert check_archive(archive) == []
