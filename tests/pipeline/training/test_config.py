import re
from pathlib import Path

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.training.config import TrainConfig

SHIPPED = Path(__file__).parents[3] / "configs" / "train.yaml"


def test_the_shipped_file_spells_out_the_defaults():
    config = load_config(TrainConfig, SHIPPED)
    paths = {"archive": config.archive, "samples": config.samples, "output": config.output}
    assert config == TrainConfig(**paths)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds=[1, 1]", r"seeds \(\[1, 1\]\) must be at least one, and different"),
        ("seeds=[]", r"seeds \(\[\]\) must be at least one"),
        ("optimiser.extra_fluxes=[1.0e-8]", r"optimiser\.extra_fluxes\.0: .*; got 1e-08"),
        ("model.depth=3", "model.depth: unknown key; got 3; wanted one of background, disk"),
    ],
)
def test_mistakes_are_told_with_their_value(override: str, message: str):
    with pytest.raises(ConfigError, match=message):
        load_config(TrainConfig, SHIPPED, [override])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["trainer.devices=3"], r"batch_size \(512\) must be a multiple of devices x num_nodes \(3\)"),
        (["trainer.precision=16-mixed"], r"precision \(16-mixed\) needs a GPU; take bf16-mixed or 32"),
        (["trainer.strategy=fsdp"], r"strategy \(fsdp\) splits the network over several devices \(.* is 1\)"),
        (
            ["trainer.strategy=fsdp", "trainer.devices=2", "trainer.precision=16-mixed", "trainer.accelerator=gpu"],
            r"strategy \(fsdp\) splits networks of precision 32 or bf16-mixed, not 16-mixed",
        ),
        (["trainer.precision=64"], "trainer.precision: .*; got '64'"),
    ],
)
def test_impossible_trainers_are_refused(changes: list[str], message: str):
    with pytest.raises(ConfigError, match=message):
        load_config(TrainConfig, SHIPPED, changes)


def test_the_number_of_processes_is_told():
    settings = ["trainer.devices=4", "trainer.num_nodes=2", "trainer.precision=32"]
    trainer = load_config(TrainConfig, SHIPPED, settings).trainer
    assert (trainer.ranks, trainer.precision) == (8, "32")


def test_the_sbatch_script_and_its_configuration_agree():
    trainer = load_config(TrainConfig, SHIPPED.parent / "train" / "slurm.yaml").trainer
    script = (SHIPPED.parent / "cluster" / "train.sbatch").read_text()
    given = dict(re.findall(r"^#SBATCH --([a-z-]+)=(\S+)", script, re.MULTILINE))
    assert (given["nodes"], given["ntasks-per-node"]) == (str(trainer.num_nodes), str(trainer.devices))
    assert given["signal"].startswith("USR1@")
    assert given["open-mode"] == "append"
    assert re.search(r"^#SBATCH --requeue$", script, re.MULTILINE)
