"""Simulated workspaces for the notebooks: what `make demo` leaves, made small, with images for who shows them."""

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.simulate.config import DemoConfig
from sunproof.pipeline.simulate.demo import run
from tests.pipeline.simulate.test_demo import SHIPPED

SMALL = (
    "sun.days=150",
    "sun.regions_per_day=0.4",
    "cadence_hours=24",
    "max_epochs=2",
    "cluster={kind: threads, workers: 1}",
)


IMAGES = "images={days: null, cadence_hours: 24, size: 128, aia: [171], suvi: [], euvi: [], faults: false}"


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return make(tmp_path_factory.mktemp("demo"), "images=null")


@pytest.fixture(scope="session")
def with_images(tmp_path_factory):
    return make(tmp_path_factory.mktemp("seen"), IMAGES)


def make(folder, images):
    run(load_config(DemoConfig, SHIPPED, (*SMALL, images, f"output={folder}")))
    return folder
