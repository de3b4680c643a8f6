import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig, load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.run import run
from sunproof.pipeline.receipts import digest_tree

pytestmark = pytest.mark.slurm

_PATIENCE = 240.0


@pytest.fixture(scope="session")
def from_threads(raw, tmp_path_factory):
    """Digest of the archive that threads of one process make."""
    archive = tmp_path_factory.mktemp("threads") / "archive.zarr"
    run(IngestConfig.model_validate({"raw": raw, "archive": archive, "cluster": {"kind": "threads"}}))
    return digest_tree(archive)


class Ingestion:
    """``sunproof ingest`` in a process of its own, with workers as SLURM jobs."""

    def __init__(self, folder, raw, cluster):
        self.archive = folder / "archive.zarr"
        config = folder / "ingest.yaml"
        config.write_text(yaml.safe_dump({"raw": str(raw), "archive": str(self.archive), "cluster": str(cluster)}))
        code = "import sys; from sunproof.pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
        self.command = [sys.executable, "-c", code, "ingest", str(config)]
        self.log = folder / "ingest.log"

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def finish(self):
        assert self.process.wait(_PATIENCE) == 0, self.log.read_text()[-3000:]
        return digest_tree(self.archive)

    def parts(self) -> int:
        return len(list(self.archive.parent.glob(".archive.zarr.parts/*/*.npz")))

    def until(self, parts: int):
        deadline = time.monotonic() + _PATIENCE
        while self.parts() < parts:
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.005)


@pytest.fixture
def ingestion(slurm, raw, cluster, tmp_path):
    return Ingestion(tmp_path, raw, cluster)


def test_slurm_jobs_make_the_archive_that_threads_make(ingestion, from_threads, slurm):
    ingestion.start()
    ingestion.until(1)
    assert slurm.jobs("RUNNING")
    assert ingestion.finish() == from_threads
    assert not slurm.jobs()  # they end with the run, not with their time


def test_a_worker_that_is_killed_changes_no_byte(ingestion, from_threads, slurm):
    ingestion.start()
    ingestion.until(10)
    killed = slurm.jobs("RUNNING")[0]
    slurm.kill(killed)
    left = ingestion.parts()
    assert ingestion.finish() == from_threads
    assert left < ingestion.parts()  # it was killed in the middle


def test_a_run_that_is_killed_continues_to_the_same_bytes(ingestion, from_threads, slurm):
    ingestion.start()
    ingestion.until(10)
    os.kill(ingestion.process.pid, signal.SIGKILL)
    ingestion.process.wait()
    for job in slurm.jobs():  # nobody cancels the jobs of a dead run; their workers would end after death_timeout
        slurm.ask("scancel", job)
    left = ingestion.parts()
    ingestion.start()
    assert ingestion.finish() == from_threads
    assert left < ingestion.parts()


def test_lost_workers_are_replaced(slurm, cluster):
    config = load_config(ClusterConfig, cluster)
    with dask_client(config) as client:
        first = set(slurm.jobs())
        futures = [client.submit(time.sleep, 0.3, pure=False) for _ in range(20)]
        for job in first:
            slurm.kill(job)
        client.gather(futures)
        assert not set(slurm.jobs()) <= first


def test_a_job_that_slurm_refuses_is_an_error_at_once(slurm, cluster):
    config = load_config(ClusterConfig, cluster)
    config = ClusterConfig(kind="slurm", options={**config.options, "queue": "nowhere"})
    with (
        pytest.raises(ConfigError, match=r"cluster.options: SLURM refuses the job; got '.*invalid partition.*nowhere"),
        dask_client(config),
    ):
        pass
