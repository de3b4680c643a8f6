import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.ingest.run import run
from tests.pipeline.ingest.build import config_for


def test_a_good_archive_ends_with_zero(folder, capsys):
    run(config_for(folder))
    assert main(["archive", "check", str(folder / "archive.zarr")]) == 0
    assert "0 problems in 2 groups" in capsys.readouterr().err


def test_a_damaged_archive_ends_with_one_and_names_the_clause(folder, capsys):
    run(config_for(folder))
    (folder / "archive.zarr/light/xrsb/c/0").unlink()
    assert main(["archive", "check", str(folder / "archive.zarr")]) == 1
    assert "group light: xrsb: clause 4.7" in capsys.readouterr().err


def test_a_path_without_archive_is_said(tmp_path):
    with pytest.raises(ArchiveError, match="no archive here; got 'something else'; wanted a Zarr v3 archive"):
        check_archive(tmp_path)
    assert main(["archive", "check", str(tmp_path / "absent")]) == 2
