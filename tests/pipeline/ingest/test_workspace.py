import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.workspace import workspace_of


def test_the_workspace_lies_hidden_beside_the_archive(tmp_path):
    with workspace_of(tmp_path / "a.zarr") as folder:
        assert folder == tmp_path / ".a.zarr.parts"


def test_debris_of_a_killed_run_is_removed_and_parts_stay(tmp_path):
    parts = tmp_path / ".a.zarr.parts/light"
    parts.mkdir(parents=True)
    for name in (".x.npz.0.partial", "x.npz"):
        (parts / name).write_bytes(b"")
    for name in (".light.0.partial", ".light.1.old", "light"):
        (tmp_path / "a.zarr" / name).mkdir(parents=True)
    with workspace_of(tmp_path / "a.zarr"):
        assert [path.name for path in parts.iterdir()] == ["x.npz"]
        assert [path.name for path in (tmp_path / "a.zarr").iterdir()] == ["light"]


def test_a_second_user_is_refused_until_the_first_is_done(tmp_path):
    with workspace_of(tmp_path / "a.zarr"), pytest.raises(ArchiveError, match="another run writes this archive"):
        workspace_of(tmp_path / "a.zarr").__enter__()
    with workspace_of(tmp_path / "a.zarr"):
        pass


def test_a_place_whose_root_is_cut_short_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/zarr.json").write_text('{"attributes"')
    with pytest.raises(ArchiveError, match="unreadable root of an archive"):
        workspace_of(tmp_path / "a.zarr").__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_a_folder_that_names_no_version_is_taken_as_it_is_by_readers(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    root = '{"zarr_format": 3, "node_type": "group"}'
    (tmp_path / "a.zarr/zarr.json").write_text(root)
    with workspace_of(tmp_path / "a.zarr") as place:
        assert place.is_dir()
    assert (tmp_path / "a.zarr/zarr.json").read_text() == root
