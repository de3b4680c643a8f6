"""What an explanation has to beat: the same model with its weights shuffled, the bare input, its own parts shuffled."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.forecaster import Ensemble

__all__ = ["random_twins", "shuffled", "twin_correlation"]


@lru_cache(maxsize=4)
def random_twins(ensemble: Ensemble, count: int, seed: int) -> tuple[Ensemble, ...]:
    """Make random-weight twins, once for a model.

    The weights of each tensor are dealt anew among its places. Fresh initial weights would not do: the last layer
    starts at zero here, and a constant has no explanation to compare with.

    Parameters
    ----------
    ensemble : Ensemble
    count, seed : int

    Returns
    -------
    tuple of Ensemble
        Same normaliser, architecture and calibration.
    """
    generator = torch.Generator().manual_seed(seed)
    twins = tuple(copy.deepcopy(ensemble).eval() for _ in range(count))
    with torch.no_grad():
        for twin in twins:
            for parameter in twin.members.parameters():
                # within each tensor: the distribution of its weights stays, which a fresh initialisation would change
                order = torch.randperm(parameter.numel(), generator=generator)
                parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return twins


def twin_correlation(
    explained: Explained,
    attribution: NDArray[np.float64],
    attribute: Callable[[Explained], NDArray[np.float64]],
    twins: tuple[Ensemble, ...],
) -> NDArray[np.float64]:
    """Rank correlation of signed attributions with those of the twins (Adebayo et al. 2018, NeurIPS).

    Signed: unsigned ones stay at 0.79 for recurrent nets, because the input shines through whatever the weights.

    Parameters
    ----------
    explained : Explained
    attribution : ndarray, shape (sample, group)
        Of the served model.
    attribute : callable
        The same method: `Explained` -> (sample, group).
    twins : tuple of Ensemble

    Returns
    -------
    ndarray, shape (sample,)
        Median over the twins; NaN where either has no order.
    """
    ranks = _ranks(attribution)
    found = [
        _correlation(ranks, _ranks(attribute(Explained(twin, explained.prepared, explained.place)))) for twin in twins
    ]
    # the median of twins: one that happens to agree decides nothing
    return np.asarray(np.median(np.stack(found), axis=0), np.float64)


def shuffled(flat: NDArray[np.float64], mask: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
    """Deal each sample's attributions anew among its observed elements.

    Parameters
    ----------
    flat : ndarray, shape (sample, element)
    mask : ndarray of bool, same shape
    seed : int

    Returns
    -------
    ndarray, shape (sample, element)
    """
    result, random = np.zeros_like(flat), np.random.default_rng(seed)
    for row, seen in enumerate(mask):
        result[row, seen] = random.permutation(flat[row, seen])
    return result


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # scipy takes a quarter second to import
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, axis=1, nan_policy="omit"), np.float64)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    both = np.isfinite(first) & np.isfinite(second)
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    one, two = (np.where(both, part, 0) for part in (first, second))
    one, two = (np.where(both, part - part.sum(axis=1, keepdims=True) / count, 0) for part in (one, two))
    scale = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    result = np.full(len(first), np.nan)
    np.divide((one * two).sum(axis=1), scale, out=result, where=scale > 0)
    return result
