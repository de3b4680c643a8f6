"""Hold one group of patches against section 10 of the archive's specification, a record at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.receipts import digest_bytes

__all__ = ["check_patches"]

_NEEDED = ("harpnum", "time", "patch_first", "patch_rows", "patch_columns", "pixel_digest", "geometry")


def check_patches(path: Path, dataset: xr.Dataset, problems: ProblemList) -> None:
    """Check what is special to patches; everything else is checked as for other groups.

    Parameters
    ----------
    path : Path
        Folder of the group.
    dataset : xarray.Dataset
        The group without its pixels, loaded.
    problems : ProblemList
        Receives what breaks a clause.
    """
    clause = "clause 10.1: a group of patches says what its pixels are"
    name = str(dataset.attrs.get("quantity"))
    if not (path / name / "zarr.json").is_file():
        problems.add(clause, "attribute quantity", dataset.attrs.get("quantity"), "the variable with the pixels")
        return
    if missing := [name for name in _NEEDED if name not in dataset.variables]:
        problems.add(clause, "", missing, "these variables")
        return
    array = zarr.open_array(str(path / name), mode="r")
    if array.ndim != 1 or array.dtype.kind != "f":
        problems.add(clause, name, (array.shape, str(array.dtype)), "floating point along pixel")
        return
    if _check_places(dataset, array.shape[0], problems):
        _check_pixels(dataset, array, problems)


def _check_places(dataset: xr.Dataset, size: int, problems: ProblemList) -> bool:
    rows, columns, first = (dataset[f"patch_{name}"].values for name in ("rows", "columns", "first"))
    wanted = np.concatenate([[0], np.cumsum(rows * columns)])
    wrong = np.flatnonzero((first != wanted[:-1]) | (rows < 1) | (columns < 1))
    clause = "clause 10.2: patches follow each other without a gap"
    for record in wrong[:1]:
        got = (int(first[record]), int(rows[record]), int(columns[record]))
        problems.add(clause, f"record {record}", got, f"first pixel {wanted[record]}, at least one row and column")
    if size != wanted[-1]:
        problems.add(clause, "pixels", size, str(wanted[-1]))
    return not wrong.size and size == int(wanted[-1])


def _check_pixels(dataset: xr.Dataset, array: zarr.Array[Any], problems: ProblemList) -> None:
    first = dataset["patch_first"].values
    sizes = dataset["patch_rows"].values * dataset["patch_columns"].values
    for record, noted in enumerate(dataset["pixel_digest"].values):
        # Little-endian whatever the machine, as the digest was made.
        values = np.asarray(array[int(first[record]) : int(first[record] + sizes[record])], "<f4")
        if (found := digest_bytes(values.tobytes())) != str(noted):
            what = "clause 10.3: the digest of each patch's pixels is noted"
            problems.add(what, f"record {record}", found, str(noted), "Restore it, or ingest its file again.")
