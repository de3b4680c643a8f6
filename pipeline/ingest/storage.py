"""How values lie on disk: Zarr v3 arrays that plain ``xarray.open_zarr`` opens, the same bytes for the same values."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec
from zarr.errors import ZarrUserWarning

from sunproof.pipeline.receipts import replacing
from sunproof.pipeline.vocabulary import attributes
from sunproof.pipeline.warned import caught

__all__ = ["chunk_rows", "create_variable", "new_group", "seal", "unseal", "write_rows", "write_variable"]

# Values of one chunk: 0.5 to 1 MiB, a fast single read; images of 512 x 512 come out as one frame a chunk. All columns
# of a table share it, because Dask wants the same chunks in all of them.
_CHUNK_VALUES = 2**17
# Times are whole nanoseconds: any coarser unit would let the decoder round, or choose a unit by content.
_TIME = {"units": "nanoseconds since 1970-01-01", "calendar": "proleptic_gregorian"}
_CODEC = ZstdCodec(level=3)


def chunk_rows(shape: tuple[int, ...]) -> int:
    """Rows of one chunk of a variable whose records have this shape."""
    return max(1, _CHUNK_VALUES // int(np.prod(shape, dtype=np.int64)))


def new_group(folder: Path, attrs: Mapping[str, Any]) -> zarr.Group:
    """Create an empty group at a folder that does not exist yet."""
    return zarr.create_group(store=folder, zarr_format=3, attributes=dict(attrs))


def create_variable(
    group: zarr.Group,
    name: str,
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    rows: int | None = None,
) -> zarr.Array[Any]:
    """Create one variable without values.

    Parameters
    ----------
    group : zarr.Group
        Where it belongs.
    name : str
        Vocabulary name.
    dims : tuple of str
        Dimensions, the growing one first.
    shape : tuple of int
        Full shape.
    dtype : numpy.dtype
        Type of the values: number, flag, ``datetime64[ns]`` or text.
    rows : int, optional
        Rows of a chunk; by default `chunk_rows`.

    Returns
    -------
    zarr.Array
        To be filled by `write_rows`.
    """
    text, time = dtype.kind in "UT", dtype.kind == "M"
    stored: Any = np.dtypes.StringDType() if text else np.dtype("int64") if time else dtype
    array: zarr.Array[Any] = group.create_array(
        name,
        shape=shape,
        chunks=(min(rows or chunk_rows(shape[1:]), max(1, shape[0])), *shape[1:]),
        dtype=stored,
        compressors=_CODEC,
        fill_value=np.nan if dtype.kind == "f" else "" if text else 0,
        attributes={**attributes(name), **(_TIME if time else {})},
        dimension_names=dims,
    )
    return array


def write_rows(array: zarr.Array[Any], first: int, values: NDArray[Any]) -> None:
    """Write values from a row on, which must be a multiple of `chunk_rows`: other chunks would be written twice."""
    plain = values.astype("datetime64[ns]").view(np.int64) if values.dtype.kind == "M" else values.astype(array.dtype)
    # An array whose chunks were left out because they hold the fill value would differ from one written in full.
    array.with_config({"write_empty_chunks": True})[first : first + len(values)] = plain


def write_variable(
    group: zarr.Group,
    name: str,
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    blocks: Iterable[tuple[int, NDArray[Any]]],
) -> None:
    """Create one variable and write it, piece by piece.

    Parameters
    ----------
    group, name, dims, shape, dtype
        As for `create_variable`.
    blocks : iterable of (int, numpy.ndarray)
        First row and values of each piece; pieces begin at multiples of `chunk_rows`.
    """
    array = create_variable(group, name, dims, shape, dtype)
    for first, values in blocks:
        write_rows(array, first, values)


def seal(folder: Path) -> None:
    """Gather the metadata of everything below a group in the group's own, so that opening it reads one file."""
    with caught():
        # Zarr warns that other implementations may not know it; those find the arrays' own metadata in place.
        warnings.filterwarnings("ignore", message="Consolidated metadata", category=ZarrUserWarning)
        zarr.consolidate_metadata(folder)


def unseal(folder: Path) -> None:
    """Drop what `seal` gathered; the group opens as before, only slower and with a warning."""
    metadata = json.loads((folder / "zarr.json").read_text())
    if metadata.pop("consolidated_metadata", None) is not None:
        with replacing(folder / "zarr.json") as partial:
            partial.write_text(json.dumps(metadata, indent=2))
