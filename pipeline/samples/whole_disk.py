"""What the whole disk shows at the cut-offs of some rows, a few of them at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.background import disk_features
from sunproof.pipeline.samples.features import Inputs

__all__ = ["whole_disk"]

# Rows whose images are held at once.
_TOGETHER = 64


def whole_disk(inputs: Inputs, rows: NDArray[np.int64], wanted: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Summarise the disk.

    Parameters
    ----------
    inputs : Inputs
    rows : ndarray of int
        Rows of the full disk.
    wanted : tuple of str
        Modalities; see `sunproof.models.background.disk_features`. Those that the inputs lack are left out.

    Returns
    -------
    dict
        Name -> values, shape (len(rows),); NaN where nothing was observed.
    """
    parts: list[dict[str, Any]] = []
    for start in range(0, max(1, len(rows)), _TOGETHER):
        given = inputs.read(rows[start : start + _TOGETHER], only=wanted)
        parts.append(disk_features(given, dict(inputs.names), wanted))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
