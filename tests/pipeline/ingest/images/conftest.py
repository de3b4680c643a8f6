"""One archive of everything that can go wrong, made once; tests that change it work on a copy."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.ingest.images.build import config_for, write_frames


@pytest.fixture(scope="session")
def ingest(ingested):
    """Ingest a folder of frames."""
    return lambda folder, **changes: ingested(config_for(folder, **changes))


@pytest.fixture(scope="session")
def made(tmp_path_factory, ingest):
    folder = tmp_path_factory.mktemp("images")
    write_frames(folder / "raw")
    return ingest(folder)


@pytest.fixture
def copy(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "copy.zarr"))


@pytest.fixture
def raw(made, tmp_path):
    """A folder of its own with the same raw files."""
    shutil.copytree(made.parent / "raw", tmp_path / "raw")
    return tmp_path
