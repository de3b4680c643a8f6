"""Named scalars of a region (area, classes, place, flare history) into one token."""

from __future__ import annotations

import itertools
from typing import ClassVar

import torch
from torch import Tensor, nn

__all__ = ["ENCODER", "TabularEncoder"]


class TabularEncoder(nn.Module):
    """One hidden layer over values and masks.

    Parameters
    ----------
    features : int
        Number of scalars.
    width : int
        Size of the token.
    layers : int
        Hidden layers before the token.
    dropout : float
        Of each layer's inputs.
    """

    reads: ClassVar[str] = "scalars"
    serves: ClassVar[tuple[str, ...]] = ("region",)

    def __init__(self, features: int, width: int, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        sizes = [2 * features] + [width] * (layers + 1)
        blocks = [
            nn.Sequential(nn.Dropout(dropout), nn.Linear(before, after), nn.GELU())
            for before, after in itertools.pairwise(sizes)
        ]
        self.project = nn.Sequential(*blocks)

    def wide_size(self, features: int) -> int:
        """Count the linear path's inputs; see `sunproof.models.encoders.base.Encoder`."""
        return features

    def wide(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return the values for the linear path, 0 where missing."""
        return torch.where(mask, values, torch.zeros_like(values))

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a batch; see `sunproof.models.encoders.base.Encoder`."""
        known = torch.cat([self.wide(values, mask), mask.to(values.dtype)], dim=1)
        return self.project(known)[:, None], mask.any(1, keepdim=True)


ENCODER = TabularEncoder
