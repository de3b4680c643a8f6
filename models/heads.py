"""The head: flares as a marked Poisson process, so that classes and windows nest by construction.

P(F >= f, window) = 1 - exp(-Lambda(window) S(f)). Lambda counts flares of class C1.0 or above and grows with the
window; S is a power law truncated at the largest flare that the region's energy allows. Days need not be independent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["FlareProcess", "MarkedPoissonHead", "log_softplus", "masked_loss"]

# Every flare that Lambda counts is at least this large: class C1.0, W m-2.
_SMALLEST = 1e-6
# Logarithm of "never": finite, so that a flare above the limit costs much but does not end the training in NaN.
_NEVER = -100.0
# A further window adds between e^-8 and e^8 times what its length alone would: a bound for the arithmetic only.
_GROWTH = 8.0
# Index alpha of the peak-flux distribution: 1.8-2.1 over all flares; single regions scatter, hence the wide bounds.
_ALPHA = (1.2, 4.0)


def _log1mexp(x: Tensor) -> Tensor:
    """log(1 - exp(-x)) for x > 0: relatively accurate for small x, absolutely for large ones."""
    return torch.log(-torch.expm1(-x.clamp_min(torch.finfo(x.dtype).tiny)))


@dataclass(frozen=True)
class FlareProcess:
    """The process of a batch of regions.

    Parameters
    ----------
    log_rate : Tensor, shape (batch, window)
        Natural logarithm of the expected number of flares >= C1.0, increasing with the window.
    alpha : Tensor, shape (batch,)
        Index of the peak-flux distribution, above 1.
    limit : Tensor, shape (batch,)
        Largest peak flux, W m-2.
    changes : Tensor, shape (batch, quantity * lead), optional
        Of what the model predicts beside flares (`sunproof.models.auxiliary`): in spreads as a network gives them, in
        dex as the ensemble does.
    """

    log_rate: Tensor
    alpha: Tensor
    limit: Tensor
    changes: Tensor | None = field(default=None, kw_only=True)

    def log_survival(self, fluxes: Tensor) -> Tensor:
        """Log of the fraction of flares that reach a flux.

        Parameters
        ----------
        fluxes : Tensor, shape (threshold,)
            W m-2, at least 1e-6.

        Returns
        -------
        Tensor, shape (batch, threshold)
            -100 at and above the limit.
        """
        slope = (self.alpha - 1)[:, None]
        depth = torch.log(fluxes / _SMALLEST).to(slope.dtype)[None, :]
        reach = torch.log(self.limit / _SMALLEST).to(slope.dtype)[:, None]
        inside = depth < reach
        # above the limit the room is negative: a 1 keeps its unused logarithm finite, and the gradient with it
        room = torch.where(inside, reach - depth, torch.ones_like(reach))
        log_s = -slope * depth + _log1mexp(slope * room) - _log1mexp(slope * reach)
        return torch.where(inside, log_s.clamp_min(_NEVER), torch.full_like(log_s, _NEVER))

    def log_intensity(self, fluxes: Tensor) -> Tensor:
        """Log of the expected number of flares at or above each flux, shape (batch, threshold, window)."""
        return self.log_survival(fluxes)[:, :, None] + self.log_rate[:, None, :]

    def logits(self, fluxes: Tensor) -> Tensor:
        """Logit of P(>= flux, window), shape (batch, threshold, window): log(expm1(x)) at any x."""
        log_x = self.log_intensity(fluxes)
        # a Poisson variable that is above 0 with probability 1 - exp(-x): its logit is log(exp(x) - 1)
        return _log_probability(log_x) + torch.exp(log_x)

    def probabilities(self, fluxes: Tensor) -> Tensor:
        """P(>= flux, window), shape (batch, threshold, window); evaluate on a double process for exact nesting."""
        # -expm1(-x): 1 - exp(-x) would lose the digits of rare flares
        return -torch.expm1(-torch.exp(self.log_intensity(fluxes)))

    def double(self) -> FlareProcess:
        """Return the same process in float64."""
        held = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(self, **{name: part.double() for name, part in held.items() if part is not None})

    @classmethod
    def join(cls, parts: Sequence[FlareProcess]) -> FlareProcess:
        """Put the processes of several batches, all of one kind, one after the other."""
        kind = type(parts[0])
        held = {field.name: [getattr(part, field.name) for part in parts] for field in fields(kind)}
        joined: dict[str, Any] = {name: None if some[0] is None else torch.cat(some) for name, some in held.items()}
        return kind(**joined)


def _log_probability(log_x: Tensor) -> Tensor:
    """log(1 - exp(-x)) from log x; the series where 1 - exp(-x) would lose its digits."""
    tiny = log_x < -10
    x = torch.exp(log_x)
    return torch.where(tiny, log_x - x / 2, _log1mexp(torch.where(tiny, torch.ones_like(x), x)))


class MarkedPoissonHead(nn.Module):
    """Turn scores into a process.

    The scores are the logits of P(>= C1.0) and P(>= M1.0) in the first window, as if there were no energy limit, and
    one logarithmic increment a further window. A network that is linear in its inputs is therefore nearly a logistic
    regression at both thresholds.

    Parameters
    ----------
    windows : sequence of float
        Window lengths, h, ascending.
    """

    growth: Tensor

    def __init__(self, windows: Sequence[float]) -> None:
        super().__init__()
        self.outputs = 1 + len(windows)
        # without anything learnt, rates grow as the windows do
        growth = [math.log((after - before) / windows[0]) for before, after in itertools.pairwise(windows)]
        self.register_buffer("growth", torch.tensor(growth), persistent=False)

    def forward(self, scores: Tensor, limit: Tensor) -> FlareProcess:
        """Build the process.

        Parameters
        ----------
        scores : Tensor, shape (batch, 1 + window)
        limit : Tensor, shape (batch,)
            Largest peak flux, W m-2.

        Returns
        -------
        FlareProcess
        """
        log_first, log_larger = log_softplus(scores[:, 0]), log_softplus(scores[:, 1])
        low, high = _ALPHA
        # a decade of flux lies between C1.0 and M1.0: the two rates tell the index
        free = 1 + (log_first - log_larger) / math.log(10)
        # a logistic of unit slope at the middle of the range: the identity where it matters, and never outside
        alpha = low + (high - low) * torch.sigmoid(4 * (free - (low + high) / 2) / (high - low))
        rates = [log_first]
        for index in range(scores.shape[1] - 2):
            increment = log_first + self.growth[index] + scores[:, 2 + index].clamp(-_GROWTH, _GROWTH)
            # adding a non-negative number keeps the windows nested even after rounding
            rates.append(rates[-1] + functional.softplus(increment - rates[-1]))
        return FlareProcess(torch.stack(rates, dim=1), alpha, limit)


def log_softplus(score: Tensor) -> Tensor:
    """log(log(1 + exp(score))): the log rate whose probability of at least one flare is sigmoid(score)."""
    tiny = score < -12
    return torch.where(tiny, score, torch.log(functional.softplus(torch.where(tiny, torch.zeros_like(score), score))))


def masked_loss(
    process: FlareProcess,
    fluxes: Tensor,
    events: Tensor,
    counts: Tensor | None = None,
    label_weights: Tensor | None = None,
    count_weight: float = 0.0,
    everywhere: Callable[[Tensor], Tensor] = lambda weight: weight,
) -> Tensor:
    """Negative log-likelihood of what happened; labels that are NaN do not count.

    Parameters
    ----------
    process : FlareProcess
    fluxes : Tensor, shape (threshold,)
        W m-2.
    events : Tensor, shape (batch, threshold, window)
        1, 0 or NaN.
    counts : Tensor, shape (batch, window), optional
        Flares >= C1.0 in each nested window, NaN where unknown.
    label_weights : Tensor, shape (threshold, window), optional
        Weights of the labels in the cross-entropy; 1 by default.
    count_weight : float
        Weight of the Poisson likelihood of the counts in disjoint windows; flares cluster, so it is an auxiliary task.
    everywhere : callable, optional
        Mean over all processes of the weight that this one's labels have. Labels are missing unevenly; divided by it,
        the mean of the processes' losses is the loss of all their samples together.

    Returns
    -------
    Tensor, scalar
        Mean over the labels there are; 0 for a batch without any.
    """
    log_x = process.log_intensity(fluxes)
    known = ~torch.isnan(events)
    event = torch.where(known, events, torch.zeros_like(events))
    entropy = (1 - event) * torch.exp(log_x) - event * _log_probability(log_x)
    weights = known.to(entropy.dtype)
    if label_weights is not None:
        weights = weights * label_weights
    loss = (torch.where(known, entropy, torch.zeros_like(entropy)) * weights).sum()
    loss = loss / everywhere(weights.sum()).clamp_min(1e-12)
    if counts is None or count_weight == 0:
        return loss
    return loss + count_weight * _count_loss(process, counts, everywhere)


def _count_loss(process: FlareProcess, counts: Tensor, everywhere: Callable[[Tensor], Tensor]) -> Tensor:
    zero = torch.zeros_like(counts[:, :1])
    expected = torch.diff(torch.exp(process.log_rate), dim=1, prepend=zero.to(process.log_rate.dtype))
    found = torch.diff(counts, dim=1, prepend=zero)
    known = ~torch.isnan(found)
    found = torch.where(known, found, torch.zeros_like(found))
    terms = functional.poisson_nll_loss(expected, found, log_input=False, reduction="none")
    number = everywhere(known.to(terms.dtype).sum()).clamp_min(1)
    return torch.where(known, terms, torch.zeros_like(terms)).sum() / number
