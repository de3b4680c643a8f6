import dask.array as da
import numpy as np
import pytest

from sunproof.pipeline.ingest.parts import Refused
from sunproof.pipeline.interchange import pieces
from sunproof.pipeline.interchange.pieces import read_piece, version
from sunproof.pipeline.interchange.sdoml_v2 import INTERCHANGE
from tests.pipeline.interchange.build import aia_lists, write_channel

TIMES = ["2011-02-15T00:00:00Z", "2011-02-15T00:06:00Z"]


@pytest.fixture
def piece(tmp_path):
    write_channel(tmp_path / "sdoml/2011/171A", TIMES, **aia_lists(2))
    (found,) = INTERCHANGE.find(tmp_path / "sdoml")
    return found


def test_images_stay_where_they_are_and_columns_are_kept(piece, tmp_path):
    part = read_piece("sdoml_v2", "1", piece, tmp_path / "parts")
    assert (part.group, part.rows, part.lazy) == ("sdoml_aia_171", 2, ("intensity",))
    assert isinstance(part.column("intensity"), da.Array)
    assert part.column("exposure_time").tolist() == [2.0, 2.0]
    assert part.columns["intensity"].shape == (4, 4)
    assert "intensity" not in np.load(part.store).files
    assert "lazy_variables" not in part.receipt()["facts"]


def test_a_piece_is_read_once(piece, tmp_path, monkeypatch):
    first = read_piece("sdoml_v2", "1", piece, tmp_path / "parts")
    monkeypatch.setattr(pieces, "write_store", None)
    assert read_piece("sdoml_v2", "1", piece, tmp_path / "parts") == first


@pytest.mark.parametrize("change", ["content", "code"])
def test_a_piece_is_read_again_when_its_content_or_the_code_has_changed(piece, tmp_path, change):
    first = read_piece("sdoml_v2", "1", piece, tmp_path / "parts")
    if change == "content":
        path = piece.root / piece.path / "0.0.0"
        path.write_bytes(path.read_bytes() + b"\0")
    again = read_piece("sdoml_v2", "2" if change == "code" else "1", piece, tmp_path / "parts")
    assert again.store != first.store


def test_what_the_reader_refuses_comes_with_its_reasons(piece, tmp_path):
    (piece.root / piece.path / ".zattrs").write_text('{"T_OBS": ["2011"]}')
    refused = read_piece("sdoml_v2", "1", piece, tmp_path / "parts")
    assert isinstance(refused, Refused)
    assert refused.path == "2011/171A"
    assert "list of another length than the array" in str(refused.problems[0])


def test_versions_differ_from_kind_to_kind():
    versions = {kind: version(kind) for kind in ("sdoml_v2", "suryabench", "swan_sf")}
    assert len(set(versions.values())) == 3
    assert all(len(text) == 12 for text in versions.values())
