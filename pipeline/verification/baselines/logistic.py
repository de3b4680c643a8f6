"""The regression to beat: latest value, mean and change of the SHARP keywords, and yesterday's flares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.baselines.regression import Regression
from sunproof.pipeline.verification.cases import Cases

__all__ = ["BASELINE", "columns"]

_FLARES = ("C1.0", "M1.0")


def columns(cases: Cases) -> NDArray[np.float64]:
    """Latest, mean and latest minus first of each keyword over the history, and log(1 + flares >= C, >= M of 24 h).

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    array of float, shape (case, 3 * keyword + 2)
        Raw units; NaN where missing.
    """
    flares = np.stack([np.log1p(cases.recent_flares(name)) for name in _FLARES], axis=1)
    values = cases.inputs.get("keywords")
    if values is None or values.size == 0:
        return flares
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    mean = np.where(count > 0, np.where(seen, values, 0).sum(axis=1) / np.maximum(count, 1), np.nan)
    # Turned over, so that argmax finds the last step that was seen.
    last = _at(values, values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1))
    first = _at(values, np.argmax(seen, axis=1))
    return np.concatenate([last, mean, last - first, flares], axis=1)


def _names(cases: Cases) -> list[str]:
    """Call the columns what a page can show."""
    values = cases.inputs.get("keywords")
    keywords = [] if values is None or values.size == 0 else [name.upper() for name in cases.names["keywords"]]
    flares = [f"log(1 + flares ≥ {name} of the last 24 h)" for name in _FLARES]
    return [f"{what} {name}" for what in ("latest", "mean", "change of") for name in keywords] + flares


def _at(values: NDArray[np.float64], step: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.take_along_axis(values, step[:, None], axis=1)[:, 0].astype(float)


BASELINE = Regression("logistic regression on SHARP keywords", columns, _names)
