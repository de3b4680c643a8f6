import json
from datetime import datetime

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fetching.jobs import Job
from sunproof.pipeline.ingest.fetching.manifest import Manifest


def job(end=datetime(2015, 3, 2)) -> Job:
    return Job("srs", "srs/a.txt", "http://x/a.txt", end, lambda path: None)


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "srs").mkdir()
    (tmp_path / "srs/a.txt").write_text("abc")
    return tmp_path


def test_what_arrived_is_settled_for_the_next_run(raw):
    Manifest(raw).arrived(job())
    assert Manifest(raw).settled(job())
    entry = json.loads((raw / "fetch.json").read_text())["files"]["srs/a.txt"]
    assert entry["digest"].startswith("sha256:ba7816bf")  # SHA-256 of "abc", FIPS 180-2, appendix B.1
    assert (entry["size"], entry["url"]) == (3, "http://x/a.txt")


@pytest.mark.parametrize("change", [lambda path: path.write_text("abd"), lambda path: path.unlink()])
def test_a_file_that_changed_or_went_is_fetched_again(raw, change):
    Manifest(raw).arrived(job())
    change(raw / "srs/a.txt")
    assert not Manifest(raw).settled(job())


def test_a_file_of_an_interval_that_had_not_ended_is_fetched_again(raw):
    Manifest(raw).arrived(job(end=datetime(2999, 1, 1)))
    assert not Manifest(raw).settled(job(end=datetime(2999, 1, 1)))


def test_what_the_source_lacks_is_settled_too(raw):
    Manifest(raw).absent(job(), "HTTP 404")
    assert Manifest(raw).settled(job())
    assert Manifest(raw).entries["srs/a.txt"]["absent"] == "HTTP 404"


def test_a_broken_manifest_is_an_error(raw):
    (raw / "fetch.json").write_text("[")
    with pytest.raises(InputError, match=r"fetch\.json: not a manifest; got '.*'; wanted JSON\. Remove it"):
        Manifest(raw)
