"""Frames of one channel in any order: sorted, each time once, and what was dropped is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.vocabulary import describe

__all__ = ["frame_dataset"]

# Times of repeated frames that the facts name before they are only counted.
_NAMED = 5


def frame_dataset(
    name: str,
    pixels: Any,
    times: NDArray[np.datetime64],
    columns: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    dims: tuple[str, ...] = ("y", "x"),
) -> xr.Dataset:
    """Bring frames into the order of their times.

    Parameters
    ----------
    name : str
        Vocabulary name of the images.
    pixels : dask.array, shape (frame, ...)
        As stored.
    times : ndarray of datetime64, shape (frame,)
        UTC; NaT for frames without a time, which cannot be placed and are dropped.
    columns : mapping of str to ndarray, shape (frame,)
        One value a frame.
    facts : mapping
        Attributes of the dataset.
    dims : tuple of str
        Dimensions of one frame.

    Returns
    -------
    xarray.Dataset
        Dimension ``time`` sorted and unique. Of several frames with one time the last stored is kept; the attributes
        ``undated``, ``duplicates_dropped`` (identical ones), ``conflicts_dropped`` (different ones) and
        ``repeated_times`` tell what is not there.
    """
    dated = np.flatnonzero(~np.isnat(times))
    order = dated[np.argsort(times[dated], kind="stable")]
    last = np.ones(len(order), bool)
    # of one time the last stands, as in a file that was added to
    last[:-1] = times[order[1:]] != times[order[:-1]]
    kept = order[last]
    told = _repeated(pixels, columns, times, order, last)
    if len(dated) < len(times):
        told["undated"] = len(times) - len(dated)
    dataset = xr.Dataset(
        {
            name: (("time", *dims), _rows(pixels, kept)),
            **{key: ("time", values[kept]) for key, values in columns.items()},
        },
        coords={"time": times[kept].astype("datetime64[ns]")},
        attrs={**facts, **told},
    )
    return describe(dataset)


def _repeated(
    pixels: Any,
    columns: Mapping[str, NDArray[Any]],
    times: NDArray[np.datetime64],
    order: NDArray[np.int64],
    last: NDArray[np.bool_],
) -> dict[str, Any]:
    dropped = np.flatnonzero(~last)
    if not dropped.size:
        return {}
    ends = np.flatnonzero(last)
    believed = order[ends[np.searchsorted(ends, dropped)]]
    same = [_equal(pixels, columns, one, other) for one, other in zip(order[dropped], believed, strict=True)]
    named = np.unique(times[order[dropped]])[:_NAMED].astype("datetime64[ms]")
    return {
        "duplicates_dropped": int(sum(same)),
        "conflicts_dropped": int(len(same) - sum(same)),
        "repeated_times": ", ".join(map(str, named)),
    }


def _equal(pixels: Any, columns: Mapping[str, NDArray[Any]], one: int, other: int) -> bool:
    for values in columns.values():
        left, right = values[one], values[other]
        if left != right and not (left != left and right != right):  # NaN differs from itself
            return False
    return bool(np.array_equal(np.asarray(pixels[one]), np.asarray(pixels[other]), equal_nan=True))


def _rows(pixels: Any, order: NDArray[np.int64]) -> Any:
    """Take frames in an order that is mostly that of the storage: by runs, so that no chunk is read once a frame."""
    if not len(order):
        return pixels[:0]
    breaks = np.flatnonzero(np.diff(order) != 1) + 1
    runs = [pixels[run[0] : run[-1] + 1] for run in np.split(order, breaks)]
    return runs[0] if len(runs) == 1 else da.concatenate(runs)
