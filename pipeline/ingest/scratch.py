"""Memory that a thread uses again for one frame after another.

Dask's worker processes set ``MALLOC_TRIM_THRESHOLD_``, after which the C library gives every large array back to the
system as soon as it is freed: each frame of 4096 x 4096 pixels would begin with 70 MB of pages to be cleared, a quarter
of all that ingesting it costs.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["read_bytes", "scratch"]

_held = threading.local()


def scratch(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[np.generic]:
    """Give an array of any content.

    Parameters
    ----------
    name : str
        Its purpose. Asking for the same purpose again, in the same thread, gives the same memory: the caller must be
        done with what it got before.
    shape : tuple of int
        Shape.
    dtype : dtype
        Type.

    Returns
    -------
    ndarray
        Not cleared.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    held: NDArray[np.uint8] | None = getattr(_held, name, None)
    if held is None or len(held) < size:
        # bytes, whatever the type: one piece of memory serves frames of any kind
        held = np.empty(size, np.uint8)
        setattr(_held, name, held)
    found: NDArray[np.generic] = held[:size].view(dtype).reshape(shape)
    return found


def read_bytes(path: Path) -> memoryview:
    """Read a whole file into memory that the thread's next file will overwrite."""
    with path.open("rb", buffering=0) as stream:
        size = path.stat().st_size
        held = scratch("file", (size,), np.uint8).data
        done = 0
        # a read may give less than asked, and a file may end early
        while done < size and (count := stream.readinto(held[done:])):
            done += count
    return held[:done]
