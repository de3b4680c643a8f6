"""One simulated workspace for all notebooks: what `make demo` leaves, made small."""

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
    "images=null",
    "cluster={kind: threads, workers: 1}",
)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    run(load_config(DemoConfig, SHIPPED, (*SMALL, f"output={folder}")))
    return folder
