"""An image group: slots of one clock, blocks of frames, what is known of each frame, and every file's receipt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem
from sunproof.pipeline.ingest.archive import FORMAT
from sunproof.pipeline.ingest.facts import common_facts
from sunproof.pipeline.ingest.images.block import Block, Pixels
from sunproof.pipeline.ingest.images.clock import NO_FILE, Schedule
from sunproof.pipeline.ingest.images.coding import scale_of
from sunproof.pipeline.ingest.images.config import ProductConfig
from sunproof.pipeline.ingest.images.part import FramePart
from sunproof.pipeline.ingest.placing import found_archive, move_in
from sunproof.pipeline.ingest.register import Grid
from sunproof.pipeline.ingest.storage import create_variable, new_group, seal, write_rows, write_variable
from sunproof.pipeline.receipts import canonical
from sunproof.pipeline.vocabulary import attributes

__all__ = ["ImageGroup", "write_image_group"]

# What a frame notes about itself, with the type it has in the archive; other notes are in its receipt.
_RECORD: dict[str, str] = {
    "t_tai": "datetime64[ns]",
    "exposure_time": "float32",
    "quality": "int64",
    "quality_flags": "U",
    "observer_latitude": "float64",
    "observer_longitude": "float64",
    "observer_distance": "float64",
    "apparent_radius": "float64",
}
# Receipts of one chunk: some two megabytes of text.
_RECEIPTS = 1024
_MISSING: dict[str, Any] = {"M": np.datetime64("NaT", "ns"), "f": np.nan, "i": -1, "U": ""}


@dataclass(frozen=True)
class ImageGroup:
    """What will be written as one group.

    Parameters
    ----------
    name, source : str
        The group and the source that fills it.
    frames : tuple of FramePart
        All frames, sorted by path: the order of the receipts.
    schedule : Schedule
        Which of them stands in which slot.
    product : ProductConfig
        Grid and clock.
    dtype : str
        Type of the pixels.
    """

    name: str
    source: str
    frames: tuple[FramePart, ...]
    schedule: Schedule
    product: ProductConfig
    dtype: str

    @property
    def quantity(self) -> str:
        """Vocabulary name of the pixels.

        Raises
        ------
        ArchiveError
            If files of the group hold different quantities.
        """
        found = sorted({frame.quantity for frame in self.frames})
        if len(found) > 1:
            todo = "Ingest them separately."
            raise ArchiveError(Problem("a group holds one quantity", f"group {self.name}", found, "one quantity", todo))
        return found[0]

    @property
    def holds_something(self) -> bool:
        """Whether any frame, even a refused one, lies near a slot."""
        return any(reason != NO_FILE for reason in self.schedule.reasons)

    @property
    def pixels(self) -> Pixels:
        """How the frames lie on disk."""
        size = self.product.size or 0
        return Pixels(size, size, self.dtype)

    def blocks(self) -> dict[int, list[tuple[int, Path]]]:
        """Block -> slot within it and part of each frame; blocks without any frame are left out."""
        found: dict[int, list[tuple[int, Path]]] = {}
        for slot in np.flatnonzero(self.schedule.chosen >= 0):
            block, place = divmod(int(slot), self.pixels.block)
            found.setdefault(block, []).append((place, self.frames[self.schedule.chosen[slot]].store))
        return found

    def variables(self) -> dict[str, NDArray[Any]]:
        """Everything that has one value a slot."""
        chosen = self.schedule.chosen
        here = chosen >= 0
        used = [self.frames[index] for index in chosen[here]]
        observed = _spread(here, [frame.time for frame in used], "datetime64[ns]")
        # the clock's time is the coordinate; how far the frame is from it stands beside
        offset = (observed - self.schedule.times) / np.timedelta64(1, "s")
        found = {name: _spread(here, [frame.record[name] for frame in used], dtype) for name, dtype in _RECORD.items()}
        return {
            "time": self.schedule.times,
            "time_observed": observed,
            "time_offset": offset,
            "missing_reason": np.array(self.schedule.reasons, dtype="U"),
            "receipt": chosen.astype(np.int32),
            **found,
        }

    def receipts(self) -> list[str]:
        """One JSON text a file, in the order that `receipt` counts in."""
        slots = {int(frame): slot for slot, frame in enumerate(self.schedule.chosen) if frame >= 0}
        return [
            canonical(
                {
                    "path": frame.path,
                    "digest": frame.digest,
                    "size": frame.size,
                    "reader": frame.reader,
                    "records": int(index in slots),
                    "outcome": "used"
                    if index in slots
                    else self.schedule.refused.get(index, "not the nearest to a slot"),
                    "facts": {**frame.facts, "time": str(frame.time)},
                }
            ).decode()
            for index, frame in enumerate(self.frames)
        ]

    def attrs(self, blocks: Sequence[Block]) -> dict[str, Any]:
        """Give the group's attributes."""
        copies = [why for why in self.schedule.refused.values() if why.startswith("byte-identical")]
        return {
            **common_facts(self.name, [(frame.path, frame.facts) for frame in self.frames]),
            "archive_format": FORMAT,
            "source": self.source,
            "layout": "frames",
            "keys": ["time"],
            "duplicates": len(copies),
            "conflicts": sum(why.startswith("superseded") for why in self.schedule.refused.values()),
            "quantity": self.quantity,
            "cadence_seconds": self.product.cadence_seconds,
            "tolerance_seconds": self.product.tolerance_seconds,
            "wcs": _wcs(Grid.full_disk(self.product.size or 0, self.product.half_width or 0.0)),
            "blocks": {str(block.place): block.digest for block in sorted(blocks)},
        }


