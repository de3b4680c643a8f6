"""The ``images:`` block of ``sunproof ingest``: grid, clock, calibration tables and rejecting bits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sunproof.pipeline.config import Config

__all__ = ["ImagesConfig", "ProductConfig"]

Size = Annotated[int, Field(ge=16, le=4096)]
Seconds = Annotated[float, Field(gt=0)]


class ProductConfig(Config):
    """What one group has different from all others; what is not given stays as in the block above."""

    size: Size | None = None
    """Cells a side."""
    half_width: float | None = Field(default=None, gt=0)
    """Arcsec from the disk's centre to the grid's border; an observer at 0.3 AU sees a disk of 3200 arcsec."""
    cadence_seconds: Seconds | None = None
    """Distance of two slots."""
    tolerance_seconds: Seconds | None = None
    """Largest distance of a frame from its slot."""


class ImagesConfig(Config):
    """One grid and one clock a product, and what calibration needs besides the files."""

    groups: tuple[str, ...] = ()
    """Groups to write, e.g. ``[aia_171, hmi_m]``; empty for every channel the files hold."""
    size: Size = 512
    """Cells a side; 4096 keeps the resolution of AIA and HMI."""
    half_width: float = Field(default=1228.8, gt=0)
    """Arcsec from the disk's centre to the grid's border; the default is AIA's field."""
    cadence_seconds: Seconds = 720
    """Distance of two slots; slots lie at whole multiples of it since 1970-01-01 UTC."""
    tolerance_seconds: Seconds = 60
    """Largest distance of a frame from its slot; a slot without such a frame is missing."""
    dtype: Literal["float16", "float32"] = "float16"
    """How values are stored; float16 keeps 11 significant bits and is read twice as fast."""
    aia_pointing: Path | None = None
    """Master pointing table of AIA; without it the pointing in the header is used."""
    aia_degradation: Path | None = None
    """Response table of AIA; without it degradation is not corrected, and the receipts say so."""
    eit_offset: float | None = Field(default=None, ge=0, le=2000)
    """DN that EIT's camera adds to every pixel of level 0 (about 840); without it nothing is subtracted."""
    reject_bits: dict[str, tuple[Annotated[int, Field(ge=0, le=31)], ...]] = Field(default_factory=dict)
    """Source -> bits of its quality word that make an image unusable, in place of the source's own."""
    products: dict[str, ProductConfig] = Field(default_factory=dict)
    """Group -> what it has different."""

    def product(self, group: str) -> ProductConfig:
        """Give grid and clock of one group, complete."""
        own = self.products.get(group, ProductConfig()).model_dump(exclude_none=True)
        names = ProductConfig.model_fields
        return ProductConfig(**{**{name: getattr(self, name) for name in names}, **own})
