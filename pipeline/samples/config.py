"""What ``sunproof label`` needs to know, and what a model input consists of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from sunproof.pipeline.config import Config
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = [
    "CatalogueConfig",
    "DiskConfig",
    "InputConfig",
    "KeywordSource",
    "LabelConfig",
    "PatchConfig",
    "SplitConfig",
    "VectorConfig",
]


def _naive_utc(value: datetime) -> datetime:
    """Convert a stamp with an offset to the archives' naive UTC; one without is taken as UTC."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


KeywordSource = Literal["series", "recomputed", "both"]
"""JSOC's keyword series (group ``sharp``); values computed from the vector patches (``sharp_recomputed``); or the
series, with gaps and missing records filled from the patches. `sunproof.pipeline.samples.records` tells which is which.
"""

Instant = Annotated[datetime, AfterValidator(_naive_utc)]


class CatalogueConfig(Config):
    """Which flare list is believed, and on which scale its fluxes are expressed."""

    name: Literal["swpc", "ngdc", "hek"] = "swpc"
    """Archive group ``flares_<name>``. The list decides the labels and so the skill: lists are never merged."""
    goes_scale: Literal["operational", "science"] = "operational"
    """Scale of labels and thresholds; events of GOES 1-15 known on the other scale are converted by 0.70."""
    time: Literal["peak", "start"] = "peak"
    """Which time of a flare decides to which window it belongs."""


