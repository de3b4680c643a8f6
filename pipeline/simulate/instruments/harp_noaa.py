"""The list that says which NOAA regions each HARP holds, as JSOC publishes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.simulate.instruments.base import write_text

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]


class HarpNoaa:
    """One text file, ``HARPNUM NOAA_ARS``, numbered regions only."""

    name = "harp_noaa"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write the list."""
        passages = scene.passages
        rows = [f"{harp} {noaa}" for harp, noaa in zip(passages.harpnum, passages.noaa_ar, strict=True) if noaa > 0]
        return [write_text(folder / "all_harps_with_noaa_ars.txt", "\n".join(["HARPNUM NOAA_ARS", *rows]) + "\n")]


INSTRUMENT = HarpNoaa()
