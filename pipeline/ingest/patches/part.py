"""A patch's part: one raw file of one component, as a record with its pixels beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, SunproofError
from sunproof.pipeline.ingest.images.part import Recipe
from sunproof.pipeline.ingest.parts import HEAD, Part, Refused, read_head, unchanged
from sunproof.pipeline.ingest.scratch import read_bytes
from sunproof.pipeline.receipts import canonical, digest_bytes, replacing
from sunproof.pipeline.sources.frames import Frame

__all__ = ["pixels_of", "read_patch_part"]

_PIXELS = "__pixels__"


def read_patch_part(recipe: Recipe, root: Path, path: Path, folder: Path) -> Part | Refused:
    """Read one raw file into its part, unless the part is there already.

    Parameters
    ----------
    recipe : Recipe
        The source and its settings.
    root, path : Path
        The raw folder and the raw file.
    folder : Path
        Where parts lie.

    Returns
    -------
    Part or Refused
        `Refused` where the file is damaged, of the wrong kind, or rejected by its quality.
    """
    relative, digest = path.relative_to(root).as_posix(), ""
    try:
        before = path.stat()
        content = read_bytes(path)
        digest = digest_bytes(content)
        store = folder / recipe.reader.name / f"{digest.removeprefix('sha256:')}-{recipe.key}.npz"
        found = read_head(store)
        if found is None:
            with unchanged(path, relative, store, before):
                source: Any = recipe.reader.source
                _write(store, source.frame(path, recipe.settings, content, lend=True), str(path))
            found = read_head(store)
    except SunproofError as error:
        return Refused(relative, digest, recipe.reader.name, error.problems)
    if found is None:
        raise OSError(f"{store}: written, but cannot be read back")
    return Part(relative, digest, len(content), str(recipe.reader), store, *found)


def pixels_of(part: Part) -> NDArray[np.float32]:
    """Give the pixels of a part, row after row."""
    with np.load(part.store, allow_pickle=False) as arrays:
        return np.asarray(arrays[_PIXELS])


def _write(store: Path, frame: Frame, where: str) -> None:
    if not frame.accepted:
        todo = "images.reject_bits changes which flags reject."
        raise InputError(
            Problem("the patch is not usable", where, f"rejected: {', '.join(frame.rejected_for)}", "", todo)
        )
    pixels = np.ascontiguousarray(frame.physical().data, "<f4").ravel()
    rows, columns = frame.data.shape
    # Whether a patch is usable was decided above; what it was rejected for is in the quarantine list.
    record = {name: value for name, value in frame.record().items() if name not in ("accepted", "reject_reason")}
    record |= {
        "time": frame.time.astype("datetime64[ns]"),
        "patch_rows": np.int64(rows),
        "patch_columns": np.int64(columns),
        "pixel_digest": digest_bytes(pixels.tobytes()),
        "geometry": np.array(frame.geometry, np.float64),
    }
    arrays = {name: np.array([value], "U" if isinstance(value, str) else None) for name, value in record.items()}
    dims = {"geometry": ("coefficient",)}
    head = {
        "group": frame.group,
        "rows": 1,
        "columns": {name: (item.dtype.str, dims.get(name, ()), item.shape[1:]) for name, item in arrays.items()},
        "facts": {**frame.facts, "quantity": frame.quantity, "projection": frame.projection},
    }
    text = canonical(head).decode()
    with replacing(store) as partial, partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{HEAD: np.array(text), _PIXELS: pixels, **arrays})
