"""Imports run in threads of this process: starting workers takes longer than reading such small archives."""

from contextlib import contextmanager

import pytest

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.interchange import importing


@pytest.fixture(scope="session")
def one_thread():
    with dask_client(ClusterConfig(kind="threads", workers=1)) as client:
        yield client


@pytest.fixture
def in_threads(monkeypatch, one_thread):
    """Let imports use one Dask client for all tests."""

    @contextmanager
    def shared(config):
        yield one_thread

    monkeypatch.setattr(importing, "dask_client", shared)
