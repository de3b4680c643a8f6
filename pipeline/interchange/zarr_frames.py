"""Frames in a Zarr v2 array of somebody else, as a lazy array in which what is not stored is NaN."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, ProblemList

__all__ = ["Frames", "open_array", "open_frames"]


class Frames(NamedTuple):
    """Frames as they lie in the array.

    Parameters
    ----------
    pixels : dask.array of float32, shape (frame, y, x)
        NaN where a chunk is not stored.
    absent : ndarray of bool, shape (frame,)
        Which frames lack a chunk.
    attrs : mapping
        The array's attributes.
    """

    pixels: Any
    absent: NDArray[np.bool_]
    attrs: Mapping[str, Any]


def open_array(path: Path) -> zarr.Array[Any]:
    """Open a Zarr v2 array for reading.

    Raises
    ------
    InputError
        If it is none, or needs a decoder that is not installed.
    """
    try:
        return zarr.open_array(store=path, mode="r", zarr_format=2)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        problem = Problem("not a Zarr v2 array", str(path), f"{type(error).__name__}: {error}", ".zarray and chunks")
        raise InputError(problem) from error


def open_frames(path: Path) -> Frames:
    """Open an array of frames.

    Raises
    ------
    InputError
        If it is no Zarr v2 array of float32 frames.
    """
    array = open_array(path)
    problems = ProblemList(str(path))
    if array.ndim != 3:
        problems.add("not an array of frames", "shape", array.shape, "(frame, y, x)")
    if array.dtype != np.float32:
        problems.add("wrong type of pixels", "dtype", str(array.dtype), "float32", "Is this the array you meant?")
    problems.check()
    absent = _absent(path, array)
    # name=False: to name the array by its content Dask would read all of it.
    pixels = da.from_array(array, chunks=array.chunks, name=False, inline_array=True)
    if absent.any():
        rows = da.from_array(absent, chunks=array.chunks[0])
        pixels = da.where(rows[:, None, None], np.float32(np.nan), pixels)
    return Frames(pixels, absent, array.attrs)


def _absent(path: Path, array: zarr.Array[Any]) -> NDArray[np.bool_]:
    """Tell which frames lack a chunk; nobody's Zarr reader would."""
    length = array.chunks[0]
    counts = [-(-size // chunk) for size, chunk in zip(array.shape, array.chunks, strict=True)]
    absent = np.zeros(array.shape[0], bool)
    for first, *rest in itertools.product(*map(range, counts)):
        if not (path / array.metadata.encode_chunk_key((first, *rest))).exists():
            absent[first * length : (first + 1) * length] = True
    return absent
