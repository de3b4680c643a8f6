import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.archive import list_groups, open_group
from sunproof.pipeline.ingest.run import run
from tests.pipeline.ingest.build import config_for


def test_groups_are_listed_by_name(folder):
    run(config_for(folder))
    assert list_groups(folder / "archive.zarr") == ["light", "patches"]


def test_texts_come_as_objects_that_netcdf_takes(folder):
    run(config_for(folder))
    patches = open_group(folder / "archive.zarr", "patches").drop_attrs(deep=False)
    assert patches["noaa_ars"].dtype == object
    patches.to_netcdf(folder / "patches.nc", engine="h5netcdf")


def test_an_unknown_group_is_named_with_those_there_are(folder):
    run(config_for(folder))
    with pytest.raises(ArchiveError, match="no such group; got 'sharp'; wanted one of light, patches"):
        open_group(folder / "archive.zarr", "sharp")


def test_no_archive_is_said(tmp_path):
    with pytest.raises(ArchiveError, match="no archive here; got 'nothing'"):
        list_groups(tmp_path / "archive.zarr")
