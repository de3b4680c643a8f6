"""Summary statistics of a masked sequence: what a logistic regression would be given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["SUMMARIES", "summarise"]

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
    weight = mask.to(values.dtype)
    count = weight.sum(1)
    seen = count > 0
    safe = count.clamp_min(1)
    values = values * weight
    mean = values.sum(1) / safe
    # epsilon inside the root: its gradient at a constant sequence is infinite otherwise
    deviation = (((values - mean[:, None]) ** 2 * weight).sum(1) / safe + 1e-6).sqrt() - 1e-3
    order = torch.arange(1, values.shape[1] + 1, device=values.device)[None, :, None]
    # numbering from 1 makes an unobserved step 0, which never wins
    last = _at(values, (order * mask).argmax(1))
    first = _at(values, ((order[:, -1:] + 1 - order) * mask).argmax(1))
    third = slice(values.shape[1] // 2, max(values.shape[1] // 2 + 1, values.shape[1] * 3 // 4))
    before = weight[:, third].sum(1)
    trend = torch.where(before > 0, last - values[:, third].sum(1) / before.clamp_min(1), torch.zeros_like(last))
    square = last.clamp(-_SQUARED, _SQUARED) ** 2 - 1
    found = (last, mean, deviation, last - first, trend, square, torch.ones_like(mean))
    every = dict(zip(SUMMARIES, found, strict=True))
    return (torch.stack([every[name] for name in summaries], dim=1) * seen[:, None]).flatten(1)


def _at(values: Tensor, step: Tensor) -> Tensor:
    return values.gather(1, step[:, None]).squeeze(1)
