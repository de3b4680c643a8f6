"""What ``sunproof evaluate`` needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from sunproof.pipeline.config import Config
from sunproof.pipeline.samples.config import InputConfig

__all__ = ["BootstrapConfig", "EvaluateConfig"]


class BootstrapConfig(Config):
    """How uncertain the scores are."""

    resamples: int = Field(default=2000, ge=1000, le=100_000)
    """Resamples of whole blocks; below a thousand the ends of a 95 % interval are noise."""
    days: float = Field(default=27, gt=0, le=366)
    """Length of a block in time; one solar rotation, so that a returning active longitude stays in one block."""
    level: float = Field(default=0.95, gt=0, lt=1)
    """Probability content of the intervals."""
    seed: int = 0
    """Of the resampling; the same seed gives the same intervals."""


class EvaluateConfig(Config):
    """Configuration of ``sunproof evaluate``."""

    forecasts: Path
    """``forecasts.nc``."""
    samples: Path
    """``samples.nc`` with the labels of the forecasts' slots, and the training block that baselines are fitted to."""
    archive: Path | None = None
    """The archive that the samples were made from; without it only the climatology stands beside the model."""
    output: Path
    """Folder to write: ``scores.json``, ``scores.md`` and plots."""
    blocks: tuple[Literal["train", "validation", "test", "none"], ...] = ("test",)
    """Blocks of the samples that are scored."""
    min_history: float = Field(default=0.0, ge=0, le=1)
    """Leave out region slots with a smaller observed fraction of the keyword history; needs the archive."""
    inputs: InputConfig = InputConfig()
    """What baselines see: history, step, flare list."""
    bootstrap: BootstrapConfig = BootstrapConfig()
    per_year: bool = True
    """Score each year by itself, too."""
    first_flare: bool = True
    """Score slots after 24 h without such a flare by themselves, too: a first flare is the hard case."""
