"""One world for all tests of the room; nobody writes into its archive."""

from pathlib import Path

import pytest

from tests.pipeline.training.world import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(Path(tmp_path_factory.mktemp("world")))
