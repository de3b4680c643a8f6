"""What Lightning would do to the user and to the process, undone: advice, banners, and its way with Ctrl-C."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["interruptible", "quiet"]

# One process trains, from memory; what it does on a login node or on several processes is decided in launch.py.
_ADVICE = (
    "does not have many workers",
    "Checkpoint directory",
    "log_every_n_steps",
    "LeafSpec",
    "The `srun` command",
    "find_unused_parameters=True",
)


@contextmanager
def interruptible() -> Iterator[None]:
    """Undo what Lightning makes of Ctrl-C: it switches the signal off and leaves with exit code 1."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's advice and its banner from the user, and its deterministic mode within the block."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    deterministic = torch.are_deterministic_algorithms_enabled()
    # only of use to find reads of uninitialised memory, and it fills every new tensor: a tenth of the time of an epoch
    memory: Any = torch.utils.deterministic
    filling, memory.fill_uninitialized_memory = memory.fill_uninitialized_memory, False
    with warnings.catch_warnings():
        for text in _ADVICE:
            warnings.filterwarnings("ignore", message=f".*{text}")
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            torch.use_deterministic_algorithms(deterministic)
            memory.fill_uninitialized_memory = filling
