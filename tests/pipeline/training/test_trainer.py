import importlib.util

import pytest
import torch

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.training.quiet import quiet
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.trainer import check_trainer, make_trainer
from tests.pipeline.training.small_net import settings


def test_what_the_machine_lacks_is_told_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    chosen = settings(accelerator="gpu", devices=2, precision="16-mixed", logger="tensorboard")
    with pytest.raises(ConfigError) as caught:
        check_trainer(chosen)
    texts = [str(problem) for problem in caught.value.problems]
    assert texts == [
        "trainer.devices: too few GPUs on this machine; got 2; wanted at most 0. "
        "Take accelerator: cpu, or fewer devices.",
        "trainer.precision: fp16 needs a GPU, and there is none; got '16-mixed'. Take bf16-mixed or 32.",
        "trainer.logger: the package tensorboard is not installed; got 'tensorboard'. "
        'Install it (pip install "sunproof[tensorboard]"), or take logger: csv.',
    ]
    check_trainer(settings(precision="bf16-mixed"))


def test_the_configuration_reaches_lightning(tmp_path):
    chosen = settings(precision="bf16-mixed", accumulate=3, gradient_clip=0.5, max_epochs=7)
    with quiet():
        trainer = make_trainer(chosen, Ranks(), (), tmp_path / "log")
    assert (trainer.accumulate_grad_batches, trainer.gradient_clip_val, trainer.max_epochs) == (3, 0.5, 7)
    assert trainer.precision == "bf16-mixed"
    assert trainer.logger.log_dir == str(tmp_path / "log" / "version_0")


def test_tensorboard_writes_its_files(tmp_path):
    pytest.importorskip("tensorboard")
    with quiet():
        logger = make_trainer(settings(logger="tensorboard"), Ranks(), (), tmp_path / "log").logger
    logger.log_metrics({"train_loss": 1.0}, 0)
    logger.finalize("success")
    assert list((tmp_path / "log" / "version_0").glob("events.out.tfevents.*"))
