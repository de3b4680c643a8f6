import pytest

from tests.pipeline.training.world import make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("challenge_world"))
