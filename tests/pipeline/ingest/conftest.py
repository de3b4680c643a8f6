"""A registry of small sources instead of the real ones."""

from contextlib import contextmanager, nullcontext
from functools import partial

import pytest

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.ingest import run as module
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.build import FAKES, write_raw


@pytest.fixture(scope="session")
def two_threads():
    """One Dask client for all tests that ask for no other: starting one takes longer than most tests."""
    with dask_client(ClusterConfig(kind="threads", workers=2)) as client:
        yield client


@pytest.fixture(scope="session")
def shared(two_threads):
    """What ingestion calls for a client, which gives that one to all who ask for threads."""

    @contextmanager
    def shared(config):
        with nullcontext(two_threads) if config.kind == "threads" else dask_client(config) as client:
            yield client

    return shared


@pytest.fixture(scope="session")
def ingested(shared):
    """Ingest a configuration with the shared client, and give the archive."""

    def ingested(config):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "dask_client", shared)
            module.run(config)
        return config.archive

    return ingested


@pytest.fixture
def fakes(monkeypatch, shared):
    """Let ingestion see the fake sources only."""
    monkeypatch.setattr(module, "readers", partial(readers, package=FAKES))
    monkeypatch.setattr(module, "dask_client", shared)


@pytest.fixture
def folder(tmp_path, fakes):
    """A folder with raw files for the fake sources."""
    write_raw(tmp_path / "raw")
    return tmp_path
