"""What a synthetic Sun is told: when, how long, how active, and which instruments look at it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sunproof.pipeline.config import ClusterConfig, Config

__all__ = [
    "DemoConfig",
    "FaultsConfig",
    "ImagesConfig",
    "SatelliteConfig",
    "SimulateConfig",
    "SunConfig",
    "TruthConfig",
    "image_groups",
]


def _utc(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError(f"times are UTC and written without a zone ({value.isoformat()!r})")
    return value


Utc = Annotated[datetime, AfterValidator(_utc)]


class SunConfig(Config):
    """The Sun itself, before anybody observes it."""

    start: Utc = datetime(2013, 7, 1)
    """First observation, UTC."""
    days: int = Field(default=540, ge=2, le=8000)
    """Length of the observations."""
    step_minutes: Literal[12, 60] = 60
    """Time step of the Sun and cadence of the SHARP records."""
    minimum: Utc = datetime(2008, 12, 1)
    """Solar minimum before the start; activity follows the cycle that begins here."""
    regions_per_day: float = Field(default=0.55, ge=0.0, le=20.0)
    """Active regions that emerge per day on the whole Sun when the cycle is at its maximum."""
    size_index: float = Field(default=2.0, gt=1.5, lt=2.5)
    """Index alpha of the peak-flux distribution, before the energy limit."""
    flare_rate: float = Field(default=1.0, ge=0.0, le=100.0)
    """Factor on every region's flare rate; 1 gives rates like those of solar cycle 24."""


class SatelliteConfig(Config):
    """A GOES satellite."""

    number: int = Field(ge=8, le=19)
    """8 to 15 had operational fluxes scaled by 0.70; from 16 on the operational flux is the true one."""
    primary_from: Utc | None = None
    """From when its data make the flare list; without it the satellite is only a second witness."""


class TruthConfig(Config):
    """The truth beside the observations, which no reader ever sees."""

    interval_hours: int = Field(default=24, ge=1, le=72)
    """Spacing of the times for which true probabilities are computed."""
    members: int = Field(default=8, ge=1, le=10_000)
    """Futures per region and time, over which the probability of no flare is averaged."""


class FaultsConfig(Config):
    """Faults planted into the SHARP records, labelled as planted in the files that hold them."""

    after: Utc | None = None
    """Plant into patches that appear after this time, UTC; nothing is planted without it."""
    patches: int = Field(default=2, ge=1)
    """Number of patches."""
    hours: int = Field(default=24, ge=1, le=96)
    """Length of each fault."""


class ImagesConfig(Config):
    """Images of the Sun: full disks in extreme ultraviolet and magnetograms, as FITS files."""

    start: Utc | None = None
    """First image, UTC; by default the start of the observations."""
    days: float | None = Field(default=3, gt=0, le=8000)
    """Length of the interval with images; to the end of the observations with ``null``."""
    cadence_hours: float = Field(default=12, gt=0, le=240)
    """Spacing of the images of one channel."""
    size: Literal[128, 256, 512, 1024, 2048, 4096] = 256
    """Pixels a side, whatever the instrument; the plate scale follows, the field of view stays the instrument's."""
    aia: tuple[Literal[94, 131, 171, 193, 211, 304, 335], ...] = (171, 193)
    """Channels of SDO/AIA, Angstrom."""
    hmi: bool = True
    """SDO/HMI line-of-sight magnetograms."""
    vector: bool = False
    """Vector magnetograms of all tracked regions too: cut-outs as SHARP has them, three files a record."""
    vector_cell: float = Field(default=0.12, ge=0.03, le=0.5)
    """Side of their pixels, degrees; 0.03 as the real ones have makes sixteen times as much to write."""
    suvi: tuple[Literal[94, 131, 171, 195, 284, 304], ...] = (171, 195)
    """Channels of GOES-16 SUVI, Angstrom."""
    euvi: tuple[Literal[171, 195, 284, 304], ...] = (195,)
    """Channels of EUVI on STEREO-A and -B, Angstrom."""
    faults: bool = True
    """Plant a few frames that ingestion has to notice: eclipsed, truncated, repeated."""


class SimulateConfig(Config):
    """Configuration of ``sunproof simulate``."""

    output: Path = Path("data/simulated")
    """Folder for the raw files, one folder an instrument; the truth goes beside it into ``<output>_truth``."""
    seed: int = Field(default=20, ge=0)
    """The same seed and configuration give the same bytes."""
    sun: SunConfig = SunConfig()
    satellites: tuple[SatelliteConfig, ...] = (
        SatelliteConfig(number=15, primary_from=datetime(2010, 1, 1)),
        SatelliteConfig(number=13),
    )
    """Satellites with an X-ray sensor."""
    xrs_files: Literal["day", "year"] = "year"
    """One netCDF file a satellite and day (as for every GOES) or year (as NCEI offers them too)."""
    truth: TruthConfig | None = TruthConfig()
    """Omit the truth with ``null``."""
    faults: FaultsConfig = FaultsConfig()
    images: ImagesConfig | None = None
    """Images too; none without it."""

    @model_validator(mode="after")
    def _satellites_make_a_list(self) -> Self:
        numbers = [satellite.number for satellite in self.satellites]
        if len(set(numbers)) != len(numbers):
            raise ValueError(f"satellites are named twice ({numbers})")
        starts = [satellite.primary_from for satellite in self.satellites if satellite.primary_from is not None]
        if not any(start <= self.sun.start for start in starts):
            raise ValueError(f"no satellite is primary at the start ({self.sun.start.isoformat()}); set primary_from")
        return self


class DemoConfig(Config):
    """Configuration of ``sunproof demo``: the whole flow once, on the synthetic Sun."""

    output: Path = Path("demo")
    """Folder for everything the demo writes; what is there is taken up where it fits."""
    seed: int = Field(default=14, ge=0)
    """Seed of the Sun and of the training."""
    sun: SunConfig = SunConfig(days=450, regions_per_day=0.3)
    """Training takes the first 60 % of the days, validation the next 18 %, the test the rest."""
    images: ImagesConfig | None = ImagesConfig(days=None, cadence_hours=24, size=128, aia=(171,), suvi=(195,))
    """Images, which the model sees too; none with ``null``."""
    cadence_hours: float = Field(default=6, gt=0, le=24)
    """Spacing of the forecasts."""
    max_epochs: int = Field(default=10, ge=1)
    """Longest training."""
    members: int = Field(default=1, ge=1, le=10)
    """Networks in the ensemble."""
    cluster: ClusterConfig = ClusterConfig()
    """Where Dask reads the files."""


def image_groups(images: ImagesConfig) -> tuple[str, ...]:
    """Name the archive's groups that images of this configuration fill.

    Parameters
    ----------
    images : ImagesConfig

    Returns
    -------
    tuple of str
    """
    both = [f"euvi_{craft}_{channel}" for craft in "ab" for channel in images.euvi]
    names = [*(f"aia_{channel}" for channel in images.aia), *(["hmi_m"] if images.hmi else [])]
    return (*names, *(f"suvi16_{channel}" for channel in images.suvi), *both)
