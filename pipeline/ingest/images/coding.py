"""How pixels lie on disk: scaled by a power of two where they would leave the range of float16."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["encode", "scale_of"]

# float16 ends at 65504, and below 6e-5 it loses bits. AIA's saturated 16383 DN in the shortest flare exposures (some
# hundredths of a second) are 1e6 DN/s, its faintest channels 0.1 DN/s. A power of two changes no bit of the number
# itself.
_SCALES = {"intensity": 64.0, "continuum": 64.0}


def scale_of(quantity: str, dtype: str) -> float:
    """Factor from stored to physical values, the variable's attribute ``scale_factor``."""
    return _SCALES.get(quantity, 1.0) if dtype == "float16" else 1.0


def encode(values: NDArray[np.float32], quantity: str, dtype: str, where: str) -> NDArray[Any]:
    """Give physical values as they are stored.

    Raises
    ------
    InputError
        If a value is infinite or too large for the type: it would be read as something else.
    """
    scale = scale_of(quantity, dtype)
    limit = float(np.finfo(dtype).max) * scale
    # NaN is missing and stays: `fmax` and `fmin` pass over it, and comparisons with it are false.
    if np.fmax.reduce(values, axis=None) > limit or np.fmin.reduce(values, axis=None) < -limit:
        worst = float(np.nanmax(np.abs(values)))
        todo = "Check exposure and units, or ingest with images.dtype=float32."
        raise InputError(Problem(f"{quantity} beyond what {dtype} holds", where, worst, f"up to {limit:g}", todo))
    stored: NDArray[Any] = (values / np.float32(scale)).astype(dtype)
    return stored
