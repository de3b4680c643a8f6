"""Small Suns for all tests of this room."""

from datetime import datetime

import pytest

from sunproof.pipeline.simulate.config import ImagesConfig, SatelliteConfig, SimulateConfig, SunConfig, TruthConfig
from sunproof.pipeline.simulate.scene import build_scene


@pytest.fixture(scope="session")
def small_config() -> SimulateConfig:
    return SimulateConfig(
        seed=3,
        sun=SunConfig(start=datetime(2014, 3, 10), days=24, regions_per_day=0.9),
        satellites=(SatelliteConfig(number=15, primary_from=datetime(2010, 1, 1)), SatelliteConfig(number=16)),
        truth=TruthConfig(interval_hours=24, members=2),
    )


@pytest.fixture(scope="session")
def scene(small_config):
    return build_scene(small_config)


@pytest.fixture(scope="session")
def cycle_scene():
    """Eighteen months near solar maximum, for statistics."""
    return build_scene(SimulateConfig())


@pytest.fixture(scope="session")
def images_scene():
    """A Sun with images of two days, four frames a product."""
    return build_scene(
        SimulateConfig(
            seed=14,
            sun=SunConfig(start=datetime(2014, 3, 10), days=6, regions_per_day=0.6),
            images=ImagesConfig(days=2, cadence_hours=12, size=256),
        )
    )
