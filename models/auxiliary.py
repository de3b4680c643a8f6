"""What the Sun itself will be like: changes of flux, energy and X-rays ahead, predicted beside the flares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["MODALITY", "ChangeHead", "change_loss"]

# Under this name `sunproof.models.normaliser.Normaliser` keeps centre and spread of the changes.
MODALITY = "auxiliary"
# In spreads: beyond it a change counts by its size, not by its square. Few hours of a flare must not rule a batch.
_ROBUST = 2.0


class ChangeHead(nn.Module):
    """Changes of quantities some hours ahead, in spreads of the training block about its mean change.

    A linear path over the summary statistics, fitted exactly, and a layer on what the deep path knows, which begins as
    nothing. Nothing learnt is the mean change of the training block: persistence with its drift.

    Parameters
    ----------
    block : mapping
        ``quantities`` (names) and ``lead_hours``: outputs are all leads of the first quantity, then of the second, ...
    features : int
        Of the linear path.
    state : int
        Numbers that the deep path gives; 0 without one.
    """

    def __init__(self, block: Mapping[str, Any], features: int, state: int) -> None:
        super().__init__()
        outputs = len(block["quantities"]) * len(block["lead_hours"])
        self.wide = nn.Linear(features, outputs)
        self.deep = nn.Linear(state, outputs) if state else None
        for layer in (self.wide, self.deep):
            if layer is not None:
                # It begins as persistence: no change is predicted until training finds one.
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor, state: Tensor | None) -> Tensor:
        """Predict, shape (batch, quantity * lead)."""
        found: Tensor = self.wide(features)
        if self.deep is None or state is None:
            return found
        deep: Tensor = self.deep(state)
        return found + deep


def change_loss(
    found: Tensor, wanted: Tensor, everywhere: Callable[[Tensor], Tensor] = lambda number: number
) -> Tensor:
    """Mean square error of changes, of large ones the absolute error (Huber).

    Parameters
    ----------
    found, wanted : Tensor, shape (batch, quantity * lead)
        In spreads; what is NaN in ``wanted`` does not count.
    everywhere : callable, optional
        Mean over all processes of the number that counts; see `sunproof.models.heads.masked_loss`.

    Returns
    -------
    Tensor, scalar
        0 for a batch without any. The mean change of the training block has about 1/2.
    """
    known = ~torch.isnan(wanted)
    # Where nothing is known the error is zero, and no NaN enters a gradient.
    wanted = torch.where(known, wanted, found.detach())
    terms = functional.huber_loss(found, wanted, reduction="none", delta=_ROBUST)
    return terms.sum() / everywhere(known.to(terms.dtype).sum()).clamp_min(1)
