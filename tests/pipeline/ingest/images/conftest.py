"""One archive of everything that can go wrong, made once; tests that change it work on a copy."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.ingest import run as module
from tests.pipeline.ingest.images.build import config_for, write_frames


@pytest.fixture(scope="session")
def ingest(two_threads):
    """Run ingestion with one Dask client for all tests that ask for threads."""

    @contextmanager
    def shared(config):
        if config.kind == "threads":
            yield two_threads
        else:
            with dask_client(config) as client:
                yield client

    def ingest(folder, **changes):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "dask_client", shared)
            module.run(config_for(folder, **changes))
        return folder / "archive.zarr"

    return ingest


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
