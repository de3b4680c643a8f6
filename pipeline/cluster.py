"""Where Dask runs: threads of this process, processes of this machine, SLURM jobs, or a scheduler that runs already."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import dask

from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["dask_client"]

# Start of the first worker: a queue may hold a job back for long, a process of this machine may not.
_PATIENCE = {"slurm": 3600.0, "local": 120.0, "threads": 60.0, "address": 60.0}
# Arguments of SLURMCluster that say nothing about a job.
_OF_THE_SCHEDULER = ("scheduler_options", "silence_logs", "asynchronous")


@contextmanager
def dask_client(config: ClusterConfig) -> Iterator[Client]:
    """Start what the configuration asks for, give a client, and stop what was started.

    Parameters
    ----------
    config : ClusterConfig
        ``cluster:`` block of a command's configuration.

    Yields
    ------
    distributed.Client
        With at least one worker ready.

    Raises
    ------
    ConfigError
        If the scheduler does not answer, no worker starts, or dask-jobqueue is not installed.
    """
    with ExitStack() as stack:
        # A task that touches a file would otherwise open a client of its own, through xarray's question for a lock. Of
        # a worker that is a thread of this process it becomes the default, outlives its cluster, and whoever writes a
        # file later in this process asks a closed scheduler.
        stack.enter_context(dask.config.set(scheduler="synchronous"))
        yield _connect(stack, config)


def _connect(stack: ExitStack, config: ClusterConfig) -> Client:
    from distributed import Client

    try:
        cluster = stack.enter_context(_cluster(config))
        client = stack.enter_context(Client(cluster, timeout=_PATIENCE["address"], set_as_default=False))
        client.wait_for_workers(1, timeout=_PATIENCE[config.kind])
    except OSError as error:
        # distributed reports an unreachable scheduler and a worker that never came alike.
        wanted = "a reachable scheduler with workers"
        todo = "Check the address, and that workers can start."
        problem = Problem(f"no Dask worker answers ({error})", "cluster", config.address or config.kind, wanted, todo)
        raise ConfigError(problem) from error
    return client


@contextmanager
def _cluster(config: ClusterConfig) -> Iterator[Any]:
    if config.kind == "address":
        yield config.address
    elif config.kind == "slurm":
        with _slurm(config) as cluster:
            yield cluster
    else:
        from distributed import LocalCluster

        # No dashboard: it would take a second of start-up for nobody. Any free port for the status page: with none
        # given, a second run on the same machine warns that the usual port is taken.
        threads = config.kind == "threads"
        options = {
            "n_workers": 1 if threads else config.workers,
            "threads_per_worker": config.workers if threads else 1,
            "processes": not threads,
            "dashboard_address": "127.0.0.1:0",
            "scheduler_kwargs": {"dashboard": False},
            **config.options,
        }
        with LocalCluster(**options) as cluster:
            yield cluster


@contextmanager
def _slurm(config: ClusterConfig) -> Iterator[Any]:
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        todo = 'Install it: pip install "sunproof[slurm]".'
        problem = Problem(
            "dask-jobqueue is not installed", "cluster.kind", config.kind, "the package dask-jobqueue", todo
        )
        raise ConfigError(problem) from error
    _try(_script(config))
    # No dashboard, and any free port for the status page, as for the workers of this machine.
    scheduler = {"dashboard": False, "dashboard_address": ":0", **config.options.get("scheduler_options", {})}
    with SLURMCluster(**{**config.options, "scheduler_options": scheduler}) as cluster:
        # Not `scale`, which never replaces a job that a node lost or whose time ran out.
        cluster.adapt(minimum_jobs=config.workers, maximum_jobs=config.workers)
        say(f"waiting for SLURM to start {config.workers} jobs; squeue shows why they wait")
        yield cluster


def _script(config: ClusterConfig) -> str:
    """Give the script of one job; a cluster object that fails half-way would leave its threads behind."""
    from dask_jobqueue.slurm import SLURMJob

    options = {name: value for name, value in config.options.items() if name not in _OF_THE_SCHEDULER}
    try:
        script: str = SLURMJob("tcp://127.0.0.1:1", "probe", **options).job_script()
    except (TypeError, ValueError) as error:
        wanted = "arguments of dask_jobqueue.SLURMCluster; cores and memory at least"
        raise ConfigError(Problem(str(error), "cluster.options", config.options, wanted)) from error
    return script


def _try(script: str) -> None:
    """Let SLURM look at a job before any is sent: a refused job is only a line in a log, and nobody would come."""
    try:
        answer = subprocess.run(["sbatch", "--test-only"], input=script, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        wanted, todo = "a machine that may submit jobs", "Run it on the cluster's login node."
        raise ConfigError(Problem("no command sbatch", "cluster.kind", "slurm", wanted, todo)) from error
    if answer.returncode:
        wanted, todo = "a job that SLURM takes", "Correct cluster.options (queue, walltime, memory)."
        raise ConfigError(Problem("SLURM refuses the job", "cluster.options", answer.stderr.strip(), wanted, todo))
