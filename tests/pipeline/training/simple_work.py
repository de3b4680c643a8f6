"""What processes do in tests of how they are started; it imports little, because each of them imports it."""

import time
from pathlib import Path

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag


def alone(root: Path, ranks: Ranks, stop: StopFlag) -> tuple[int, int]:
    """Say who this is."""
    return ranks.rank, ranks.size


def refuse(root: Path, ranks: Ranks, stop: StopFlag) -> None:
    """Fail on one side only, while the other one waits."""
    if ranks.rank == 1:
        raise InputError(Problem("wrong", "row 3", 4, "5"))
    ranks.wait()


def until_stopped(root: Path, ranks: Ranks, stop: StopFlag) -> None:
    """Work until a signal comes."""
    (root / f"ready-{ranks.rank}").touch()
    for _ in range(3000):
        stop.check(ranks)
        time.sleep(0.02)
