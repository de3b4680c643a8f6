"""A registry of small sources instead of the real ones."""

from functools import partial

import pytest

from sunproof.pipeline.ingest import run as module
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.build import FAKES, write_raw


@pytest.fixture
def fakes(monkeypatch):
    """Let ingestion see the fake sources only."""
    monkeypatch.setattr(module, "readers", partial(readers, package=FAKES))


@pytest.fixture
def folder(tmp_path, fakes):
    """A folder with raw files for the fake sources."""
    write_raw(tmp_path / "raw")
    return tmp_path
