import json
import os

import pytest

from sunproof.pipeline.ingest.placing import found_archive, move_in


@pytest.fixture
def archive(tmp_path):
    found_archive(tmp_path / "archive.zarr", 1)
    return tmp_path / "archive.zarr"


def built(folder, content=b"one"):
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(content)
    return folder


def test_a_new_archive_says_which_version_it_follows(archive):
    assert json.loads((archive / "zarr.json").read_text())["attributes"] == {"archive_format": 1}


def test_a_group_takes_its_place_and_an_equal_one_leaves_it(archive, tmp_path):
    move_in(built(tmp_path / "building/light"), archive / "light")
    inode = (archive / "light/a").stat().st_ino
    move_in(built(tmp_path / "building/light"), archive / "light")
    assert (archive / "light/a").stat().st_ino == inode


def test_other_bytes_of_the_same_length_replace(archive, tmp_path):
    move_in(built(tmp_path / "building/light"), archive / "light")
    place = archive / "light/a"
    stamps = place.stat()
    other = built(tmp_path / "building/light", b"two")
    os.utime(other / "a", ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    move_in(other, archive / "light")
    assert place.read_bytes() == b"two"


def test_a_file_more_or_less_replaces(archive, tmp_path):
    move_in(built(tmp_path / "building/light"), archive / "light")
    folder = built(tmp_path / "building/light")
    (folder / "b").write_bytes(b"")
    move_in(folder, archive / "light")
    assert (archive / "light/b").exists()
