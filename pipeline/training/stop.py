"""A signal asks training to stop: it does between two batches, with its state kept; a SLURM job goes back in line."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sunproof.pipeline.errors import Stopped

if TYPE_CHECKING:
    from sunproof.pipeline.training.ranks import Ranks

__all__ = ["StopFlag", "stop_flag"]

# A batch system's warning, and what asks any process to end; Ctrl-C is a person's and ends it at once.
_WARNING = signal.SIGUSR1
_SIGNALS = (_WARNING, signal.SIGTERM)


class StopFlag:
    """Remembers the signal that asked for the end; its handler does nothing else.

    Saving inside a handler would interrupt whatever is being written just then.
    """

    def __init__(self) -> None:
        self.number = 0

    def install(self) -> None:
        """Take the signals; Lightning takes them too when it begins, so this is called once more after that."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, self._remember)

    def check(self, ranks: Ranks) -> None:
        """End here if any process was asked to; SLURM's warning, SIGUSR1, also puts the job back in line.

        All processes call this at the same place.

        Parameters
        ----------
        ranks : Ranks

        Raises
        ------
        Stopped
            With the first signal.
        """
        number = round(ranks.largest(self.number))
        if not number:
            return
        text = f"stopped by {signal.Signals(number).name}; the same command goes on where it stopped"
        if ranks.first and number == _WARNING and (job := _job()):
            text += f"; {_requeue(job)}"
        # srun ends all processes as soon as one has left: SLURM must have been asked by then
        ranks.wait()
        raise Stopped(text, 128 + number)

    def _remember(self, number: int, frame: Any) -> None:
        # the first one counts: a batch system sends another when the processes take their time
        self.number = self.number or number


@contextmanager
def stop_flag() -> Iterator[StopFlag]:
    """Give a flag that the signals raise for the time of a ``with`` block."""
    flag, before = StopFlag(), {number: signal.getsignal(number) for number in _SIGNALS}
    flag.install()
    try:
        yield flag
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def _job() -> str:
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ.get("SLURM_JOB_ID", "")


def _requeue(job: str) -> str:
    try:
        answer = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"job {job} could not be requeued ({error})"
    if answer.returncode:
        return f"SLURM would not requeue job {job}: {answer.stderr.strip()} (submit it with --requeue)"
    return f"job {job} is back in SLURM's queue"
