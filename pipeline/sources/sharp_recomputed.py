"""SHARP keywords computed anew from the vector patches: features where JSOC's keyword series is not at hand.

One file of the segment Br stands for its record; the other five segments lie beside it. The values follow the public
reference code, which reproduces the header to 1e-4 but for two keywords: R_VALUE depends on how the field comes to
2 arcsec (0.25 dex), AREA_ACR on how the mask was projected (1 %).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.pipeline.sources.base import FileSource, Layout

__all__ = ["SOURCE"]

_SEGMENTS = ("Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")


@dataclass(frozen=True)
class _Complete(FileSource):
    """Records whose segments are all there: without the masks there is nothing to compute, and nothing wrong."""

    def find(self, root: Path) -> list[Path]:
        """List the records, each by its segment Br."""
        return [path for path in super().find(root) if all(_beside(path, name).is_file() for name in _SEGMENTS)]


def _beside(path: Path, segment: str) -> Path:
    return path.with_name(path.name.replace(".Br.", f".{segment}."))


def _read(path: Path) -> xr.Dataset:
    # imported here: it needs torch, which the other sources do without
    from sunproof.pipeline.samples.magnetograms import read_keywords

    kinds: dict[str, Any] = {"time": "datetime64[ns]", "t_tai": "datetime64[ns]", "noaa_ars": object}
    kinds |= dict.fromkeys(("harpnum", "noaa_ar", "quality"), np.int32)
    found = read_keywords(path)
    columns = {name: np.array([value], kinds.get(name, np.float32)) for name, value in found.items()}
    return xr.Dataset({name: ("record", column) for name, column in columns.items()})


SOURCE = _Complete(
    "sharp_recomputed",
    Layout("table", "record", ("harpnum", "time")),
    ("sharp_cea/**/*.Br.fits",),
    _read,
)
