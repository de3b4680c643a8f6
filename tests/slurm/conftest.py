"""One throw-away SLURM and one simulated raw folder for all tests of this folder."""

import shutil

import pytest
import yaml

from sunproof.pipeline.simulate.config import SimulateConfig
from sunproof.pipeline.simulate.run import run as simulate
from tests.slurm.one_machine import SLURMCTLD, OneMachine


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """A running SLURM with two nodes of one core."""
    if not (SLURMCTLD and shutil.which("sbatch")):
        pytest.skip("no slurmctld on this machine; make test-slurm installs it where it can")
    with OneMachine(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """Forty days of a synthetic Sun, one file a day for X-rays and region summaries."""
    folder = tmp_path_factory.mktemp("simulated") / "raw"
    sun = {"days": 40, "regions_per_day": 0.4}
    simulate(SimulateConfig.model_validate({"output": folder, "sun": sun, "xrs_files": "day", "truth": None}))
    return folder


@pytest.fixture
def cluster(tmp_path):
    """A cluster as configs/cluster/slurm.yaml describes one, with what this machine has."""
    pytest.importorskip("dask_jobqueue")
    options = {
        "queue": "debug",
        "cores": 1,
        "processes": 1,
        "memory": "1500MiB",
        "walltime": "00:10:00",
        "interface": "lo",
        "local_directory": str(tmp_path / "scratch"),
        "log_directory": str(tmp_path / "logs"),
        "death_timeout": 10,
        "job_script_prologue": ["export OMP_NUM_THREADS=1"],
    }
    path = tmp_path / "slurm.yaml"
    path.write_text(yaml.safe_dump({"kind": "slurm", "workers": 2, "options": options}))
    return path
