"""``configs/cluster/train.sbatch`` on two nodes, killed by a signal."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.pipeline.training.world import World, make_world

pytestmark = pytest.mark.slurm

SCRIPT = Path(__file__).parents[2] / "configs" / "cluster" / "train.sbatch"
_PATIENCE = 400.0
# This machine has no GPU, and its nodes have no names that resolve.
OPTIONS = ("--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=1", "--gpus-per-node=0", "--time=00:20:00")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(Path(tmp_path_factory.mktemp("world")))


class Job:
    """One training on two nodes."""

    def __init__(self, slurm, world: World, name: str):
        config = world.train(
            name,
            trainer={
                "max_epochs": 40,
                "patience": 40,
                "batch_size": 64,
                "num_nodes": 2,
                "checkpoint_every_steps": 50,
            },
            seeds=(0,),
        )
        self.slurm, self.output, self.log = slurm, config.output, world.root / f"{name}.log"
        path = world.root / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config.model_dump(mode="json")))
        names = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "MASTER_ADDR": "127.0.0.1",
            "GLOO_SOCKET_IFNAME": "lo",
            "OMP_NUM_THREADS": "1",
        }
        command = ["sbatch", "--parsable", *OPTIONS, f"--output={self.log}", str(SCRIPT), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=names)
        self.number = done.stdout.strip()

    def until(self, reached) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not reached():
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.2)

    def steps(self) -> int:
        """Times that the state was kept, as far as one sees it."""
        return len(list(self.output.parent.glob(f".{self.output.name}.*.work/seed-0/last.ckpt")))

    def waits_or_runs(self) -> bool:
        return self.number in self.slurm.jobs("PENDING,RUNNING,COMPLETING,REQUEUED,REQUEUE_HOLD")

    def restarts(self) -> int:
        found = re.search(r"Restarts=(\d+)", self.slurm.ask("scontrol", "show", "job", self.number))
        return int(found.group(1)) if found else 0

    def text(self) -> str:
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def weights(self) -> bytes:
        self.until(lambda: not self.waits_or_runs())
        path = self.output / "weights.safetensors"
        assert path.exists(), self.text()
        return path.read_bytes()


def test_a_job_that_is_warned_comes_back_and_ends_at_the_same_weights(slurm, world: World):
    whole = Job(slurm, world, "whole")
    wanted = whole.weights()
    assert whole.restarts() == 0
    warned = Job(slurm, world, "warned")
    warned.until(warned.steps)
    slurm.ask("scancel", "--signal=USR1", warned.number)
    warned.until(lambda: warned.restarts() == 1)
    assert not warned.output.exists()
    assert warned.weights() == wanted
    assert f"job {warned.number} is back in SLURM's queue" in warned.log.read_text()
    assert not list(world.root.glob(".warned.*"))  # nothing is left behind
