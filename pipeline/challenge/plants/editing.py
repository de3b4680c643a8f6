"""How faults take hold of the SHARP records of region-times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["Edit", "edited", "places"]

Table = NDArray[np.float64]
Edit = Callable[[Table, float, int], Table]
"""``(values of the records, severity, number of the region-time) -> values``."""


def places(names: Iterable[str]) -> list[int]:
    """Columns of keywords in the vocabulary's order."""
    return [SHARP_KEYWORDS.index(name) for name in names]


def edited(scene: Scene, severity: Sequence[float] | NDArray[np.float64], hours: float, edit: Edit) -> Scene:
    """Change the keywords of the last ``hours`` of every region-time.

    Parameters
    ----------
    scene : Scene
    severity : sequence of float
        One a region-time.
    hours : float
    edit : callable
        See `Edit`; given float64 of shape (record, keyword) in order of time.

    Returns
    -------
    Scene
    """
    sharp = scene.groups["sharp"]
    table = np.stack([sharp[name].to_numpy() for name in SHARP_KEYWORDS], axis=1).astype(np.float64)
    for number, (rows, grade) in enumerate(zip(scene.records(hours), severity, strict=True)):
        if len(rows):
            table[rows] = edit(table[rows].copy(), float(grade), number)
    columns = {name: table[:, place].astype(np.float32) for place, name in enumerate(SHARP_KEYWORDS)}
    return scene.with_group("sharp", **columns)
