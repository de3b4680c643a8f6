"""Grouped ablation: what the logit loses when a whole physical group goes back to the training median."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import Partition

__all__ = ["ablate", "agreement"]


def ablate(explained: Explained, partition: Partition) -> NDArray[np.float64]:
    """Ablate one group after the other.

    Parameters
    ----------
    explained : Explained
    partition : Partition

    Returns
    -------
    ndarray, shape (sample, group)
        Logit minus the logit without the group; NaN where nothing of the group was observed, because what was missing
        cannot be taken away.
    """
    whole = np.ones((1, len(partition.index)), bool)
    # the whole and every group's absence in one pass
    logits = explained.kept(np.concatenate([whole, ~partition.members]))
    return np.where(partition.observed(explained.mask), logits[:, :1] - logits[:, 1:], np.nan)


def agreement(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kendall's tau-b between two attributions to the same groups (Kendall 1945, Biometrika 33, 239), for every sample.

    Parameters
    ----------
    first, second : ndarray, shape (sample, group)
        NaN where a group does not count.

    Returns
    -------
    ndarray, shape (sample,)
        1 for the same order, -1 for the opposite; NaN where one of them orders nothing.
    """
    left, right = np.triu_indices(first.shape[1], 1)
    one, two = (np.sign(part[:, left] - part[:, right]) for part in (first, second))
    both = np.isfinite(one) & np.isfinite(two)
    one, two = np.where(both, one, 0), np.where(both, two, 0)
    # tau-b: ties count on neither side, or a map of many zeros would agree with everything
    untied = np.sqrt((one != 0).sum(axis=1) * (two != 0).sum(axis=1).astype(np.float64))
    result = np.full(len(first), np.nan)
    np.divide((one * two).sum(axis=1), untied, out=result, where=untied > 0)
    return result
