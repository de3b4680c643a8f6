"""What an audit reads and how deep it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from sunproof.pipeline.config import ClusterConfig, Config
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["AuditConfig", "ForeignConfig", "ProbeConfig", "ScoreboardConfig", "WideColumn"]

Column = str | int


class WideColumn(Config):
    """One probability column of a wide table."""

    column: Column
    """Name, or number from 0 where the file has no header."""
    threshold: str
    """GOES class, one of the vocabulary's thresholds."""
    window: float = Field(gt=0)
    """Length of the window in hours from the window's start (for disjoint windows: its end)."""

    @field_validator("threshold")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in THRESHOLDS:
            raise ValueError(f"threshold {value!r} is none of {', '.join(THRESHOLDS)}")
        return value


class ForeignConfig(Config):
    """Somebody else's table of forecasts: what its columns are, and what its numbers mean."""

    classes: Literal["cumulative", "exclusive", "unknown"]
    """Is P(M) the probability of at least M1.0 (cumulative), or of M but not X (exclusive)?"""
    windows: Literal["nested", "disjoint", "unknown"]
    """Do all windows start together (24, 48, 72 h), or follow each other (day 1, day 2, day 3)?"""
    goes_scale: Literal["operational", "science", "unknown"]
    """Scale of the thresholds; operational fluxes of GOES 8 to 15 are 0.70 of the true ones."""
    unit: Literal["fraction", "percent"]
    """Are probabilities written 0 to 1 or 0 to 100?"""
    model: str = "foreign"
    """Name of the forecaster, as it shall stand in the certificates."""
    separator: str = ","
    """Between columns; ``whitespace`` for any run of blanks."""
    header: bool = True
    """Does the first line name the columns? Without it, columns are numbers from 0."""
    issue_time: Column | list[Column]
    """Column of the issue time; several columns are joined with a blank."""
    time_format: str = "ISO8601"
    """How times are written: ``ISO8601``, or a strptime format. UTC."""
    window_start: Column | list[Column] | None = None
    """Column of the start of the windows; without it they start ``window_delay`` after the issue."""
    window_delay: float = Field(default=0.0, ge=0)
    """Hours from issue to the start of the windows."""
    harpnum: Column | None = None
    noaa_ar: Column | None = None
    """Region columns. Without either, every row is a full-disk forecast; a row with neither number is one, too."""
    threshold: Column | None = None
    window: Column | None = None
    probability: Column | None = None
    """Columns of a long table: one row a threshold and window."""
    wide: list[WideColumn] = Field(default_factory=list)
    """Columns of a wide table: one row a forecast."""
    missing: list[str] = Field(default_factory=lambda: ["", "-1", "nan", "NaN", "NA", "null"])
    """How a probability that was not issued is written."""
    quantum: float = Field(default=0.0, ge=0, lt=1)
    """Rounding step of the probabilities as a fraction (0.05 for a table in steps of 5 %); 0 where unknown."""

    repeats: Literal["refuse", "last"] = "refuse"
    """A forecast that occurs more than once is an error, or the last one stands for its slot (a correction)."""

    @property
    def long_columns(self) -> tuple[Column, ...]:
        """Threshold, window and probability column, as far as they are given."""
        return tuple(column for column in (self.threshold, self.window, self.probability) if column is not None)

    @model_validator(mode="after")
    def _long_or_wide(self) -> Self:
        given = ", ".join(map(str, self.long_columns))
        if self.wide and given:
            raise ValueError(f"a table is long or wide: wide columns are given together with {given}")
        if not self.wide and len(self.long_columns) < 3:
            raise ValueError(
                f"a long table needs the columns threshold, window and probability (given: {given or 'none'}); "
                "a wide table needs the list wide"
            )
        return self


class ScoreboardConfig(Config):
    """Flare Scoreboard submissions (CCMC's TXT, XML or JSON): what their files do not say.

    Classes and windows are told by the files: C+ or C, one start for all windows or day after day.
    """

    goes_scale: Literal["operational", "science", "unknown"]
    """Scale of the classes."""
    method: str = ""
    """Keep this method's submissions; needed where a folder holds several."""
    quantum: float = Field(default=0.0, ge=0, lt=1)
    """Rounding step of the probabilities as a fraction; 0 where unknown."""


class ExplainConfig(Config):
    """Which forecasts Integrated Gradients explains; certificates of the others say that they were not explained."""

    top: int = Field(default=20, ge=0)
    """The forecasts of highest probability."""
    grave: int = Field(default=20, ge=0)
    """Forecasts that were rejected, then those for review, most probable first."""
    sampled: int = Field(default=20, ge=0)
    """Others, drawn evenly with ``seed``, so that explanations are not only of the spectacular."""
    seed: int = 0
    threshold: str = "M1.0"
    window: float = Field(default=24.0, gt=0)
    """The output that is explained and by which the top is taken; the nearest of the batch if it has no such window."""


