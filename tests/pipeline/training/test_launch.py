"""Two processes on this machine; every question is asked in one start of them, which takes a while."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from sunproof.pipeline.errors import ConfigError, InputError
from sunproof.pipeline.training.blocks import loader
from sunproof.pipeline.training.config import TrainerConfig
from sunproof.pipeline.training.fit import fit_deep, validation_loss
from sunproof.pipeline.training.launch import launch
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag
from tests.pipeline.training.simple_work import alone, refuse
from tests.pipeline.training.small_net import blocks, forecaster, settings

# divisible, so that one process has the same batches as two
ROWS = (96, 37)
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6}


def gradients(ranks: Ranks) -> list[torch.Tensor]:
    """Mean over processes of the gradients of the first batch's loss."""
    module = forecaster()
    batch = next(iter(loader(blocks(*ROWS)[0], 32, 0, ranks)))
    module.loss(batch).backward()
    found = [parameter.grad for parameter in module.parameters()]
    if ranks.size > 1:
        for gradient in found:
            torch.distributed.all_reduce(gradient)
    return [gradient / ranks.size for gradient in found]


def best(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "best.ckpt", weights_only=True)["state_dict"]


def ask(root: Path, ranks: Ranks, stop: StopFlag) -> dict[str, Any]:
    """Everything that one of two processes is asked."""
    given = blocks(*ROWS)
    module = forecaster(seed=ranks.rank)
    ranks.share_weights(module)
    answers: dict[str, Any] = {
        "shared": ranks.share({"rank": ranks.rank}),
        "largest": ranks.largest(float(ranks.rank)),
        "total": ranks.total(1.0 + ranks.rank),
        "weights": [value.clone() for value in module.state_dict().values()],
        "gradients": gradients(ranks),
        "validation": validation_loss(forecaster(), given[1], settings(devices=2), ranks),
        "loss": {},
    }
    for strategy in ("ddp", "fsdp"):
        chosen = settings(devices=2, strategy=strategy, accumulate=2)
        answers["loss"][strategy] = fit_deep(forecaster(), given, chosen, 0, root / strategy, ranks=ranks)[1]
    # a state that two processes left is one that they, and one alone, go on from
    (root / f"rank-{ranks.rank}").touch()
    return answers


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("two")
    return root, launch(ask, root, settings(devices=2))


def test_every_process_worked_and_the_first_one_answers(two):
    root, answers = two
    assert {path.name for path in root.iterdir()} >= {"rank-0", "rank-1"}
    assert answers["shared"] == {"rank": 0}
    assert (answers["largest"], answers["total"]) == (1, 3)


def test_weights_are_the_first_ones(two):
    for found, wanted in zip(two[1]["weights"], forecaster(seed=0).state_dict().values(), strict=True):
        assert torch.equal(found, wanted)


def test_gradients_are_those_of_the_common_batch(two):
    for found, wanted in zip(two[1]["gradients"], gradients(Ranks()), strict=True):
        torch.testing.assert_close(found, wanted, **TOLERANCE)


def test_the_validation_loss_is_that_of_all_rows(two):
    alone = validation_loss(forecaster(), blocks(*ROWS)[1], settings(), Ranks())
    assert two[1]["validation"] == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_they_end_at_the_weights_of_one_process(two, strategy: str, tmp_path: Path):
    root, answers = two
    _, loss = fit_deep(forecaster(), blocks(*ROWS), settings(accumulate=2), 0, tmp_path)
    assert answers["loss"][strategy] == pytest.approx(loss, rel=1e-4)
    found, wanted = best(root / strategy), best(tmp_path)
    assert found.keys() == wanted.keys()
    for name in wanted:
        # Adam divides by the gradients' size: it makes more of rounding than a gradient step would
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_only_one_process_wrote(two, strategy: str):
    folder = two[0] / strategy
    assert sorted(path.name for path in folder.iterdir()) == ["best.ckpt", "done", "last.ckpt", "log"]
    assert [path.name for path in (folder / "log").iterdir()] == ["version_0"]


def test_a_mistake_arrives_as_it_was_raised_and_nobody_waits(tmp_path: Path):
    with pytest.raises(InputError, match=r"^row 3: wrong; got 4; wanted 5$"):
        launch(refuse, tmp_path, settings(devices=2))


def test_one_process_is_this_one(tmp_path: Path):
    assert launch(alone, tmp_path, TrainerConfig()) == (0, 1)


@pytest.mark.parametrize(
    ("names", "chosen", "message"),
    [
        ({}, {"num_nodes": 2}, "trainer.num_nodes: one machine cannot start the others; got 2"),
        (
            {"SLURM_STEP_ID": "0", "SLURM_NTASKS": "4"},
            {"devices": 2},
            r"another number of SLURM tasks than of devices; got 4; wanted devices \(2\) x num_nodes \(1\) = 2",
        ),
        ({"SLURM_STEP_ID": "0", "SLURM_NTASKS": "4"}, {}, "another number of SLURM tasks"),
        (
            {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"},
            {"devices": 4},
            "another number of processes of torchrun than of devices; got 2",
        ),
        (
            {
                "SLURM_STEP_ID": "0",
                "SLURM_NTASKS": "2",
                "SLURM_NTASKS_PER_NODE": "1",
                "SLURM_JOB_NAME": "train",
                "SLURM_NODELIST": "nowhere.invalid,elsewhere.invalid",
            },
            {"num_nodes": 2},
            "MASTER_ADDR: the first node cannot be found .*; got 'nowhere.invalid'. Export MASTER_ADDR in the job",
        ),
    ],
)
def test_wrong_worlds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names, chosen, message: str):
    # Lightning notes the address there
    monkeypatch.setattr(os, "environ", {**os.environ, **names})
    with pytest.raises(ConfigError, match=message):
        launch(alone, tmp_path, settings(**chosen))


STOPPED = """
import sys
from pathlib import Path
from sunproof.pipeline.errors import Stopped
from sunproof.pipeline.training.launch import launch
from sunproof.pipeline.training.config import TrainerConfig
from tests.pipeline.training.simple_work import until_stopped

if __name__ == "__main__":
    try:
        launch(until_stopped, Path(sys.argv[1]), TrainerConfig(devices=2))
    except Stopped as stopped:
        sys.exit(stopped.code)
"""


def test_a_signal_to_the_first_process_ends_all_of_them(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(STOPPED)
    names = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=names)
    for _ in range(1200):
        if len(list(tmp_path.glob("ready-*"))) == 2:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
