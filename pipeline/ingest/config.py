"""What ``sunproof ingest`` and ``sunproof fetch`` need to know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from sunproof.pipeline.config import ClusterConfig, Config
from sunproof.pipeline.ingest.fetching.config import FetchImagesConfig
from sunproof.pipeline.ingest.images.config import ImagesConfig

__all__ = ["FetchConfig", "IngestConfig", "Product"]


def _naive_utc(value: datetime) -> datetime:
    """Convert a stamp with an offset to the archive's naive UTC; one without is taken as UTC."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


Instant = Annotated[datetime, AfterValidator(_naive_utc)]
FlareList = Literal["flares_swpc", "flares_ngdc", "flares_hek"]


class IngestConfig(Config):
    """Which raw files become which archive, and where the work is done."""

    raw: Path
    """Folder of raw files; it is only read."""
    archive: Path
    """The Zarr archive; quarantine list, gap inventory, receipt and the parts of a resumable run lie beside it."""
    sources: tuple[str, ...] = ()
    """Names of `sunproof.pipeline.sources` to ingest; empty for all of them."""
    start: Instant | None = None
    """First time that enters the archive, UTC; by default whatever the files hold."""
    end: Instant | None = None
    """First time that no longer enters the archive, UTC."""
    missing: dict[FlareList, tuple[tuple[Instant, Instant], ...]] = Field(default_factory=dict)
    """Stretches that a flare list lacks, [start, end] UTC: its labels and flare histories are unknown there."""
    images: ImagesConfig = ImagesConfig()
    """Grid, clock and calibration of images."""
    cluster: ClusterConfig = ClusterConfig()
    """Where Dask reads the files."""

    @model_validator(mode="after")
    def _interval_holds_something(self) -> Self:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"the interval is empty: start ({self.start}) must lie before end ({self.end})")
        return self

    @field_validator("missing")
    @classmethod
    def _stretches_hold_something(cls, value: dict[str, Any]) -> dict[str, Any]:
        if empty := [f"{name}: {start} to {end}" for name in value for start, end in value[name] if start >= end]:
            raise ValueError(f"stretches are empty, each must end after its start: {'; '.join(empty)}")
        return value


class JsocConfig(Config):
    """The SHARP keyword query at JSOC."""

    base_url: str = "http://jsoc.stanford.edu/cgi-bin/ajax/"
    """Where the server's query programs lie; drms' own default for the public server."""
    series: str = "hmi.sharp_cea_720s"
    """Definitive SHARP patches in cylindrical equal-area projection; ``..._nrt`` for near-real time."""
    chunk: Literal["day", "month"] = "day"
    """Interval of one query: JSOC answers long ones with HTTP 500."""
    harp_url: str = "http://jsoc.stanford.edu/doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt"
    """List of all HARPs that hold a NOAA region."""
    condition: str = "NOAA_NUM >= 1"
    """Records to keep, in JSOC's syntax: by default patches that hold a NOAA region; empty for all."""


class XrsConfig(Config):
    """The GOES X-ray flux at NCEI: science-quality data, for GOES 8 to 15 without the operational factors."""

    base_url: str = "https://www.ncei.noaa.gov/data/goes-space-environment-monitor/access/science/xrs/"
    """Reprocessed GOES 8 to 15, as in sunpy's `XRSClient`."""
    base_url_r: str = "https://data.ngdc.noaa.gov/platforms/solar-space-observing-satellites/goes/"
    """GOES 16 and later, as in sunpy's `XRSClient`."""
    satellites: tuple[Annotated[int, Field(ge=8, le=19)], ...] = (13, 14, 15, 16, 17, 18, 19)
    """GOES numbers; a satellite without data in the interval costs one listing a month."""


class HekConfig(Config):
    """GOES flares in the Heliophysics Events Knowledgebase."""

    base_url: str = "https://www.lmsal.com/hek/her?"
    """The query interface, as in sunpy's `HEKClient`."""


class NoaaConfig(Config):
    """NOAA's text products at NCEI."""

    srs_url: str = (
        "https://www.ngdc.noaa.gov/stp/space-weather/swpc-products/daily_reports/solar_region_summaries/"
        "{day:%Y}/{day:%m}/{day:%Y%m%d}SRS.txt"
    )
    """Daily region summaries, as in sunpy's `SRSClient`."""
    events_url: str = (
        "https://www.ngdc.noaa.gov/stp/space-weather/swpc-products/daily_reports/solar_event_reports/"
        "{day:%Y}/{day:%m}/{day:%Y%m%d}events.txt"
    )
    """Daily SWPC event reports."""
    ngdc_url: str = (
        "https://www.ngdc.noaa.gov/stp/space-weather/solar-data/solar-features/solar-flares/x-rays/goes/xrs/"
    )
    """Folder of the yearly flare reports, which end in June 2017."""
    ngdc_names: dict[int, str] = Field(
        default_factory=lambda: {
            2015: "goes-xrs-report_2015_modifiedreplacedmissingrows.txt",
            2017: "goes-xrs-report_2017-ytd.txt",
        }
    )
    """Years whose report is not named ``goes-xrs-report_<year>.txt``; the file of that name for 2015 lacks flares."""


Tables = Literal["sharp", "goes_xrs", "flares_hek", "flares_swpc", "flares_ngdc", "srs", "harp_noaa", "eve_esp"]
Images = Literal["aia", "hmi", "mdi", "sharp_cea", "suvi", "euvi", "eit", "swap", "xrt", "eui", "gong"]
Product = Literal[Tables, Images]


class FetchConfig(Config):
    """What to download for which interval, from where, and how politely."""

    raw: Path
    """Folder that receives the files, one subfolder a product, and the manifest ``fetch.json``."""
    start: Instant
    """Start of the interval, UTC."""
    end: Instant
    """End of the interval, UTC, not included."""
    products: tuple[Product, ...] = ("sharp", "goes_xrs", "flares_hek", "flares_swpc", "srs")
    """What to get; the products are named like the sources that read them."""
    concurrency: int = Field(default=3, ge=1, le=8)
    """Downloads at the same time; the archives ask for few."""
    retries: int = Field(default=5, ge=0, le=20)
    """How often a failed request is repeated."""
    backoff_seconds: float = Field(default=2, ge=0)
    """Wait before the first repetition; it doubles each time."""
    timeout_seconds: float = Field(default=60, gt=0)
    """How long a server may stay silent."""
    esp_url: str = "https://lasp.colorado.edu/eve/data_access/eve_data/products/level1/esp/"
    """Where EVE's ESP light curves lie, a folder a year."""
    jsoc: JsocConfig = JsocConfig()
    xrs: XrsConfig = XrsConfig()
    hek: HekConfig = HekConfig()
    noaa: NoaaConfig = NoaaConfig()
    images: FetchImagesConfig = Field(default_factory=FetchImagesConfig)
    """Exports and searches of images."""

    @model_validator(mode="after")
    def _interval_holds_something(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"the interval is empty: start ({self.start}) must lie before end ({self.end})")
        return self
