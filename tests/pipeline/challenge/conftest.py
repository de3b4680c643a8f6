import shutil

import numpy as np
import pytest

from sunproof.pipeline.samples.config import DiskConfig
from tests.pipeline.samples.images.build import write_images
from tests.pipeline.training.world import INPUTS, World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("challenge_world"))


@pytest.fixture(scope="session")
def seen_world(world, tmp_path_factory):
    """The same world with an image a day of two instruments; some are missing."""
    root = tmp_path_factory.mktemp("seen_world")
    shutil.copytree(world.archive, root / "archive.zarr")
    shutil.copy(world.samples, root / "samples.nc")
    random = np.random.default_rng(0)
    for name in ("aia_171", "suvi16_195"):
        pixels = random.uniform(1, 2, (200, 16, 16))
        pixels[::17] = np.nan
        write_images(root / "archive.zarr", name, pixels, start=np.datetime64("2012-01-01", "ns"), hours=24)
    return World(root)


@pytest.fixture(scope="session")
def seeing():
    """What a model reads that sees those images."""
    return INPUTS.model_copy(update={"disk": DiskConfig(groups=("aia_171", "suvi16_195"), size=8, oldest_hours=24)})
