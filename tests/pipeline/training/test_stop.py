import os
import signal
import subprocess

import pytest

from sunproof.pipeline.errors import Stopped
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import stop_flag


def test_a_signal_raises_the_flag_and_nothing_else():
    before = signal.getsignal(signal.SIGUSR1)
    with stop_flag() as stop:
        stop.check(Ranks())
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.number == signal.SIGUSR1
        with pytest.raises(Stopped, match=r"stopped by SIGUSR1; the same command goes on where it stopped$") as caught:
            stop.check(Ranks())
    assert caught.value.code == 128 + signal.SIGUSR1
    assert signal.getsignal(signal.SIGUSR1) is before


@pytest.mark.parametrize(
    ("names", "job"),
    [
        ({"SLURM_JOB_ID": "17"}, "17"),
        ({"SLURM_JOB_ID": "18", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"}, "17_3"),
    ],
)
def test_slurms_warning_puts_the_job_back_in_line(monkeypatch: pytest.MonkeyPatch, names: dict[str, str], job: str):
    asked = []

    def run(command, **options):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    with stop_flag() as stop:
        stop.number = signal.SIGUSR1
        with pytest.raises(Stopped, match=f"job {job} is back in SLURM's queue"):
            stop.check(Ranks())
        with pytest.raises(Stopped):
            stop.check(Ranks(1, 1))
    assert asked == [["scontrol", "requeue", job]]


def test_a_plain_end_does_not_requeue(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setattr(subprocess, "run", None)
    with stop_flag() as stop:
        stop.number = signal.SIGTERM
        with pytest.raises(Stopped, match="stopped by SIGTERM"):
            stop.check(Ranks())


def test_a_job_that_slurm_will_not_requeue_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    answer = subprocess.CompletedProcess([], 1, "", "Requested operation is presently disabled\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: answer)
    with stop_flag() as stop:
        stop.number = signal.SIGUSR1
        with pytest.raises(Stopped, match=r"would not requeue job 17: Requested operation .*disabled \(submit it with"):
            stop.check(Ranks())
