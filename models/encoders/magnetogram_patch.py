"""A patch around a region into two tokens: what is there on average, and what stands out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from sunproof.models.encoders.base import ImageEncoder

__all__ = ["ENCODER", "MagnetogramPatchEncoder"]


class MagnetogramPatchEncoder(ImageEncoder):
    """A small convolutional net over values, strengths and masks.

    Parameters
    ----------
    features : int
        Channels.
    width : int
        Size of the tokens.
    dropout : float
    steps : int
        Lags.
    grid : sequence of int
        Rows and columns.
    signed : sequence of bool
        Channels with a sign: their strength is offered too, because flares ask for strength, not for polarity.
    inner : int
        Channels of the first convolution; each further one, at half the resolution, has twice as many.
    depth : int
        Convolutions.
    """

    serves: ClassVar[tuple[str, ...]] = ("patch", "vector")

    def __init__(
        self,
        features: int,
        width: int,
        dropout: float = 0.0,
        *,
        steps: int,
        grid: Sequence[int],
        signed: Sequence[bool],
        inner: int = 12,
        depth: int = 3,
    ) -> None:
        super().__init__()
        self.signed = [place for place, has in enumerate(signed) if has]
        sizes = [steps * (2 * features + len(self.signed))] + [inner * 2**level for level in range(depth)]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GELU()]
        self.layers = nn.Sequential(*layers)
        self.project = nn.Sequential(nn.Dropout(dropout), nn.Linear(sizes[-1], width), nn.GELU())

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a batch; see `sunproof.models.encoders.base.Encoder`.

        Parameters
        ----------
        values, mask : Tensor, shape (batch, lag, channel, y, x)
        """
        values = values * mask
        # strength beside sign: which polarity it is hardly matters to a flare, that there is field does
        parts = [values, mask.to(values.dtype), values[:, :, self.signed].abs()]
        found = self.layers(torch.cat(parts, dim=2).flatten(1, 2)).flatten(2)
        # the mean misses what is small and strong, the largest what is wide
        tokens = self.project(torch.stack([found.mean(2), found.amax(2)], dim=1))
        present = mask.flatten(1).any(1, keepdim=True)
        return tokens, present.expand(-1, 2)


ENCODER = MagnetogramPatchEncoder
