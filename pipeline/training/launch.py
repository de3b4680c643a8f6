"""Start the processes that train together: here, or as a batch system or torchrun has started them already."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sunproof.pipeline.errors import ConfigError, Problem, Stopped, SunproofError
from sunproof.pipeline.training.ranks import Ranks, joined
from sunproof.pipeline.training.stop import StopFlag, stop_flag

if TYPE_CHECKING:
    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["launch"]

T = TypeVar("T")
Work = Callable[[Any, Ranks, StopFlag], T]


def launch(work: Work[T], config: Any, settings: TrainerConfig) -> T:
    """Run a function in every process that the settings ask for.

    Parameters
    ----------
    work : callable
        Takes the configuration, this process's `Ranks` and a `StopFlag`; a function of a module, because processes
        that are started here import it.
    config : Config
    settings : TrainerConfig
        With ``devices`` times ``num_nodes`` processes.

    Returns
    -------
    object
        What the first process's function returned.

    Raises
    ------
    ConfigError
        If other processes were started than the settings ask for, or several nodes without any launcher.
    Stopped
        If a signal asked for the end.
    """
    environment = _started(settings)
    if settings.ranks == 1:
        with stop_flag() as stop:
            return work(config, Ranks(), stop)
    if environment is not None:
        return _work(work, config, settings, environment)
    if settings.num_nodes > 1:
        todo = "Start the command with srun (configs/cluster/train.sbatch) or torchrun on every node."
        raise ConfigError(
            Problem("one machine cannot start the others", "trainer.num_nodes", settings.num_nodes, "1", todo)
        )
    return _spawn(work, config, settings)


def _work(work: Work[T], config: Any, settings: TrainerConfig, environment: Any) -> T:
    if environment.global_rank():
        from sunproof.pipeline.console import silence

        silence()
    with stop_flag() as stop, joined(settings, environment) as ranks:
        return work(config, ranks, stop)


def _started(settings: TrainerConfig) -> Any:
    """Give Lightning's view of the processes that somebody else started; None where nobody has."""
    from lightning_fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment

    names = os.environ
    if "SLURM_STEP_ID" in names and int(names.get("SLURM_NTASKS", 1)) > 1:
        _compare(
            "SLURM tasks", int(names["SLURM_NTASKS"]), settings, "Set #SBATCH --nodes and --ntasks-per-node to them."
        )
        # its own handlers would save in the middle of whatever is going on
        environment = SLURMEnvironment(auto_requeue=False)
        _check_address(environment.main_address)
        return environment
    if {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"} <= names.keys():
        _compare(
            "processes of torchrun", int(names["WORLD_SIZE"]), settings, "Set --nnodes and --nproc-per-node to them."
        )
        return TorchElasticEnvironment()
    return None


def _compare(what: str, got: int, settings: TrainerConfig, todo: str) -> None:
    if got != settings.ranks:
        wanted = f"devices ({settings.devices}) x num_nodes ({settings.num_nodes}) = {settings.ranks}"
        raise ConfigError(Problem(f"another number of {what} than of devices", "trainer", got, wanted, todo))


def _check_address(address: str) -> None:
    """Refuse a name that nobody resolves: every process would wait for the first one until its time is over."""
    try:
        socket.getaddrinfo(address, None)
    except OSError as error:
        todo = "Export MASTER_ADDR in the job script: an address of the first node that all nodes reach."
        raise ConfigError(
            Problem(f"the first node cannot be found ({error})", "MASTER_ADDR", address, todo=todo)
        ) from error


def _spawn(work: Work[T], config: Any, settings: TrainerConfig) -> T:
    from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException, start_processes

    with tempfile.TemporaryDirectory() as name, _forwarding() as children:
        # errors cross as they are: the text of a dead process would hide which value was wrong
        answers = Path(name)
        started: Any = start_processes(  # type: ignore[no-untyped-call]
            # no CUDA context survives a fork
            _child,
            (work, config, settings, _free_port(), answers),
            settings.ranks,
            join=False,
            start_method="spawn",
        )
        children.extend(process.pid for process in started.processes)
        try:
            while not started.join():
                pass
        except (ProcessExitedException, ProcessRaisedException):
            if not any(answers.iterdir()):
                raise
        found = [pickle.loads(path.read_bytes()) for path in sorted(answers.iterdir())]
    # the first error of ours, not the exit codes of those that it brought down
    result: Any = next((item for item in found if isinstance(item, BaseException)), found[0] if found else None)
    if isinstance(result, BaseException):
        raise result
    if not found:
        # torch ends its processes quietly at Ctrl-C
        raise KeyboardInterrupt
    return cast("T", result)


def _child(number: int, work: Work[Any], config: Any, settings: TrainerConfig, port: int, answers: Path) -> None:
    from lightning_fabric.plugins.environments import TorchElasticEnvironment

    os.environ |= {
        "RANK": str(number),
        "LOCAL_RANK": str(number),
        "WORLD_SIZE": str(settings.ranks),
        "GROUP_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    place, answer = answers / f"{number:06d}", None
    try:
        answer = _work(work, config, settings, TorchElasticEnvironment())
    except (SunproofError, Stopped) as error:
        place.write_bytes(pickle.dumps(error))
        raise SystemExit(2) from error
    if number == 0:
        place.write_bytes(pickle.dumps(answer))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _forwarding() -> Iterator[list[int]]:
    """Pass signals that ask for the end on to the processes that do the work."""
    children: list[int] = []

    def forward(number: int, frame: Any) -> None:
        for child in children:
            os.kill(child, number)

    if threading.current_thread() is not threading.main_thread():
        # only the main thread may take signals
        yield children
        return
    before = {number: signal.signal(number, forward) for number in (signal.SIGUSR1, signal.SIGTERM)}
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
