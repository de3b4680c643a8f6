"""Callbacks of training: the state that a restart goes on from, random numbers that it draws again, a bar."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning.callbacks import Callback, Checkpoint

from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag

if TYPE_CHECKING:
    from rich.progress import Progress

    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["Keeper", "Randomness", "Shown"]


class Keeper(Checkpoint):  # type: ignore[misc]
    """Keeps the state in ``last.ckpt``: after epochs, every so many steps or minutes, and when a signal asks to stop.

    Always between two batches, never inside a signal handler, and all processes at the same batch.

    Parameters
    ----------
    folder : Path
    settings : TrainerConfig
    ranks : Ranks
    stop : StopFlag
    """

    def __init__(self, folder: Path, settings: TrainerConfig, ranks: Ranks, stop: StopFlag) -> None:
        self.path, self.ranks, self.stop = folder / "last.ckpt", ranks, stop
        self.steps, self.minutes = settings.checkpoint_every_steps, settings.checkpoint_every_minutes
        self.kept_at, self.kept_step = time.monotonic(), 0

    def on_fit_start(self, trainer: Any, module: Any) -> None:
        """Take the signals back: Lightning has taken them, and would send messages from inside its handler."""
        self.stop.install()

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Count from here."""
        self.kept_at, self.kept_step = time.monotonic(), trainer.global_step

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        """Keep the state where it is due."""
        # half a sum of gradients is no state, and the last batch belongs to the validation that follows it
        if (index + 1) % trainer.accumulate_grad_batches or index + 1 >= trainer.num_training_batches:
            return
        steps = trainer.global_step - self.kept_step
        due = self.steps is not None and steps >= self.steps
        late = self.minutes is not None and time.monotonic() - self.kept_at >= 60 * self.minutes
        # clocks and signals differ from process to process: all follow whoever says yes
        if self.ranks.largest(due or late or self.stop.number > 0):
            self._keep(trainer)
            self.stop.check(self.ranks)

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        """Keep the state after validation."""
        # a restart must stop early where this run does: it makes the last epoch again
        if not trainer.should_stop:
            self._keep(trainer)
        self.stop.check(self.ranks)

    def _keep(self, trainer: Any) -> None:
        # written beside and moved: a kill while it is written leaves the one before
        partial = self.path.with_suffix(".partial")
        trainer.save_checkpoint(partial)
        if self.ranks.first:
            os.replace(partial, self.path)
        # nobody goes on before the file is there: a signal may come at once
        self.ranks.wait()
        self.kept_at, self.kept_step = time.monotonic(), trainer.global_step


class Randomness(Callback):  # type: ignore[misc]
    """Draws dropout from seed, epoch, batch and process alone, so that a restart draws what an uninterrupted run would.

    Parameters
    ----------
    seed : int
    ranks : Ranks
    """

    def __init__(self, seed: int, ranks: Ranks) -> None:
        self.seed, self.ranks = seed, ranks

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
        """Seed by place."""
        place = (trainer.current_epoch * 1_000_003 + index) * 4_099 + self.ranks.rank
        # two odd constants spread the places over all seeds of 64 bits
        torch.manual_seed((self.seed * 0x9E3779B97F4A7C15 + place * 0xBF58476D1CE4E5B9) % 2**64 - 2**63)


class Shown(Callback):  # type: ignore[misc]
    """Shows how far a member's training is, in batches of at most so many epochs.

    Parameters
    ----------
    bars : rich.progress.Progress
    label : str
    epochs : int
    """

    def __init__(self, bars: Progress, label: str, epochs: int) -> None:
        self.bars, self.epochs = bars, epochs
        self.task = bars.add_task(label, total=None)

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Set the length."""
        self.bars.update(self.task, total=self.epochs * trainer.num_training_batches)

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        """Advance."""
        self.bars.update(self.task, completed=trainer.current_epoch * trainer.num_training_batches + index + 1)

    def on_fit_end(self, trainer: Any, module: Any) -> None:
        """Early stopping ends a bar early: it is complete all the same."""
        done = trainer.current_epoch * trainer.num_training_batches
        self.bars.update(self.task, total=done, completed=done)
