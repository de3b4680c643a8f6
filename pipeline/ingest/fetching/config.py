"""The ``images:`` block of ``sunproof fetch``: series to export from JSOC, instruments to search for with sunpy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sunproof.pipeline.config import Config

__all__ = ["ExportConfig", "FetchImagesConfig", "SearchConfig"]

Name = Annotated[str, Field(pattern=r"^\w+$")]
Exported = Literal["aia", "hmi", "mdi", "sharp_cea"]
# All that the keywords are computed from; the field alone is Br, Bt and Bp.
_PATCH = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")
Searched = Literal["suvi", "euvi", "eit", "swap", "xrt", "eui", "gong"]


class ExportConfig(Config):
    """One JSOC series; ``<series><keys_before>[<T_REC range>]<keys_after>{<segments>}`` is exported as FITS."""

    series: str
    """Name of the series; the near-real-time one of HMI ends in ``_nrt``."""
    segments: tuple[Name, ...] = Field(min_length=1)
    """One file a record and segment."""
    keys_before: str = ""
    """Prime keys before T_REC: ``[]`` for any HARP."""
    keys_after: str = ""
    """Prime keys after it: ``[171,193]`` for wavelengths."""
    cadence: str = ""
    """JSOC's notation, e.g. ``12m``; empty for every record."""
    scale: Literal["TAI", "UTC"] = "TAI"
    """Time scale in which the interval is asked for: that of the series' slots."""


class SearchConfig(Config):
    """What one instrument's search needs."""

    wavelengths: tuple[Annotated[int, Field(gt=0)], ...] = ()
    """Angstrom; empty for all."""
    cadence_seconds: float = Field(default=720, ge=0)
    """The first file of every such slot (whole multiples since 1970-01-01) is taken; 0 for every file."""
    satellites: tuple[Annotated[int, Field(ge=16, le=19)], ...] = (16,)
    """GOES numbers; only SUVI has them."""
    sites: tuple[Literal["bb", "ct", "le", "ml", "td", "ud"], ...] = ()
    """Observatories; only GONG has them; empty for all."""
    level: Literal["1b", "2"] = "2"
    """Only SUVI has levels."""


def _exports() -> dict[Exported, tuple[ExportConfig, ...]]:
    aia = ExportConfig(
        series="aia.lev1_euv_12s", segments=("image",), keys_after="[171,193]", cadence="12m", scale="UTC"
    )
    return {
        "aia": (aia,),
        "hmi": tuple(
            ExportConfig(series=series, segments=(segment,))
            for series, segment in (("hmi.M_720s", "magnetogram"), ("hmi.Ic_720s", "continuum"))
        ),
        "mdi": (ExportConfig(series="mdi.fd_M_96m_lev182", segments=("data",)),),
        "sharp_cea": (ExportConfig(series="hmi.sharp_cea_720s", segments=_PATCH, keys_before="[]"),),
    }


class FetchImagesConfig(Config):
    """Where images come from, and how patiently they are waited for."""

    email: str = ""
    """Address registered with JSOC for exports (jsoc.stanford.edu/ajax/register_email.html)."""
    download_url: str = "http://jsoc.stanford.edu/"
    """Where exported files lie; drms' own default for the public server."""
    suvi_url: str = "https://data.ngdc.noaa.gov/platforms/solar-space-observing-satellites/goes/"
    """Where SUVI's folders lie, as in sunpy's `SUVIClient`."""
    gong_url: str = "https://gong2.nso.edu/oQR/bqa/"
    """Where GONG's magnetograms lie, a folder a month and under it one a site and day."""
    soar_url: str = "http://soar.esac.esa.int/soar-sl-tap/"
    """Solar Orbiter's archive, as in sunpy-soar."""
    ranges: int = Field(default=10, ge=1, le=100)
    """The interval is cut into at most so many exports a series, of whole days each."""
    poll_seconds: float = Field(default=10, ge=0)
    """Wait between two questions whether an export is ready."""
    export_timeout_seconds: float = Field(default=3600, gt=0)
    """How long an export may take at JSOC."""
    exports: dict[Exported, tuple[ExportConfig, ...]] = Field(default_factory=_exports)
    """Product -> series."""
    searches: dict[Searched, SearchConfig] = Field(default_factory=dict)
    """Product -> search, where it differs from the default."""
