"""Lightning's trainer as the configuration describes it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.plugins.environments import LightningEnvironment

from sunproof.pipeline.errors import ConfigError, Problem
from sunproof.pipeline.training.ranks import Ranks

if TYPE_CHECKING:
    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["check_trainer", "make_trainer"]


def check_trainer(settings: TrainerConfig) -> None:
    """Find out before any data is read whether this machine can do what is asked.

    Parameters
    ----------
    settings : TrainerConfig

    Raises
    ------
    ConfigError
        If there are fewer GPUs than devices, fp16 without a GPU, or tensorboard is not installed; all of them together.
    """
    problems, gpus = [], torch.cuda.device_count()
    wanted = settings.accelerator == "gpu" or (settings.accelerator == "auto" and gpus)
    if wanted and gpus < settings.devices:
        todo = "Take accelerator: cpu, or fewer devices."
        problems.append(
            Problem("too few GPUs on this machine", "trainer.devices", settings.devices, f"at most {gpus}", todo)
        )
    if settings.precision == "16-mixed" and not gpus:
        todo = "Take bf16-mixed or 32."
        problems.append(
            Problem("fp16 needs a GPU, and there is none", "trainer.precision", settings.precision, todo=todo)
        )
    if settings.logger == "tensorboard" and not importlib.util.find_spec("tensorboard"):
        todo = 'Install it (pip install "sunproof[tensorboard]"), or take logger: csv.'
        problems.append(
            Problem("the package tensorboard is not installed", "trainer.logger", settings.logger, todo=todo)
        )
    if problems:
        raise ConfigError(problems)


def make_trainer(
    settings: TrainerConfig, ranks: Ranks, callbacks: Sequence[Callback] = (), logs: Path | None = None
) -> Any:
    """Make the trainer of one member.

    Parameters
    ----------
    settings : TrainerConfig
    ranks : Ranks
        The processes that train together.
    callbacks : sequence of Callback
    logs : Path, optional
        Folder of the losses; every start has a ``version_N`` of its own.

    Returns
    -------
    pytorch_lightning.Trainer
    """
    return lightning.Trainer(
        max_epochs=settings.max_epochs,
        accelerator=settings.accelerator,
        devices=settings.devices,
        num_nodes=settings.num_nodes,
        strategy=_strategy(settings, ranks),
        # never what Lightning finds by itself: in a SLURM job it would save from inside a signal handler
        plugins=[ranks.environment or LightningEnvironment()],
        precision="32-true" if settings.precision == "32" else settings.precision,
        accumulate_grad_batches=settings.accumulate,
        gradient_clip_val=settings.gradient_clip,
        # a few operations have no deterministic kernel on a GPU
        deterministic=settings.deterministic and (True if settings.accelerator == "cpu" else "warn"),
        callbacks=list(callbacks),
        logger=_logger(settings, logs) if logs else False,
        default_root_dir=logs,
        # without callbacks nothing is kept either
        enable_checkpointing=bool(callbacks),
        # the loader shares rows out by itself, so that batches are the same for any number of processes
        use_distributed_sampler=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_autolog_hparams=False,
        num_sanity_val_steps=0,
    )


def _strategy(settings: TrainerConfig, ranks: Ranks) -> Any:
    from pytorch_lightning.strategies import DDPStrategy, ModelParallelStrategy

    if ranks.size == 1:
        return "auto"
    if settings.strategy == "fsdp":
        # one checkpoint of the whole network, which any number of processes can go on from
        return ModelParallelStrategy(ranks.size, 1, save_distributed_checkpoint=False)
    return DDPStrategy()


def _logger(settings: TrainerConfig, logs: Path) -> Any:
    if settings.logger == "csv":
        return CSVLogger(logs.parent, name=logs.name)
    from pytorch_lightning.loggers import TensorBoardLogger

    return TensorBoardLogger(logs.parent, name=logs.name)
