"""Summary statistics of a masked sequence: what a logistic regression would be given."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

__all__ = ["SUMMARIES", "statistics", "summarise"]

SUMMARIES = ("last", "mean", "deviation", "change", "trend", "square", "observed")
# Beyond three spreads a square would speak of outliers only.
_SQUARED = 3.0


def summarise(values: Tensor, mask: Tensor, summaries: Sequence[str] = SUMMARIES) -> Tensor:
    """Summarise each feature over the steps in which it was observed.

    Parameters
    ----------
    values : Tensor, shape (batch, step, feature)
    mask : Tensor of bool, same shape
    summaries : sequence of str
        Which: ``last`` value; ``mean``; standard ``deviation``; ``change``, last minus first; ``trend``, last minus the
        mean of the third quarter of the sequence; ``square``, last squared within bounds, minus 1; ``observed``, 1.

    Returns
    -------
    Tensor, shape (batch, summary * feature)
        All 0 for a feature that was never observed.
    """
    every = statistics(values, mask, summaries)
    return torch.stack([every[name] for name in summaries], dim=1).flatten(1)


def statistics(values: Tensor, mask: Tensor, names: Collection[str]) -> dict[str, Tensor]:
    """Give the named summary statistics one by one, each of shape (batch, feature); see `summarise`."""
    weight = mask.to(values.dtype)
    count = weight.sum(1)
    safe = count.clamp_min(1)
    values = values * weight
    found = {"observed": torch.ones_like(count)}
    order = torch.arange(1, values.shape[1] + 1, device=values.device)[None, :, None]
    # numbering from 1 makes an unobserved step 0, which never wins
    last = found["last"] = _at(values, (order * mask).argmax(1))
    if {"mean", "deviation"} & {*names}:
        mean = found["mean"] = values.sum(1) / safe
    if "deviation" in names:
        # epsilon inside the root: its gradient at a constant sequence is infinite otherwise
        found["deviation"] = (((values - mean[:, None]) ** 2 * weight).sum(1) / safe + 1e-6).sqrt() - 1e-3
    if "change" in names:
        # the other way round: the earliest observed step has the largest number
        found["change"] = last - _at(values, ((order[:, -1:] + 1 - order) * mask).argmax(1))
    if "trend" in names:
        # against the third quarter, not the first record: noise of single records would drown a trend
        third = slice(values.shape[1] // 2, max(values.shape[1] // 2 + 1, values.shape[1] * 3 // 4))
        before = weight[:, third].sum(1)
        mean_before = values[:, third].sum(1) / before.clamp_min(1)
        found["trend"] = torch.where(before > 0, last - mean_before, torch.zeros_like(last))
    if "square" in names:
        # less 1, the mean square of a feature of unit spread: the offset stays what it was
        found["square"] = last.clamp(-_SQUARED, _SQUARED) ** 2 - 1
    seen = count > 0
    # a feature that was never observed says 0 in every summary, the square's offset as well
    return {name: found[name] * seen for name in names}


def _at(values: Tensor, step: Tensor) -> Tensor:
    return values.gather(1, step[:, None]).squeeze(1)
