"""Uncertainty by resampling whole blocks, because neighbouring forecasts see the same Sun.

A resample draws as many blocks as there are, with replacement. Scores are functions of sums over cases, so each block
is summed once and a resample is a weighted sum of blocks: thousands cost a matrix product. Two forecasts resampled with
the same weights are compared pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Blocks", "Interval", "bootstrap_auc", "bootstrap_skill", "bootstrap_true_skill", "interval", "make_blocks"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value with its bootstrap interval.

    Parameters
    ----------
    value : float
        On the cases themselves.
    low, high : float
        Percentiles of the resamples; NaN where there are fewer than two blocks.
    """

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return bool(self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Blocks:
    """Cases grouped into blocks, and how often each resample drew each block.

    Parameters
    ----------
    index : array of int, shape (case,)
        Block of each case.
    weights : array of float, shape (resample, block)
        The first row is all ones: the cases themselves.
    """

    index: NDArray[np.int64]
    weights: Array

    def sums(self, values: Array) -> Array:
        """Sum a statistic in each resample.

        Parameters
        ----------
        values : array of float, shape (case,) or (case, column)

        Returns
        -------
        array of float, shape (resample,) or (resample, column)
        """
        return np.asarray(self.weights @ self.by_block(values))

    def by_block(self, values: Array) -> Array:
        """Sum a statistic in each block, shape (block,) or (block, column)."""
        size = self.weights.shape[1]
        if values.ndim == 1:
            # bincount sums a million cases in one pass, where a loop over blocks would take seconds
            return np.asarray(np.bincount(self.index, values, minlength=size), float)
        return np.stack([np.bincount(self.index, column, minlength=size) for column in values.T], axis=1)


def make_blocks(keys: NDArray[np.int64], resamples: int, seed: int) -> Blocks:
    """Group cases and draw the resamples.

    Parameters
    ----------
    keys : array of int, shape (case,)
        Equal for cases that belong together: the region, or the number of the 27-day rotation.
    resamples : int
        At least 1000 for 95 % intervals.
    seed : int
        Of the generator; the same seed and keys give the same resamples.

    Returns
    -------
    Blocks
    """
    names, index = np.unique(keys, return_inverse=True)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    # the first "resample" is the sample itself: value and interval come from one matrix product
    return Blocks(index, np.concatenate([np.ones((1, len(names))), draws]).astype(float))


def interval(resampled: Array, level: float = 0.95) -> Interval:
    """Percentile interval of a resampled score.

    Parameters
    ----------
    resampled : array of float, shape (resample,)
        The first is the value on the cases themselves.
    level : float
        Probability content.

    Returns
    -------
    Interval
        Resamples without a value (no event drawn) are left out.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3; Kunsch 1989, doi:10.1214/aos/1176347265
    """
    # a resample that lost its last event has no score, and takes no part
    drawn = resampled[1:][np.isfinite(resampled[1:])]
    # all resamples of a single block are that block: no interval, not one of width zero
    if len(drawn) < 2 or np.ptp(drawn) == 0:
        return Interval(float(resampled[0]), float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(resampled[0]), float(low), float(high))


def _ratio(over: Array, under: Array) -> Array:
    return np.asarray(np.divide(over, under, out=np.full(np.shape(over), np.nan), where=under > 0))


def bootstrap_skill(blocks: Blocks, probability: Array, reference: Array, event: Array) -> Array:
    """Brier skill score against a reference in each resample; see `scores.brier_skill`.

    Parameters
    ----------
    blocks : Blocks
    probability, reference, event : array of float, shape (case,)
        Without NaN.

    Returns
    -------
    array of float, shape (resample,)
    """
    return 1 - _ratio(blocks.sums((probability - event) ** 2), blocks.sums((reference - event) ** 2))


def bootstrap_true_skill(blocks: Blocks, probability: Array, event: Array, threshold: float) -> Array:
    """Score a fixed threshold in each resample by the true skill statistic; see `categorical.Table.true_skill`.

    Returns
    -------
    array of float, shape (resample,)
    """
    warned = (probability >= threshold).astype(float)
    hit = _ratio(blocks.sums(warned * event), blocks.sums(event))
    return np.asarray(hit - _ratio(blocks.sums(warned * (1 - event)), blocks.sums(1 - event)))


def bootstrap_auc(blocks: Blocks, probability: Array, event: Array) -> Array:
    """Area under the ROC in each resample; see `scores.area_under_roc`.

    Pairs of an event of one block and a non-event of another count as often as both blocks were drawn, so the matrix of
    pairs won between blocks is all that a resample needs.

    Returns
    -------
    array of float, shape (resample,)
    """
    flared = event == 1
    won = _pairs_won(probability[flared], probability[~flared], blocks.index[~flared], blocks.weights.shape[1])
    matrix = Blocks(blocks.index[flared], blocks.weights).by_block(won)
    # an event drawn n times meets a non-event drawn m times n m times: a quadratic form in the weights
    total = np.einsum("rb,rb->r", blocks.weights @ matrix, blocks.weights)
    return _ratio(total, blocks.sums(event) * blocks.sums(1 - event))


def _pairs_won(events: Array, others: Array, block: NDArray[np.int64], size: int) -> Array:
    """For each event and block: non-events of the block with a smaller probability, ties half; shape (event, block)."""
    won = np.zeros((len(events), size))
    for number in np.unique(block):
        # Sorted once a block and searched: a table of all pairs would be events times non-events.
        ordered = np.sort(others[block == number])
        won[:, number] = (np.searchsorted(ordered, events) + np.searchsorted(ordered, events, "right")) / 2
    return won
