"""SDOML version 2 (Galvez et al. 2019, ApJS 242, 7): Zarr v2 arrays of AIA, HMI and EVE, a year and channel each.

``<year>/<171A>`` and ``<year>/<Bx>`` hold frames of 512 x 512 and, as attributes, one list a FITS keyword; there is no
time coordinate, and days follow each other in no order. The disk was scaled to 976 arcsec about the array's centre.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.interchange.base import Piece
from sunproof.pipeline.interchange.frames import frame_dataset
from sunproof.pipeline.interchange.sdoml_eve import read_eve
from sunproof.pipeline.interchange.sdoml_keywords import read_keywords
from sunproof.pipeline.interchange.zarr_frames import open_frames
from sunproof.pipeline.sources.base import Layout

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["INTERCHANGE"]

_AIA = ("94A", "131A", "171A", "193A", "211A", "304A", "335A", "1600A", "1700A")
# Array -> group and vocabulary name of its pixels. AIA was divided by exposure and corrected for degradation: DN/s.
_ARRAYS = {name: (f"sdoml_aia_{name[:-1]}", "intensity") for name in _AIA} | {
    f"B{axis}": (f"sdoml_hmi_b{axis}", f"field_{axis}") for axis in "xyz"
}
_EVE = "MEGS-A"
_GRID = "disk scaled to a radius of 976 arcsec about the centre of the array; neither roll nor pointing is recorded"


class _SdomlV2:
    name = "sdoml_v2"
    layout = Layout("series", "time")

    def find(self, root: Path) -> list[Piece]:
        """List the arrays: one piece a year and channel; ``root`` is a store, or a folder of stores."""
        problems = ProblemList(str(root))
        stores = [root, *sorted(root.glob("*.zarr"))]
        folders = [year for store in stores for year in sorted(store.glob("[0-9]" * 4)) if year.is_dir()]
        pieces = [self._array(root, path, problems) for year in folders for path in _arrays(year)]
        pieces += [_piece("sdoml_eve_megs_a", root, path) for store in stores if (path := store / _EVE).is_dir()]
        if not pieces:
            wanted = "<year>/<channel>/.zarray (AIA, HMI) or MEGS-A/<line>/.zarray (EVE)"
            problems.add("no array of SDOML version 2", "", sorted(path.name for path in root.glob("*"))[:5], wanted)
        problems.check()
        return pieces

    def _array(self, root: Path, path: Path, problems: ProblemList) -> Piece:
        if path.name not in _ARRAYS:
            problems.add("no channel of SDOML", str(path.relative_to(root)), path.name, ", ".join(_ARRAYS))
        group = _ARRAYS.get(path.name, ("", ""))[0]
        return _piece(group, root, path)

    def read(self, piece: Piece) -> xr.Dataset:
        """Read a year of a channel; frames whose chunk is not stored are NaN with a reason."""
        path = piece.root / piece.path
        if path.name == _EVE:
            return read_eve(path)
        quantity = _ARRAYS[path.name][1]
        frames = open_frames(path)
        magnetic = re.fullmatch("B[xyz]", path.name) is not None
        times, columns = read_keywords(frames.attrs, frames.pixels.shape[0], magnetic, str(path))
        reason = columns["reject_reason"]
        # An absent chunk reads as zeros: a dark Sun that nobody observed.
        reason[frames.absent] = [f"{text},chunk_missing".lstrip(",") for text in reason[frames.absent]]
        columns["accepted"] = (reason == "").astype(np.int8)
        facts = {"data_set": "SDOML version 2", "grid": _GRID, "array": path.name}
        return frame_dataset(quantity, frames.pixels, times, columns, facts)

    def samples(self, pieces: list[Piece]) -> None:
        """SDOML comes without labels."""


def _piece(group: str, root: Path, path: Path) -> Piece:
    name = path.relative_to(root).as_posix()
    return Piece(group, name, root, (name,))


def _arrays(year: Path) -> list[Path]:
    return sorted(path.parent for path in year.glob("*/.zarray"))


INTERCHANGE = _SdomlV2()
