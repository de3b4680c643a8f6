"""Summary statistics of a masked sequence: what a logistic regression would be given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["SUMMARIES", "summarise"]

SUMMARIES = ("last", "mean", "deviation", "change", "observed")


def summarise(values: Tensor, mask: Tensor, summaries: Sequence[str] = SUMMARIES) -> Tensor:
    """Summarise each feature over the steps in which it was observed.

    Parameters
    ----------
    values : Tensor, shape (batch, step, feature)
    mask : Tensor of bool, same shape
    summaries : sequence of str
        Which: latest value, mean, standard deviation, latest minus first value, whether anything was observed at all.

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
    last = _at(values, (order * mask).argmax(1))
    first = _at(values, ((order[:, -1:] + 1 - order) * mask).argmax(1))
    every = dict(zip(SUMMARIES, (last, mean, deviation, last - first, torch.ones_like(mean)), strict=True))
    return (torch.stack([every[name] for name in summaries], dim=1) * seen[:, None]).flatten(1)


def _at(values: Tensor, step: Tensor) -> Tensor:
    return values.gather(1, step[:, None]).squeeze(1)
