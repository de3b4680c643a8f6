"""Grouped ablation: what the logit loses when a whole physical group goes back to the training median."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import Partition

__all__ = ["ablate", "agreement"]

# Groups ablated in one forward pass; captum repeats the batch as often.
_TOGETHER = 8


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
    # captum takes 1.5 s to import, and nothing but this function needs it
    from captum.attr import FeatureAblation

    values, groups = explained.values, torch.as_tensor(partition.index)

    def forward(varied: Tensor) -> Tensor:
        # captum lays the variants of a batch one after the other
        return explained.logit(varied, torch.arange(len(varied)) % len(values))

    with torch.no_grad(), warnings.catch_warnings():
        # a group that no sample observed changes nothing, of which captum warns
        warnings.simplefilter("ignore", UserWarning)
        found = FeatureAblation(forward).attribute(
            values, baselines=0.0, feature_mask=groups[None], perturbations_per_eval=_TOGETHER
        )
    # every element of a group carries the group's effect
    first = np.argmax(partition.members, axis=1)
    return np.where(partition.observed(explained.mask), found.double().numpy()[:, first], np.nan)


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
    untied = np.sqrt((one != 0).sum(axis=1) * (two != 0).sum(axis=1).astype(np.float64))
    result = np.full(len(first), np.nan)
    np.divide((one * two).sum(axis=1), untied, out=result, where=untied > 0)
    return result
