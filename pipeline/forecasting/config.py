"""What ``sunproof forecast`` needs to know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sunproof.pipeline.config import ClusterConfig, Config

__all__ = ["ForecastConfig", "IntervalConfig"]


def _naive_utc(value: datetime) -> datetime:
    """Convert a stamp with an offset to the archive's naive UTC; one without is taken as UTC."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


class IntervalConfig(Config):
    """Slots that nobody has labelled: every region with a recent enough record, and the full disk."""

    start: Annotated[datetime, AfterValidator(_naive_utc)]
    """First issue time, UTC."""
    end: Annotated[datetime, AfterValidator(_naive_utc)]
    """Issue times are before this one."""
    cadence_hours: float = Field(default=6, gt=0, le=24)
    """Between issue times, counted from 00:00 UTC."""
    latency_hours: float = Field(default=0, ge=0)
    """Data cut-off before the issue time."""
    tolerance_hours: float = Field(default=1, gt=0)
    """A region gets a slot where its latest record is at most this old at the data cut-off."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"the interval is empty: start ({self.start}) must lie before end ({self.end})")
        return self


class ForecastConfig(Config):
    """Configuration of ``sunproof forecast``."""

    archive: Path
    """The archive to read."""
    bundle: Path = Path("builtin")
    """The trained model: a bundle's folder, or ``builtin``, which ships with the package; ``--model`` sets it, too."""
    output: Path
    """The forecasts to write (netCDF)."""
    samples: Path | None = None
    """Slots of a samples file; or"""
    interval: IntervalConfig | None = None
    """slots of an interval."""
    blocks: tuple[Literal["train", "validation", "test", "none"], ...] = ()
    """Which blocks of the samples file; all of them where empty."""
    baselines: bool = True
    """Put beside each forecast what costs nothing: event statistics; with samples also climatology and persistence."""
    part_rows: int = Field(default=5_000, ge=1)
    """Rows computed and kept at a time; an interrupted run goes on after its last complete part."""
    cluster: ClusterConfig | None = None
    """Who computes the parts, as in ``sunproof ingest``; without it this process, one after the other."""
    batch_size: int = Field(default=2048, ge=1)
    """Rows of one forward pass."""

    @model_validator(mode="after")
    def _one_kind_of_slots(self) -> Self:
        if (self.samples is None) == (self.interval is None):
            raise ValueError(
                f"give either samples ({self.samples}) or interval ({self.interval}): exactly one says what to forecast"
            )
        if self.blocks and self.samples is None:
            raise ValueError(f"blocks ({', '.join(self.blocks)}) belong to a samples file, and none is given")
        return self
