"""A trained world: one archive, one bundle for all tests of the room."""

from pathlib import Path

import pytest

from sunproof.pipeline.training.config import ModelConfig
from sunproof.pipeline.training.train import run
from tests.pipeline.training.world import World, make_world


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(Path(tmp_path_factory.mktemp("trained")))
    run(world.train("bundle", model=ModelConfig(hidden=0), seeds=(0,)))
    return world
