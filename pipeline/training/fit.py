"""One member of the ensemble: the linear path exactly, then the deep one with early stopping; resumable."""

from __future__ import annotations

import copy
import logging
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from sunproof.models.forecaster import Forecaster
from sunproof.pipeline.training.blocks import TensorBlock, loader
from sunproof.pipeline.training.threads import one_thread
from sunproof.pipeline.vocabulary import THRESHOLDS

if TYPE_CHECKING:
    # for their types alone: the loop itself runs where neither rich nor pydantic is installed
    from rich.progress import Progress

    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["fit_deep", "fit_member", "optimiser_settings"]

# Validation needs no gradients, so its batches may be large.
_VALIDATION_BATCH = 4096


def optimiser_settings(settings: Mapping[str, Any], thresholds: Sequence[str]) -> dict[str, Any]:
    """Turn the configuration's optimiser block into what a `Forecaster` takes."""
    weights, extra = settings["threshold_weights"], list(settings["extra_fluxes"])
    return {
        **settings,
        "fluxes": [THRESHOLDS[name] for name in thresholds] + extra,
        "flux_weights": [float(weights.get(name, 1.0)) for name in thresholds] + [1.0] * len(extra),
    }


@one_thread()
def fit_member(
    module: Forecaster,
    blocks: tuple[TensorBlock, TensorBlock],
    settings: TrainerConfig,
    seed: int,
    folder: Path,
    bars: Progress | None = None,
) -> float:
    """Train one member in place; in the end it has the weights of the lowest validation loss.

    Parameters
    ----------
    module : Forecaster
        With its linear path fitted (`sunproof.pipeline.training.wide.fit_wide`) and its deep path freshly made.
    blocks : tuple of TensorBlock
        Training and validation block.
    settings : TrainerConfig
    seed : int
        Of the order of batches and of dropout, epoch by epoch: an interrupted run goes on as if nothing had happened.
    folder : Path
        Checkpoints and logs. Training goes on from ``last.ckpt`` if that is there.
    bars : rich.progress.Progress, optional
        Where to show progress.

    Returns
    -------
    float
        Validation loss.
    """
    wide_alone = copy.deepcopy(module.state_dict())
    loss = _validation_loss(module, blocks[1])
    if module.network.deep is not None:
        best = fit_deep(module, blocks, settings, seed, folder, bars)
        module.cpu().load_state_dict(torch.load(best, weights_only=True)["state_dict"])
        deep = _validation_loss(module, blocks[1])
        if deep >= loss:
            # validation decides whether the deep path earns its place
            module.load_state_dict(wide_alone)
        loss = min(loss, deep)
    module.eval()
    return loss


def _validation_loss(module: Forecaster, block: TensorBlock) -> float:
    module.eval()
    with torch.no_grad():
        parts = [(float(module.loss(batch)), len(batch[0])) for batch in loader(block, _VALIDATION_BATCH)]
    # batches differ in size, and the mean of means would weigh the last one too much
    return sum(value * size for value, size in parts) / max(1, len(block))


def fit_deep(
    module: Forecaster,
    blocks: tuple[TensorBlock, TensorBlock],
    settings: TrainerConfig,
    seed: int,
    folder: Path,
    bars: Progress | None,
) -> Path:
    """Train with early stopping, from ``last.ckpt`` if that is there.

    Parameters
    ----------
    module, blocks, settings, seed, folder, bars
        See `fit_member`.

    Returns
    -------
    Path
        Checkpoint of the epoch of lowest validation loss.
    """
    last, done = folder / "last.ckpt", folder / "done"
    if done.exists():
        return folder / "best.ckpt"
    callbacks: list[Callback] = [
        _Epochs(seed, settings.max_epochs, bars),
        EarlyStopping("validation_loss", patience=settings.patience),
        ModelCheckpoint(folder, "best", monitor="validation_loss", enable_version_counter=False),
        ModelCheckpoint(folder, "last", enable_version_counter=False),
    ]
    options: dict[str, Any] = dict(
        max_epochs=settings.max_epochs,
        accelerator=settings.accelerator,
        devices=1,
        gradient_clip_val=settings.gradient_clip,
        # a few operations have no deterministic kernel on a GPU
        deterministic=True if settings.accelerator == "cpu" else "warn",
        callbacks=callbacks,
        logger=CSVLogger(folder, name="log"),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    training = loader(blocks[0], settings.batch_size, seed)
    module.train()
    with _quiet(), _interruptible():
        trainer = lightning.Trainer(**options)
        trainer.fit(module, training, loader(blocks[1], _VALIDATION_BATCH), ckpt_path=last if last.exists() else None)
    done.touch()
    return folder / "best.ckpt"


class _Epochs(Callback):  # type: ignore[misc]
    """Seeds dropout anew each epoch, so that a resumed run draws what the uninterrupted one would; shows progress."""

    def __init__(self, seed: int, epochs: int, bars: Progress | None) -> None:
        self.seed, self.bars = seed, bars
        self.task = bars.add_task(f"training, seed {seed}", total=epochs) if bars else None

    def on_train_epoch_start(self, trainer: Any, module: Any) -> None:
        """Seed by epoch."""
        torch.manual_seed(1_000_003 * self.seed + trainer.current_epoch)

    def on_validation_epoch_end(self, trainer: Any, module: Any) -> None:
        """Advance the bar."""
        if self.bars is not None and self.task is not None:
            self.bars.update(self.task, completed=trainer.current_epoch + 1)

    def on_fit_end(self, trainer: Any, module: Any) -> None:
        """Early stopping ends a bar early: it is complete all the same."""
        if self.bars is not None and self.task is not None:
            self.bars.update(self.task, total=trainer.current_epoch, completed=trainer.current_epoch)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Undo what Lightning makes of Ctrl-C: it switches the signal off and leaves with exit code 1."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice on workers and its banner from the user: batches come from memory."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.WARNING)
    deterministic = torch.are_deterministic_algorithms_enabled()
    # only of use to find reads of uninitialised memory, and it fills every new tensor: a tenth of the time of an epoch
    memory: Any = torch.utils.deterministic
    filling, memory.fill_uninitialized_memory = memory.fill_uninitialized_memory, False
    with warnings.catch_warnings():
        # one process trains; on a login node of a cluster Lightning would advise to start it with srun
        texts = (
            "does not have many workers",
            "Checkpoint directory",
            "log_every_n_steps",
            "LeafSpec",
            "The `srun` command",
        )
        for text in texts:
            warnings.filterwarnings("ignore", message=f".*{text}")
        try:
            yield
        finally:
            logger.setLevel(level)
            torch.use_deterministic_algorithms(deterministic)
            memory.fill_uninitialized_memory = filling
