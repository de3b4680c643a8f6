"""Scores of forecasts some of which are not answered: at what share, with what skill, and at whose expense."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.bootstrap import Blocks

__all__ = [
    "Answered",
    "answered",
    "generalised_risk",
    "keep_certain",
    "keep_share",
    "kept_log_skill",
    "kept_skill",
    "log_losses",
]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# As for the log score everywhere: a probability of 0 that fails would cost infinitely much.
_SUREST = 1e-5


class Answered(NamedTuple):
    """Shares of all, of flaring and of quiet windows that are answered, and how much oftener flares are not."""

    share: float
    flares: float
    quiet: float
    ratio: float


def answered(kept: Mask, event: Array) -> Answered:
    """Tell who gets an answer.

    Parameters
    ----------
    kept : array of bool, shape (case,)
    event : array of float, shape (case,)

    Returns
    -------
    Answered
        ``ratio`` is the share of flaring windows left without an answer over that of the quiet ones.
    """
    flares, quiet = float(kept[event == 1].mean()), float(kept[event == 0].mean())
    return Answered(float(kept.mean()), flares, quiet, (1 - flares) / (1 - quiet) if quiet < 1 else float("nan"))


def keep_share(rank: Array, share: float, weight: Array | None = None) -> Mask:
    """Keep the given share of cases of highest rank; ties go by place.

    Parameters
    ----------
    rank : array of float, shape (case,)
    share : float
        Between 0 and 1.
    weight : array of float, shape (case,), optional
        How often each case counts, above 0; once where it is not given.

    Returns
    -------
    array of bool, shape (case,)
    """
    order = np.argsort(-rank, kind="stable")
    count = np.ones(len(rank)) if weight is None else weight[order]
    # the case that the border falls into is kept if more than half of it is inside
    inside = np.cumsum(count) - count / 2 < share * count.sum()
    kept = np.zeros(len(rank), bool)
    kept[order[inside]] = True
    return kept


def keep_certain(probability: Array, share: float, flares: float) -> Mask:
    """Keep what calibrated forecasts expect the least log score of, among all choices that answer so many flares.

    What a case adds to the expected log score is its entropy, what it adds to the flares left out its probability: the
    cases left out are those of largest entropy less a price times their probability, at the least price that will do.

    Parameters
    ----------
    probability : array of float, shape (case,)
        Above 0 and below 1.
    share, flares : float
        Of the cases, and of the flares that are expected among them.

    Returns
    -------
    array of bool, shape (case,)
        No other choice by the probabilities alone is better, but for one case at the border.
    """
    entropy = -probability * np.log(probability) - (1 - probability) * np.log1p(-probability)
    least = flares * probability.sum()

    def kept(price: float) -> Mask:
        return keep_share(price * probability - entropy, share)

    # of a price of the largest slope of entropy or more the least probable cases are left out first
    low, high = 0.0, float(np.max(np.abs(np.log(probability) - np.log1p(-probability)), initial=0)) + 1
    if probability[kept(low)].sum() >= least:
        return kept(low)
    # bisection: the dearer a flare, the more of them are kept
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if probability[kept(middle)].sum() >= least else (middle, high)
    return kept(high)


def kept_skill(blocks: Blocks, kept: Mask, probability: Array, event: Array, rate: Array) -> Array:
    """Brier skill of the kept cases against a fixed climatology on the same cases, in each resample.

    Parameters
    ----------
    blocks : Blocks
    kept : array of bool, shape (case,)
    probability, event, rate : array of float, shape (case,)
        ``rate`` is the base rate of training: the reference that does not change with what is kept.

    Returns
    -------
    array of float, shape (resample,)
    """
    return _skill(blocks, kept, (probability - event) ** 2, (rate - event) ** 2)


def kept_log_skill(blocks: Blocks, kept: Mask, probability: Array, event: Array, rate: Array) -> Array:
    """Logarithmic skill of the kept cases, 1 - LS / LS of the base rate on the same cases, in each resample.

    Parameters
    ----------
    blocks, kept, probability, event, rate
        See `kept_skill`.
    """
    return _skill(blocks, kept, log_losses(probability, event), log_losses(rate, event))


def log_losses(probability: Array, event: Array) -> Array:
    """Minus the logarithm of the probability given to what happened, shape (case,); at most that of 1e-5."""
    given = np.where(event == 1, probability, 1 - probability)
    return np.asarray(-np.log(np.clip(given, _SUREST, 1)))


def generalised_risk(rank: Array, loss: Array) -> tuple[Array, Array, float]:
    """Risk of a silent failure at every coverage: the loss of the answered cases over the number of all cases.

    Parameters
    ----------
    rank : array of float, shape (case,)
        The last is dropped first.
    loss : array of float, shape (case,)

    Returns
    -------
    coverage, risk : array of float, shape (case,)
    area : float
        AUGRC: the mean risk over coverages from 0 to 1.

    References
    ----------
    Traub et al. 2024, arXiv:2407.01032
    """
    order = np.argsort(-rank, kind="stable")
    risk = np.cumsum(loss[order]) / len(loss)
    return np.arange(1, len(loss) + 1) / len(loss), risk, float(risk.mean())


def _skill(blocks: Blocks, kept: Mask, own: Array, reference: Array) -> Array:
    theirs = blocks.sums(np.where(kept, reference, 0.0))
    ratio = np.divide(blocks.sums(np.where(kept, own, 0.0)), theirs, out=np.full(len(theirs), np.nan), where=theirs > 0)
    return np.asarray(1 - ratio)
