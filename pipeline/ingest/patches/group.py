"""The pixels of a group of patches: one after the other, in the order of the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import Problem
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.parts import Part, Refused
from sunproof.pipeline.ingest.patches.part import pixels_of
from sunproof.pipeline.ingest.stale import Sighting, find_repeats
from sunproof.pipeline.ingest.storage import chunk_rows, create_variable, write_rows

__all__ = ["is_patch", "places_of", "set_aside_stale", "write_pixels"]

# Pixels that are gathered at once: 256 MiB, a whole number of chunks.
_PIECE = 2**26


def is_patch(part: Part) -> bool:
    """Tell whether a part holds a patch."""
    return "pixel_digest" in part.columns


def places_of(merge: Merge, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of each record's first pixel, and behind them the number of all pixels; shape (record + 1,)."""
    sizes = merge.gather("patch_rows", rows) * merge.gather("patch_columns", rows)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def write_pixels(folder: Path, merge: Merge, rows: NDArray[np.int64], first: int) -> Iterator[int]:
    """Write the pixels of a group from one of them on, and give the number written after each piece.

    Parameters
    ----------
    folder : Path
        The group.
    merge : Merge
        Its parts, one record each.
    rows : ndarray of int
        The records, in order.
    first : int
        Pixels that are written already: a number that this function gave.
    """
    group = zarr.open_group(folder, mode="r+", use_consolidated=False)
    places, name = places_of(merge, rows), str(merge.parts[0].facts["quantity"])
    if name not in group:
        create_variable(group, name, ("pixel",), (int(places[-1]),), np.dtype(np.float32))
    array: Any = group[name]
    # Whole chunks: one that is shared by two pieces would be written twice.
    piece = _PIECE // chunk_rows(()) * chunk_rows(())
    parts = merge.receipt(rows)
    for start in range(first, int(places[-1]), piece):
        end = min(start + piece, int(places[-1]))
        values = np.empty(end - start, np.float32)
        # Every patch that reaches into the piece; the first and the last may lie in two of them.
        for index in range(int(np.searchsorted(places, start, "right")) - 1, int(np.searchsorted(places, end))):
            low, high = max(start, int(places[index])), min(end, int(places[index + 1]))
            pixels = pixels_of(merge.parts[parts[index]])
            values[low - start : high - start] = pixels[low - places[index] : high - places[index]]
        write_rows(array, start, values)
        yield end


def set_aside_stale(parts: Sequence[Part]) -> tuple[list[Part], list[Refused]]:
    """Take out patches that show the pixels of an earlier time of their region.

    Parameters
    ----------
    parts : sequence of Part
        Parts of any groups; others than patches pass.

    Returns
    -------
    list of Part, list of Refused
        What may enter the archive, and what may not, with the reason.
    """
    patches = {part.path: part for part in parts if is_patch(part)}
    sightings = [
        Sighting(
            path,
            f"{part.group} {part.column('harpnum')[0]}",
            part.column("time")[0],
            str(part.column("pixel_digest")[0]),
        )
        for path, part in patches.items()
    ]
    stale = {found.path: found.of for found in find_repeats(sightings) if found.kind == "stale"}
    refused = []
    for path, of in sorted(stale.items()):
        part = patches[path]
        todo = "A server repeated an old image under a new time."
        problem = Problem("the patch may not enter the archive", path, f"stale: the pixels of {of}", "", todo)
        refused.append(Refused(path, part.digest, part.reader.partition("@")[0], (problem,)))
    return [part for part in parts if part.path not in stale], refused
