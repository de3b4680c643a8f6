import sys

import pytest
import xarray as xr

from sunproof.pipeline import cluster as module
from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.errors import ConfigError


def test_threads_compute_in_this_process():
    import os

    with dask_client(ClusterConfig(kind="threads", workers=2)) as client:
        assert client.submit(os.getpid, pure=False).result() == os.getpid()
        assert sum(client.nthreads().values()) == 2


def test_a_task_that_writes_a_file_leaves_no_client_behind(tmp_path):
    from distributed import get_client

    rows = xr.Dataset({"a": ("row", [1.0, 2.0])})

    def write(name: str) -> bool:
        rows.to_netcdf(tmp_path / name, engine="h5netcdf")
        return True

    with dask_client(ClusterConfig(kind="threads", workers=1)) as client:
        assert client.submit(write, "in_a_worker.nc", pure=False).result()
        with pytest.raises(ValueError, match="No global client"):
            get_client()
    assert write("after_it.nc")


def test_a_running_scheduler_is_used_by_its_address():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1") as running,
        dask_client(ClusterConfig(kind="address", address=running.scheduler_address)) as client,
    ):
        assert client.submit(sum, [1, 2]).result() == 3


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setitem(module._PATIENCE, "address", 0.3)
    with (
        pytest.raises(
            ConfigError, match=r"no Dask worker answers .*; got 'tcp://127.0.0.1:9'; wanted a reachable scheduler"
        ),
        dask_client(ClusterConfig(kind="address", address="tcp://127.0.0.1:9")),
    ):
        pass


def test_slurm_without_dask_jobqueue_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with (
        pytest.raises(ConfigError, match=r"dask-jobqueue is not installed; got 'slurm'.*sunproof\[slurm\]"),
        dask_client(ClusterConfig(kind="slurm")),
    ):
        pass


def test_slurm_needs_to_know_how_large_a_job_is():
    pytest.importorskip("dask_jobqueue")
    with (
        pytest.raises(
            ConfigError, match=r"cluster.options: (?s:You must specify how much cores.*)got \{'queue': 'debug'\}"
        ),
        dask_client(ClusterConfig(kind="slurm", options={"queue": "debug"})),
    ):
        pass


def test_slurm_needs_a_machine_that_may_submit(monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    options = {"cores": 1, "memory": "1GiB"}
    with (
        pytest.raises(ConfigError, match=r"no command sbatch; got 'slurm'; wanted a machine that may submit jobs"),
        dask_client(ClusterConfig(kind="slurm", options=options)),
    ):
        pass


def test_an_error_of_the_work_is_not_mistaken_for_one_of_the_cluster():
    with pytest.raises(OSError, match="disk full"), dask_client(ClusterConfig(kind="threads")):
        raise OSError("disk full")
