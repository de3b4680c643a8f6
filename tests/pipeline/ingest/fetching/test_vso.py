from types import SimpleNamespace

import astropy.units as u
import pytest
from astropy.table import Table
from astropy.time import Time

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.fetching.vso import vso_jobs
from tests.pipeline.ingest.fetching.server import fetch_config
from tests.pipeline.ingest.fetching.test_export import image


class Virtual:
    """Stands where `Fido` does: one table of records, one file a fetch."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.table = Table(
            {
                "Start Time": Time(["2004-03-01T00:00:10", "2004-03-01T00:12:10"]),
                "Wavelength": [[195, 195], [195, 195]] * u.angstrom,
                "fileid": ["/archive/soho/efz20040301.000010", "/archive/soho/efz20040301.001210"],
            }
        )

    def search(self, *terms):
        return [self.table]

    def fetch(self, row, path, **settings):
        if not self.bodies:
            return SimpleNamespace(errors=["mirror offline"], __len__=lambda: 0)
        target = path.replace("{file}", "arrived.fits")
        with open(target, "wb") as stream:
            stream.write(self.bodies.pop(0))
        return Arrived([target])


class Arrived(list):
    errors: tuple[str, ...] = ()


def eit_config(tmp_path):
    return fetch_config(
        tmp_path / "raw", "http://x/", start="2004-03-01", end="2004-03-01T01:00", products=["eit"], concurrency=1
    )


def test_vso_files_are_verified_and_named_for_their_source(tmp_path, monkeypatch):
    monkeypatch.setattr("sunpy.net.Fido", Virtual(image()[:2880], image(), b"<html>busy</html>", image()))
    run(eit_config(tmp_path))
    from sunproof.pipeline.sources.eit import SOURCE

    found = SOURCE.find(tmp_path / "raw")
    assert [path.name for path in found] == ["efz20040301.000010.fits", "efz20040301.001210.fits"]
    assert {path.read_bytes() for path in found} == {image()}
    assert [path.name for path in (tmp_path / "raw/eit/2004/03/01").iterdir() if path.name.startswith(".")] == []


def test_a_vso_file_that_does_not_come_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("sunpy.net.Fido", Virtual(image()))
    with pytest.raises(FetchError, match=r"efz20040301.001210: VSO did not deliver.*3 attempts.*got 'mirror offline'"):
        run(eit_config(tmp_path))


def test_a_failed_search_is_told(tmp_path, monkeypatch):
    virtual = Virtual()
    virtual.search = lambda *terms: [SimpleNamespace(errors=["no mirror"], colnames=[])]
    monkeypatch.setattr("sunpy.net.Fido", virtual)
    with pytest.raises(FetchError, match=r"VSO: eit of 2004-03-01: VSO did not answer \(3 attempts\); got 'no mirror'"):
        list(vso_jobs(eit_config(tmp_path), "eit"))