class QuestionConfig(Config):
    """Which forecasts the model is asked about, and how thoroughly: the evidence of the checks on explanations."""

    threshold: str = "M1.0"
    """Class by whose largest probability forecasts are chosen, and whose first window is explained."""
    above: float = Field(default=0.05, ge=0, le=1)
    """Forecasts of lower probability are not asked about: there is nothing in them that could be made up."""
    most: int = Field(default=500, ge=0)
    """So many at most, the most probable first; 0 asks nothing."""
    probes: int = Field(default=50, ge=1)
    """Random blocks of input taken away, against which explanations are held."""
    twins: int = Field(default=5, ge=0)
    """Models with shuffled weights; with none, what they would show (H5) is not evaluable."""
    fillings: int = Field(default=5, ge=1)
    """What is tried in the place of what is taken away; the median counts."""
    stock: int = Field(default=3000, ge=1)
    """Rows of the training block from which the fillings are drawn, and to which the domain is fitted."""
    seed: int = 0


class MapsConfig(Config):
    """Where in its images a model looks: maps of attributions, kept beside the certificates, and their nulls."""

    most: int = Field(default=48, ge=0)
    """So many of the forecasts that the model is asked about have maps, the most probable first; 0 makes none."""
    twins: int = Field(default=5, ge=1)
    """Models with shuffled weights whose maps are held against the model's."""
    probes: int = Field(default=50, ge=1)
    """Random blocks of the picture taken away, against which maps are held."""
    rolls: int = Field(default=40, ge=1)
    """Rolled copies of the deleted pixels."""
    seed: int = 0


class ProbeConfig(Config):
    """Configuration of ``sunproof probe``: what known quantities a model's inner numbers hold."""

    bundle: Path = Path("builtin")
    """The model."""
    archive: Path
    """The archive, and"""
    samples: Path
    """the samples: probes learn from the training block and are tested on the validation block."""
    rows: int = Field(default=2000, ge=50)
    """So many rows of each block at most."""
    twins: int = Field(default=5, ge=0)
    """Models with the same weights, shuffled, that the model is held against."""
    seed: int = 0
    """Of the drawing and of the twins."""
    output: Path
    """Folder to write: ``probes.json`` and ``probes.md``."""


class ReportConfig(Config):
    """How much of the batch gets a page."""

    pages: int = Field(default=24, ge=0)
    """Pages of single forecasts: rejected first, then review, then the highest probabilities."""
    rows: int = Field(default=1000, ge=1)
    """Rows of the table on the batch page; verdicts.csv has all of them."""


class AuditConfig(Config):
    """Forecasts into findings, verdicts, certificates and a report."""

    forecasts: str
    """``forecasts.nc``, a text table described under ``table``, or a file or folder of Flare Scoreboard submissions."""
    table: ForeignConfig | None = None
    """What a text table means; needed for it, refused for netCDF."""
    scoreboard: ScoreboardConfig | None = None
    """What Flare Scoreboard files leave open; given for them alone."""
    magnetograms: str = ""
    """Folder of SHARP CEA vector patches: keywords recomputed, energies and gates become evidence."""
    output: str = "audit"
    """Folder for findings.nc, verdicts.csv, unevaluated.csv, certificates.jsonl and report/."""
    archive: str = ""
    """The archive the forecasts were made from: evidence on the pages, inputs for the attribution."""
    bundle: str = ""
    """The model that made the forecasts: explained by Integrated Gradients, and named in the certificates."""
    training: str = ""
    """The samples the model was trained on: quiet regions and other places for the interventions come from there."""
    samples: str = ""
    """Labelled samples, where the outcome is known: the report then shows the reliability of the batch."""
    cluster: ClusterConfig | None = None
    """Who looks at the inputs and asks the model; without it this process does, part after part."""
    explain: ExplainConfig = ExplainConfig()
    question: QuestionConfig = QuestionConfig()
    maps: MapsConfig = MapsConfig()
    report: ReportConfig = ReportConfig()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        netcdf = self.forecasts.endswith(".nc")
        given = [name for name in ("table", "scoreboard") if getattr(self, name) is not None]
        if len(given) != (not netcdf):
            told = f"{' and '.join(given)} given" if given else "table missing"
            raise ValueError(
                f"forecasts {self.forecasts!r} with {told}: "
                "a text table needs its meaning under 'table', Flare Scoreboard files under 'scoreboard', a .nc file "
                "declares its own"
            )
        if self.bundle and not self.archive:
            raise ValueError(f"bundle {self.bundle!r} without archive: the attribution needs the model's inputs")
        return self