class _ImageConfig(Config):
    """What disks, patches and vector magnetograms have in common."""

    lags_hours: tuple[Annotated[float, Field(ge=0, le=24 * 27)], ...] = (0,)
    """Hours before the data cut-off at which the Sun is looked at."""
    oldest_hours: float = Field(default=6, gt=0, le=24 * 27)
    """At each of these times the latest frame counts, if it is not older than this; else there is none."""

    @field_validator("lags_hours")
    @classmethod
    def _different(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError(f"wanted at least one, and different ones; got {list(value)}")
        return value

    @property
    def reach_hours(self) -> float:
        """How far before the data cut-off the oldest frame may lie."""
        return max(self.lags_hours) + self.oldest_hours


class DiskConfig(_ImageConfig):
    """Full-disk images."""

    groups: tuple[str, ...] = Field(min_length=1)
    """Image groups of the archive, one channel each, e.g. ``[aia_131, hmi_m, suvi16_195, euvi_a_195]``."""
    size: int = Field(default=64, ge=8, le=4096)
    """Cells a side, averaged from the archive's; must divide theirs."""


class PatchConfig(_ImageConfig):
    """A square on the Sun around each region."""

    groups: tuple[str, ...] = Field(default=("hmi_m",), min_length=1)
    """Image groups to cut from; the first one's angle of view becomes the channel ``mu``."""
    size: int = Field(default=32, ge=8, le=1024)
    """Cells a side."""
    degrees: float = Field(default=20, gt=0, le=90)
    """Side of the square, degrees of arc on the Sun."""


class VectorConfig(_ImageConfig):
    """A square around the centre of each region's vector magnetogram: field outward, southward and westward."""

    size: int = Field(default=32, ge=8, le=1024)
    """Cells a side, averaged from the archive's."""
    degrees: float = Field(default=20, gt=0, le=90)
    """Side of the square, degrees; what the patch does not reach is missing."""


class InputConfig(Config):
    """What enters a model: modalities, length and step of the history."""

    modalities: tuple[Literal["keywords", "xrs", "history", "region"], ...] = ("keywords", "xrs", "history", "region")
    """Which modalities are built; see docs/architecture.md, Tensors."""
    keyword_source: KeywordSource = "series"
    """Whose keywords enter; a bundle keeps the choice, since R_VALUE and AREA_ACR differ between the two."""
    history_hours: float = Field(default=24, gt=0, le=24 * 27)
    """How far before the data cut-off the sequences begin."""
    step_hours: float = Field(default=1, gt=0)
    """Length of one step of the sequences."""
    srs_max_age_hours: float = Field(default=48, gt=0)
    """An older region summary is treated as missing (it is issued daily, so one missed issue is tolerated)."""
    catalogue: CatalogueConfig = CatalogueConfig()
    """Where the flare history comes from."""
    disk: DiskConfig | None = None
    """Modality ``disk``: full-disk images; none without it."""
    patch: PatchConfig | None = None
    """Modality ``patch``: a cut around each region; none without it."""
    vector: VectorConfig | None = None
    """Modality ``vector``: vector magnetograms of the regions (groups ``sharp_br``, ``sharp_bt``, ``sharp_bp``)."""

    @property
    def reach_hours(self) -> float:
        """How far before the data cut-off anything that enters may lie."""
        return max([self.history_hours, *(block.reach_hours for block in self.images.values())])

    @property
    def images(self) -> dict[str, DiskConfig | PatchConfig | VectorConfig]:
        """Modality -> its configuration, of those that are images."""
        blocks = {"disk": self.disk, "patch": self.patch, "vector": self.vector}
        return {name: block for name, block in blocks.items() if block is not None}

    def without_images(self) -> InputConfig:
        """Copy it without any image."""
        return self.model_copy(update=dict.fromkeys(self.images))

    @property
    def steps(self) -> int:
        """Number of steps of the history."""
        return round(self.history_hours / self.step_hours)

    @field_validator("catalogue")
    @classmethod
    def _known_at_the_cutoff(cls, value: CatalogueConfig) -> CatalogueConfig:
        # a flare that started before the cut-off may peak after it, and its class is the future's
        if value.time != "peak":
            raise ValueError(f"inputs need time: peak, for a flare's size is known at its peak; got {value.time!r}")
        return value

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        if self.steps < 1 or abs(self.steps * self.step_hours - self.history_hours) > 1e-9:
            raise ValueError(
                f"history_hours ({self.history_hours:g}) must be a multiple of step_hours ({self.step_hours:g})"
            )
        return self


class SplitConfig(Config):
    """Chronological blocks. Later blocks lose the samples that come too soon after the end of the one before."""

    train_end: Instant
    """Training samples are issued before this time."""
    validation_start: Instant
    """Validation samples are issued at or after this time,"""
    validation_end: Instant
    """and before this one."""
    test_start: Instant
    """Test samples are issued at or after this time."""
    test_end: Instant | None = None
    """and before this one; open where not given."""
    gap_hours: float | None = Field(default=None, gt=0)
    """Least time between the end of one block and the issue times of the next; by default history + latency + longest
    window, the least that is allowed."""
    full_disk_gap_days: float = Field(default=27, ge=27)
    """The same for full-disk rows: one solar rotation, because the same regions come back."""
    crossing: Literal["earlier", "later", "neither"] = "earlier"
    """Which side keeps a region that has samples on both sides of a border; the other side's become ``none``."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ends = [self.train_end, self.validation_start, self.validation_end, self.test_start]
        ends += [self.test_end] if self.test_end else []
        if sorted(ends) != ends or self.validation_start == self.validation_end:
            raise ValueError(f"the blocks' dates must ascend; got {', '.join(end.isoformat() for end in ends)}")
        return self


class LabelConfig(Config):
    """Configuration of ``sunproof label``."""

    archive: Path
    """The archive to read."""
    output: Path
    """The samples file to write (netCDF)."""
    start: Instant | None = None
    """First issue time; by default the first SHARP record's."""
    end: Instant | None = None
    """Issue times are before this one; by default the last SHARP record's."""
    cadence_hours: float = Field(default=6, gt=0, le=24)
    """A sample is issued every so many hours, counted from 00:00 UTC."""
    latency_hours: float = Field(default=0, ge=0)
    """Data cut-off before the issue time: how late data arrive."""
    tolerance_hours: float = Field(default=1, gt=0)
    """A region gets a sample where its latest SHARP record is at most this old at the data cut-off."""
    keyword_source: KeywordSource = "series"
    """Whose records say that a region was observed: usually that of the inputs."""
    full_disk: bool = True
    """Add a row for the full disk at every issue time."""
    thresholds: tuple[Literal["C1.0", "M1.0", "X1.0"], ...] = ("C1.0", "M1.0", "X1.0")
    """Event thresholds, ascending."""
    windows: tuple[Annotated[float, Field(gt=0, le=24 * 27)], ...] = (24, 48, 72)
    """Lengths of the windows in hours from the issue time, ascending."""
    catalogue: CatalogueConfig = CatalogueConfig()
    """The flare list behind the labels."""
    unassigned: Literal["drop", "ignore"] = "drop"
    """Flares without a region: ``drop`` makes a region's negative unknown wherever such a flare could be its own;
    ``ignore`` pretends that they belong to no region in the sample, as most published benchmarks do."""
    min_coverage: float = Field(default=0.8, ge=0, le=1)
    """Least fraction of observed minutes for a negative label where the archive has X-ray flux; 0 trusts the list."""
    history_hours: float = Field(default=24, ge=0)
    """History that models will use; enters the split's gap alone."""
    split: SplitConfig | None = None
    """Blocks for training; without it every sample's block is ``none``."""
    held_out: Path | None = None
    """Folder of cases (`sunproof review cases`): the regions of held-out ones are in neither the training nor the
    validation block, whenever they were observed."""

    @field_validator("thresholds", "windows")
    @classmethod
    def _ascending(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        sizes = [THRESHOLDS.get(value, value) for value in values]
        if not sizes or sorted(set(sizes)) != sizes:
            raise ValueError(f"must ascend without repeats and not be empty; got {values}")
        return values

    @model_validator(mode="after")
    def _gap_is_wide_enough(self) -> Self:
        least = self.least_gap
        if self.split and self.split.gap_hours is not None and timedelta(hours=self.split.gap_hours) < least:
            raise ValueError(
                f"split.gap_hours ({self.split.gap_hours:g}) must be at least history + latency + longest window"
                f" = {least / timedelta(hours=1):g}, or a label window would reach into the next block's inputs"
            )
        return self

    @property
    def least_gap(self) -> timedelta:
        """History + latency + longest window: what keeps labels of one block out of the inputs of the next."""
        return timedelta(hours=self.history_hours + self.latency_hours + max(self.windows))
