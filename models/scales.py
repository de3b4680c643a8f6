"""Whether records would fit better on another scale: as of a larger region, or of a weaker or stronger field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.normaliser import Normaliser
from sunproof.models.physics.scaling import larger, stronger

__all__ = ["QUESTIONS", "best_log_ratio", "tried"]

Rows = NDArray[np.float64]

QUESTIONS: Mapping[str, tuple[Callable[[Rows, Sequence[str], float], Rows], tuple[float, ...]]] = {
    # A patch that holds a part of its region alone. Larger ones are no fault: a HARP may hold several regions.
    "size": (larger, (1.6, 2.5, 4.0)),
    # A magnetograph's calibration: MDI and HMI differ by 1.4 (Liu et al. 2012, Sol. Phys. 279, 295). Smaller changes
    # are for the drift monitor: with 0.85 and 1.2 tried, too, nearly three times as many good records of active regions
    # were flagged (three folds of hindcasts).
    "field": (stronger, (0.5, 0.6, 0.7, 1.4, 1.7, 2.0)),
}
"""Question -> how raw keywords change by a factor, and the factors that are tried."""


def tried(normaliser: Normaliser, latest: Rows, names: Sequence[str]) -> dict[str, Rows]:
    """Bring records to every scale that is tried.

    A record that no factor changes, as one that is zero throughout, holds nothing that has a scale.

    Parameters
    ----------
    normaliser : Normaliser
    latest : ndarray, shape (sample, keyword)
        Raw, NaN where missing.
    names : sequence of str
        Keywords.

    Returns
    -------
    dict
        Question -> normalised keywords, shape (factor, sample, keyword), NaN where missing, and NaN rows of records
        that the question does not change.
    """
    found = {}
    for question, (change, factors) in QUESTIONS.items():
        scaled = np.stack([change(latest, names, factor) for factor in factors])
        # such a record fits on every scale alike: the ratio would be 1, which passes though nothing was held
        scaled[:, (scaled == latest).all(axis=(0, 2))] = np.nan
        found[question] = _normalised(normaliser, scaled)
    return found


def _normalised(normaliser: Normaliser, raw: Rows) -> Rows:
    values, seen = normaliser("keywords", torch.as_tensor(raw.astype(np.float32)), torch.as_tensor(np.isfinite(raw)))
    return np.where(seen.numpy(), values.numpy(), np.nan).astype(np.float64)


def best_log_ratio(scales: Rows, told: Rows, log_density: Callable[[Rows], Rows], now: Rows) -> Rows:
    """Tell how much better records fit on the best of the scales.

    Parameters
    ----------
    scales : ndarray, shape (factor, sample, keyword)
        Normalised keywords.
    told : ndarray, shape (sample, keyword)
        What the reports tell of them.
    log_density : callable
        Of what is left, shape (sample, keyword).
    now : ndarray, shape (sample,)
        The same as the records are.

    Returns
    -------
    ndarray, shape (sample,)
        Log ratio; NaN where a keyword is missing, or no scale changes any.
    """
    return np.asarray(np.max([log_density(scale - told) for scale in scales], axis=0) - now)