def _spread(here: NDArray[np.bool_], values: Sequence[Any], dtype: str) -> NDArray[Any]:
    """Put the frames' values into their slots, and say "missing" in the others."""
    known = np.array(list(values), dtype=dtype)
    # texts are as wide as the longest of them
    found = np.full(len(here), _MISSING[known.dtype.kind], dtype=known.dtype if len(values) else dtype)
    found[here] = known
    return found


def _wcs(grid: Grid) -> dict[str, Any]:
    """FITS keywords of the grid; with a slot's observer they make a complete coordinate system."""
    keywords: dict[str, Any] = {"WCSAXES": 2}
    for axis, (name, cells) in enumerate((("HPLN-TAN", grid.columns), ("HPLT-TAN", grid.rows)), start=1):
        keywords |= {f"CTYPE{axis}": name, f"CUNIT{axis}": "arcsec", f"CDELT{axis}": grid.scale, f"CRVAL{axis}": 0.0}
        # FITS counts pixels from 1, and the centre of the disk lies between the middle ones
        keywords |= {f"CRPIX{axis}": (cells + 1) / 2, f"NAXIS{axis}": cells}
    return keywords


def write_image_group(archive: Path, workspace: Path, group: ImageGroup, blocks: Sequence[Block]) -> None:
    """Build one image group of finished blocks beside the archive and move it in whole, unless it is there already.

    Parameters
    ----------
    archive, workspace : Path
        The archive, and a folder on the same file system, where the group is built.
    group : ImageGroup
        What to write.
    blocks : sequence of Block
        Every block of it that holds a frame.
    """
    found_archive(archive, FORMAT)
    building = workspace / "building" / group.name
    # a run that was killed while it built may have left a half one
    shutil.rmtree(building, ignore_errors=True)
    root = new_group(building, group.attrs(blocks))
    scale = scale_of(group.quantity, group.dtype)
    notes: Mapping[str, Any] = attributes(group.quantity) | ({"scale_factor": scale} if scale != 1.0 else {})
    group.pixels.array(root, group.quantity, len(group.schedule.times), **notes)
    for block in blocks:
        _link(block.store, building / group.quantity / "c" / str(block.place) / "0/0")
    for name, values in group.variables().items():
        write_variable(root, name, ("time",), values.shape, values.dtype, [(0, values)])
    receipts = np.array(group.receipts())
    array = create_variable(root, "receipts", ("file",), receipts.shape, receipts.dtype, rows=_RECEIPTS)
    write_rows(array, 0, receipts)
    seal(building)
    # last, because a reader takes a group for whole once it is there
    move_in(building, archive / group.name)
    _sweep(blocks)


def _link(store: Path, place: Path) -> None:
    """Let a block be in the group without writing it again; file systems without links get a copy."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(store, place)
    except OSError:
        shutil.copyfile(store, place)


def _sweep(blocks: Sequence[Block]) -> None:
    """Remove blocks that the group no longer holds."""
    if blocks:
        kept = {name for block in blocks for name in (block.store.name, f"{block.store.name}.json")}
        for path in blocks[0].store.parent.iterdir():
            if path.name not in kept:
                path.unlink()
