"""Build one group beside the archive, so that a killed run goes on where it stopped and ends with the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.patches.group import places_of, write_pixels
from sunproof.pipeline.ingest.storage import chunk_rows, create_variable, new_group, seal, write_rows
from sunproof.pipeline.receipts import digest_bytes, digest_json, replacing

__all__ = ["build_group"]


def build_group(folder: Path, merge: Merge, rows: NDArray[np.int64], attrs: Mapping[str, Any]) -> None:
    """Write all variables of a group to a folder.

    Beside the folder lies ``<folder>.json``: the digest of everything the group is made from, and how many rows of each
    variable are written. Where a killed run left both, and nothing has changed since, only the rest is written.

    Parameters
    ----------
    folder : Path
        Where the group is built; what lies there of another plan is removed.
    merge : Merge
        All parts of the group.
    rows : ndarray of int, shape (record,)
        The records that enter, in order.
    attrs : mapping
        The group's attributes.
    """
    mark = folder.with_name(f"{folder.name}.json")
    plan = _plan(merge, rows, attrs)
    done = _done(mark, plan)
    # another plan's rows would stand in the wrong places: nothing of it is gone on from
    if done is None or not (folder / "zarr.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        new_group(folder, attrs)
        done = {}
    _sweep(folder)
    computed: dict[str, NDArray[Any]] = {"receipt": merge.receipt(rows)}
    patches = merge.layout.kind == "patches"
    if patches:
        computed["patch_first"] = places_of(merge, rows)[:-1]
    for name in (*merge.variables, *computed):
        # noted after each piece: a killed run writes at most one piece again
        for end in _write(folder, merge, name, rows, done.get(name, 0), computed.get(name)):
            done[name] = end
            _note(mark, plan, done)
    for end in write_pixels(folder, merge, rows, done.get("pixels", 0)) if patches else ():
        done["pixels"] = end
        _note(mark, plan, done)
    seal(folder)
    # last of all: a folder without its mark is finished
    mark.unlink(missing_ok=True)


def _plan(merge: Merge, rows: NDArray[np.int64], attrs: Mapping[str, Any]) -> str:
    kinds = {name: [str(dtype), *merge.column(name).shape] for name, dtype in merge.variables.items()}
    # parts are named after all that they depend on: pixels on settings, too, of which the receipts say nothing
    stores = [part.store.name for part in merge.parts]
    places = digest_bytes(np.ascontiguousarray(rows).tobytes())
    return digest_json({"attrs": attrs, "variables": kinds, "parts": stores, "rows": places})


def _done(mark: Path, plan: str) -> dict[str, int] | None:
    try:
        content = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return dict(content["done"]) if content.get("plan") == plan else None


def _note(mark: Path, plan: str, done: Mapping[str, int]) -> None:
    with replacing(mark) as partial:
        partial.write_text(json.dumps({"plan": plan, "done": done}), encoding="utf-8")


def _sweep(folder: Path) -> None:
    # What zarr was writing when the process was killed; every finished chunk has been renamed.
    for debris in folder.rglob("*.partial"):
        debris.unlink()


def _write(
    folder: Path, merge: Merge, name: str, rows: NDArray[np.int64], first: int, computed: NDArray[Any] | None
) -> Iterator[int]:
    """Write one variable from a row on, and give the number of rows written after each piece."""
    group = zarr.open_group(folder, mode="r+", use_consolidated=False)
    dtype = merge.variables[name] if computed is None else computed.dtype
    shape, dims = ((), ()) if computed is not None else (merge.column(name).shape, merge.column(name).dims)
    if name not in group:
        create_variable(group, name, (merge.layout.dim, *dims), (len(rows), *shape), dtype)
    array: Any = group[name]
    rest = rows[first:]
    blocks = merge.blocks(name, rest, chunk_rows(shape)) if computed is None else [(0, computed[first:])]
    for start, values in blocks:
        write_rows(array, first + start, values)
        yield first + start + len(values)
