"""The X-ray light curve alone: no magnetogram, no region, and for the full disk hard to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.baselines.regression import Regression
from sunproof.pipeline.verification.cases import Cases

__all__ = ["BASELINE", "columns"]


def columns(cases: Cases) -> NDArray[np.float64]:
    """Latest, mean, smallest and largest log10 flux of both channels over the history.

    The smallest value stands for the background, the largest for the flares on it.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    array of float, shape (case, 8)
        NaN where no X-ray flux was observed.
    """
    values = cases.inputs.get("xrs")
    if values is None or values.size == 0:
        return np.full((len(cases), 1), np.nan)
    seen = np.isfinite(values)
    some = seen.any(axis=1)
    # Turned over, so that argmax finds the last step that was seen.
    last = values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    parts = [
        np.take_along_axis(values, last[:, None], axis=1)[:, 0],
        np.where(seen, values, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1),
        np.where(seen, values, np.inf).min(axis=1),
        np.where(seen, values, -np.inf).max(axis=1),
    ]
    return np.concatenate([np.where(some, part, np.nan) for part in parts], axis=1).astype(float)


BASELINE = Regression("logistic regression on GOES X-ray flux", columns)
