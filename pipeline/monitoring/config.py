"""What ``sunproof drift`` needs to know."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from sunproof.pipeline.config import Config

__all__ = ["DriftConfig"]


class DriftConfig(Config):
    """Hold a stream of forecasts against a reference stream of the same model and instruments."""

    reference: tuple[Path, ...] = Field(min_length=1)
    """Forecasts (``.nc``) of a time that is trusted, such as the years of training."""
    forecasts: tuple[Path, ...] = Field(min_length=1)
    """The forecasts to watch."""
    output: Path
    """Folder for drift.csv, drift.json and drift.png."""
    reference_samples: Path | None = None
    """Labelled samples of the reference: with ``samples``, outcomes are watched, too."""
    samples: Path | None = None
    """Labelled samples of what is watched; windows whose outcome is not known yet are left out."""
    reference_verdicts: tuple[Path, ...] = ()
    """``verdicts.csv`` of audits, one a file of ``reference``; with ``verdicts``, abstention is watched."""
    verdicts: tuple[Path, ...] = ()
    """``verdicts.csv`` of audits of what is watched, one a file of ``forecasts``."""
    windows: tuple[int, ...] = (72, 168, 720)
    """Lengths of the windows, in forecasts of regions."""
    budget: float = Field(default=0.5, gt=0)
    """False alarms a quarter that are allowed on the reference, all windows and quantities together.

    Another year is not quite the reference: there it is about twice as many (docs/drift.md)."""
    block_days: float = Field(default=27.0, gt=0)
    """Blocks that are permuted: long enough that a region is seldom cut in two."""
    replays: int = Field(default=40, ge=2)
    """Permutations of the reference on which the limits are set."""
    seed: int = 0
    """Of the permutations."""
