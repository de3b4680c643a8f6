"""What regressions were fitted to, and how far a case lies beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from sunproof.pipeline.verification.cases import Cases

__all__ = ["OF_CELLS", "Extent", "beyond", "furthest", "measure"]

Array = NDArray[np.float64]
Cell = tuple[int, int]

OF_CELLS = ("lowest", "highest", "samples", "events", "flaring")
# The same row gives another last digit in another batch, which is not beyond anything.
_ROUNDING = 1e-6
_TOGETHER = "no input by itself, but all together"


class Extent(NamedTuple):
    """What the regressions of one entity have seen; all but the columns' by (threshold, window).

    Parameters
    ----------
    lowest, highest : ndarray
        Ends of the logits that a regression gives its own training samples; NaN for a constant.
    samples, events : ndarray
        Training samples with a known label, and with an event.
    flaring : ndarray
        Regions with an event; of the full disk, days.
    low, high : ndarray, shape (column,)
        Ends of each column.
    """

    lowest: Array
    highest: Array
    samples: Array
    events: Array
    flaring: Array
    low: Array
    high: Array


def measure(train: Cases, filled: Array, observed: Any, cells: Mapping[Cell, Pipeline | float]) -> Extent:
    """Measure what regressions were fitted to.

    Parameters
    ----------
    train : Cases
        Of one entity.
    filled : ndarray, shape (case, column)
        What they were fitted on.
    observed : ndarray of bool, shape (case,)
        Which rows were.
    cells : mapping
        (threshold, window) -> regression or constant.

    Returns
    -------
    Extent
    """
    found = {name: np.full(train.shape[1:], np.nan) for name in OF_CELLS}
    # windows of a day overlap, as regions last: what repeats itself is no further event
    days = train.issue_time.astype("datetime64[D]").astype(np.int64)
    group = np.where(train.entity == "full_disk", days, train.region)
    for cell, model in cells.items():
        event = train.event[(slice(None), *cell)]
        known = observed & np.isfinite(event)
        found["samples"][cell], found["events"][cell] = known.sum(), event[known].sum()
        found["flaring"][cell] = len(np.unique(group[known & (event == 1)]))
        if not isinstance(model, float):
            logits = model.decision_function(filled[known])
            found["lowest"][cell], found["highest"][cell] = logits.min(), logits.max()
    seen = filled[observed]
    ends = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else (np.full(filled.shape[1], np.nan),) * 2
    return Extent(**found, low=ends[0], high=ends[1])


def beyond(model: Pipeline | float, filled: Array, extent: Extent, cell: Cell) -> Array:
    """Tell how far logits are beyond those of the training samples.

    Parameters
    ----------
    model : Pipeline or float
        Of the cell: a regression, or a constant probability.
    filled : ndarray, shape (case, column)
    extent : Extent
    cell : tuple of int
        Threshold and window.

    Returns
    -------
    ndarray, shape (case,)
        Logits above the largest (positive) or below the smallest (negative), 0 between them and of a constant; NaN
        where the constant is not known.
    """
    if isinstance(model, float):
        # what is the same everywhere is beyond nothing
        return np.full(len(filled), 0.0 if np.isfinite(model) else np.nan)
    if not len(filled):
        return np.empty(0)
    logits = model.decision_function(filled)
    far = np.maximum(logits - extent.highest[cell], 0) + np.minimum(logits - extent.lowest[cell], 0)
    return np.where(np.abs(far) > _ROUNDING, far, 0.0)


def furthest(
    cells: Mapping[Cell, Pipeline | float], filled: Array, extent: Extent, far: Array, names: Sequence[str]
) -> NDArray[np.object_]:
    """Name for each case the column outside its training range that takes the furthest cell furthest.

    Parameters
    ----------
    cells : mapping
        (threshold, window) -> regression or constant.
    filled : ndarray, shape (case, column)
    extent : Extent
    far : ndarray, shape (case, threshold, window)
        As `beyond` tells it.
    names : sequence of str
        Of the columns.

    Returns
    -------
    ndarray of str, shape (case,)
        With value and training range; empty where nothing is beyond.
    """
    result = np.full(len(filled), "", object)
    size = np.abs(np.nan_to_num(far))
    for row in np.flatnonzero(size.any(axis=(1, 2))):
        cell = np.unravel_index(np.argmax(size[row]), size[row].shape)
        model = cells[int(cell[0]), int(cell[1])]
        assert isinstance(model, Pipeline)
        weight = model[-1].coef_[0] / model[0].scale_
        over = filled[row] - np.clip(filled[row], extent.low, extent.high)
        # only what pushes the way the logit went can be its cause
        push = weight * over * np.sign(far[row][cell])
        result[row] = _told(int(np.argmax(push)), filled[row], extent, names) if push.max() > 0 else _TOGETHER
    return result


def _told(column: int, values: Array, extent: Extent, names: Sequence[str]) -> str:
    value, low, high = values[column], extent.low[column], extent.high[column]
    times = f", {value / high:.2g} times the largest" if value > high > 0 else ""
    times = f", {value / low:.2g} times the smallest" if value < low < 0 else times
    return f"{names[column]} {value:.4g}, in training {low:.4g} to {high:.4g}{times}"
