"""One archive of patches, made once; tests that change it work on a copy."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.ingest.patches.build import config_for, write_patches


@pytest.fixture(scope="session")
def ingest_patches(ingested):
    """Ingest a folder of patches."""
    return lambda folder, **changes: ingested(config_for(folder, **changes))


@pytest.fixture(scope="session")
def made_patches(tmp_path_factory, ingest_patches):
    folder = tmp_path_factory.mktemp("patches")
    write_patches(folder / "raw")
    return ingest_patches(folder)


@pytest.fixture
def copy(made_patches, tmp_path):
    return Path(shutil.copytree(made_patches, tmp_path / "copy.zarr"))


@pytest.fixture
def raw(made_patches, tmp_path):
    """A folder of its own with the same raw files."""
    shutil.copytree(made_patches.parent / "raw", tmp_path / "raw")
    return tmp_path
