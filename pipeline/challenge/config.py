"""What ``sunproof challenge`` needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.config import Config

__all__ = ["ChallengeConfig", "FaultyModelConfig"]


class FaultyModelConfig(Config):
    """How models with a planted fault are trained; they are kept beside the output and used again."""

    rows: int = Field(default=6000, ge=100)
    """Training rows; a shortcut is learnt from few."""
    correlation: float = Field(default=0.92, gt=0.5, le=1)
    """Share of the training rows in which the planted cue tells the label."""
    max_epochs: int = Field(default=12, ge=1)
    seed: int = 0


class ChallengeConfig(Config):
    """Plant faults in archive and model, audit what comes out, and count what was found."""

    archive: Path
    """The archive the samples were made from."""
    samples: Path
    """Labelled samples: faults are planted in their test block, models with faults are trained on their training
    block."""
    bundle: Path
    """The model whose audit is put to the test; also the reference that tells how far a fault moved a forecast."""
    output: Path
    """Folder for the report, the table of all trials, and the models with faults."""
    block: Literal["test", "validation"] = "test"
    """``validation`` while a check is being developed: the test block is for the last look."""
    seed: str = ""
    """Private seed: a text nobody else knows, so that no checker can be fitted to the plants. Empty: read from the
    environment variable SUNPROOF_CHALLENGE_SEED. Only its digest is recorded."""
    plants: tuple[str, ...] = ()
    """Only these plants or families, for a quick run; all where empty."""
    each: int = Field(default=200, ge=10)
    """Forecasts a plant."""
    good: int = Field(default=600, ge=10)
    """Forecasts as they come, for the rate of false rejects."""
    hard: int = Field(default=60, ge=5)
    """Forecasts of each kind of hard but good case."""
    active: float = Field(default=0.5, ge=0, le=1)
    """Share of the planted forecasts that are of active regions; the others come as they are. In quiet regions few
    faults can move a forecast."""
    harm: float = Field(default=0.2, gt=0, lt=1)
    """A forecast that moved by more is harmed: it is the fault's, not the Sun's."""
    harmless: float = Field(default=0.05, gt=0, lt=1)
    """A forecast that moved by less is as good as without the fault."""
    potent: float = Field(default=0.2, ge=0, le=1)
    """A plant counts if it harms at least this share of its forecasts."""
    hours: float = Field(default=72.0, ge=24)
    """Hours before each forecast in which every record is kept; forecasts of one region are this far apart."""
    resamples: int = Field(default=500, ge=10)
    """Bootstrap resamples of regions."""
    question: QuestionConfig = QuestionConfig(above=0.02, most=100_000, probes=25, twins=3)
    """As in an audit."""
    model: FaultyModelConfig = FaultyModelConfig()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.harmless >= self.harm:
            raise ValueError(f"harmless ({self.harmless:g}) must be below harm ({self.harm:g})")
        return self
