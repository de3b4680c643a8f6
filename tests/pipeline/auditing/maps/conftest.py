import pytest

from sunproof.pipeline.auditing.audit import run
from tests.pipeline.auditing.maps.world import make_looking, settings


@pytest.fixture(scope="session")
def looking(tmp_path_factory):
    """The archive, the model and its forecasts."""
    return make_looking(tmp_path_factory.mktemp("looking"))


@pytest.fixture(scope="session")
def mapped(looking):
    """What an audit of them leaves."""
    run(settings(looking))
    return looking.root / "audit"
