import pytest

from tests.pipeline.ingest.fetching.server import serving


@pytest.fixture
def server():
    """An archive on loopback."""
    with serving() as archive:
        yield archive
