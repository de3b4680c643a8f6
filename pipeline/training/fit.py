"""One member of the ensemble: the linear path exactly, then the deep one with early stopping; resumable."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint

from sunproof.models.forecaster import Forecaster
from sunproof.pipeline.training.blocks import TensorBlock, loader
from sunproof.pipeline.training.keeping import Keeper, Randomness, Shown
from sunproof.pipeline.training.quiet import interruptible, quiet
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag
from sunproof.pipeline.training.threads import threads_of
from sunproof.pipeline.training.trainer import make_trainer
from sunproof.pipeline.vocabulary import THRESHOLDS

if TYPE_CHECKING:
    # for their types alone: the loop itself runs where neither rich nor pydantic is installed
    from rich.progress import Progress

    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["fit_deep", "fit_member", "optimiser_settings", "reading", "validation_loss"]

# Validation needs no gradients, so its batches may be large.
_VALIDATION_BATCH = 4096
# More threads than this wait for each other's memory.
_READERS = 8


def optimiser_settings(settings: Mapping[str, Any], thresholds: Sequence[str]) -> dict[str, Any]:
    """Turn the configuration's optimiser block into what a `Forecaster` takes."""
    weights, extra = settings["threshold_weights"], list(settings["extra_fluxes"])
    physics = dict(settings["physics"])
    auxiliary = physics.pop("auxiliary", None)
    return {
        **settings,
        "physics": physics,
        "auxiliary_weight": auxiliary["weight"] if auxiliary else 0.0,
        "fluxes": [THRESHOLDS[name] for name in thresholds] + extra,
        "flux_weights": [float(weights.get(name, 1.0)) for name in thresholds] + [1.0] * len(extra),
    }


def reading(settings: TrainerConfig) -> dict[str, Any]:
    """Say how images reach the model: `sunproof.pipeline.training.blocks.loader`'s ``readers`` and ``gpu``."""
    gpu = settings.accelerator != "cpu" and torch.cuda.is_available()
    # half of the cores of each process that feeds a GPU; on a CPU the model needs them itself
    cores = len(os.sched_getaffinity(0)) // (2 * max(1, settings.devices))
    return {"gpu": gpu, "readers": max(1, min(_READERS, cores)) if gpu else 1}


def fit_member(
    module: Forecaster,
    blocks: tuple[TensorBlock, TensorBlock],
    settings: TrainerConfig,
    seed: int,
    folder: Path,
    bars: Progress | None = None,
    ranks: Ranks | None = None,
    stop: StopFlag | None = None,
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
        Of the order of batches and of dropout, batch by batch: an interrupted run goes on as if nothing had happened.
    folder : Path
        Checkpoints, in ``folder``, and logs, in ``folder/log``. Training goes on from ``last.ckpt`` if that is there.
    bars : rich.progress.Progress, optional
        Where to show progress.
    ranks : Ranks, optional
        The processes that train together; every one of them calls this.
    stop : StopFlag, optional
        Raised by a signal: training then ends between two batches, with its state kept.

    Returns
    -------
    float
        Validation loss.

    Raises
    ------
    Stopped
        If a signal asked for it.
    """
    ranks = ranks or Ranks()
    # without a deep path there is nothing to train: the linear one was fitted exactly
    if module.network.deep is None:
        return validation_loss(module, blocks[1], settings, ranks)
    with threads_of(settings.threads):
        # the loss of the linear path alone, which the deep one has to beat
        alone = validation_loss(module, blocks[1], settings, ranks)
        best, loss = fit_deep(module, blocks, settings, seed, folder, bars, ranks, stop)
    if loss < alone:
        # validation decides whether the deep path earns its place
        module.load_state_dict(torch.load(best, weights_only=True)["state_dict"])
    module.eval()
    return min(loss, alone)


def validation_loss(module: Forecaster, block: TensorBlock, settings: TrainerConfig, ranks: Ranks) -> float:
    """Compute the loss that decides, where and as precisely as training does; every process calls this.

    Parameters
    ----------
    module : Forecaster
    block : TensorBlock
        The validation block.
    settings : TrainerConfig
    ranks : Ranks

    Returns
    -------
    float
    """
    with quiet(), interruptible():
        trainer = make_trainer(settings, ranks)
        batches = loader(block, _VALIDATION_BATCH, None, ranks, **reading(settings))
        # a copy: a trainer may compile, move or split what it is given
        found = trainer.validate(copy.deepcopy(module), batches, verbose=False)
    return float(found[0]["validation_loss"])


def fit_deep(
    module: Forecaster,
    blocks: tuple[TensorBlock, TensorBlock],
    settings: TrainerConfig,
    seed: int,
    folder: Path,
    bars: Progress | None = None,
    ranks: Ranks | None = None,
    stop: StopFlag | None = None,
) -> tuple[Path, float]:
    """Train a copy of a member with early stopping, from ``last.ckpt`` if that is there.

    Parameters
    ----------
    module, blocks, settings, seed, folder, bars, ranks, stop
        See `fit_member`.

    Returns
    -------
    Path
        Checkpoint of the epoch of lowest validation loss.
    float
        That loss.

    Raises
    ------
    Stopped
        If a signal asked for it.
    """
    ranks, last, done = ranks or Ranks(), folder / "last.ckpt", folder / "done"
    if not done.exists():
        best = ModelCheckpoint(folder, "best", monitor="validation_loss", enable_version_counter=False)
        callbacks: list[Callback] = [
            Randomness(seed, ranks),
            EarlyStopping("validation_loss", patience=settings.patience),
            best,
            Keeper(folder, settings, ranks, stop or StopFlag()),
        ]
        if bars is not None and ranks.first:
            callbacks.append(Shown(bars, f"training, seed {seed}", settings.max_epochs))
        # the copy may be compiled, or split over devices
        trained = copy.deepcopy(module).train()
        if settings.compile:
            trained.network.compile()
        batches = (
            loader(blocks[0], settings.batch_size, seed, ranks, **reading(settings)),
            loader(blocks[1], _VALIDATION_BATCH, None, ranks, **reading(settings)),
        )
        with quiet(), interruptible():
            trainer = make_trainer(settings, ranks, callbacks, folder / "log")
            trainer.fit(trained, *batches, ckpt_path=last if last.exists() else None)
        _finish(done, float(best.best_model_score), ranks)
    return folder / "best.ckpt", float(done.read_text())


def _finish(done: Path, loss: float, ranks: Ranks) -> None:
    ranks.wait()
    if ranks.first:
        partial = done.with_suffix(".partial")
        partial.write_text(repr(loss))
        os.replace(partial, done)
    ranks.wait()
