"""A masked sequence of scalars (keywords, X-ray flux, flare history) into one token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from sunproof.models.encoders.summary import statistics, summarise

__all__ = ["ENCODER", "SequenceEncoder"]

# What the token is made of beside the recurrent state; a net finds squares and trends by itself.
_TOKEN = ("last", "mean", "deviation", "change", "observed")


class SequenceEncoder(nn.Module):
    """Summary statistics, and a recurrent net over values and masks where ``layers`` is above 0.

    Parameters
    ----------
    features : int
        Scalars a step.
    width : int
        Size of the token.
    layers : int
        Layers of gated recurrent units; 0 for summary statistics alone.
    dropout : float
        Of the token's inputs.
    summaries : sequence of str
        Summary statistics for the linear path; the token gets them all. See `sunproof.models.encoders.summary`.
    """

    reads: ClassVar[str] = "series"
    serves: ClassVar[tuple[str, ...]] = ("keywords", "xrs", "history")

    def __init__(
        self,
        features: int,
        width: int,
        layers: int = 1,
        dropout: float = 0.0,
        summaries: Sequence[str] = ("last", "trend", "square"),
    ) -> None:
        super().__init__()
        self.summaries = tuple(summaries)
        self.recurrent = nn.GRU(2 * features, width, layers, batch_first=True) if layers else None
        self.project = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(len(_TOKEN) * features + (width if layers else 0), width), nn.GELU()
        )

    def wide_size(self, features: int) -> int:
        """Count the linear path's inputs; see `sunproof.models.encoders.base.Encoder`."""
        return len(self.summaries) * features

    def wide(self, values: Tensor, mask: Tensor) -> Tensor:
        """Summarise for the linear path, shape (batch, summary * feature)."""
        return summarise(values, mask, self.summaries)

    def common(self, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Make what has no weights and so is the same for every member: all statistics, each (batch, feature)."""
        return statistics(values, mask, {*self.summaries, *_TOKEN})

    def wide_of(self, common: Mapping[str, Tensor], places: Sequence[int]) -> Tensor:
        """Give the same as `wide` of the features at these places."""
        return torch.stack([common[name] for name in self.summaries], dim=1)[..., list(places)].flatten(1)

    def forward(
        self, values: Tensor, mask: Tensor, common: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Encode a batch; see `sunproof.models.encoders.base.Encoder`.

        Parameters
        ----------
        values, mask : Tensor, shape (batch, step, feature)
        common : mapping, optional
            What `common` makes of them, where it is there already.
        """
        known = statistics(values, mask, _TOKEN) if common is None else common
        parts = [torch.stack([known[name] for name in _TOKEN], dim=1).flatten(1)]
        if self.recurrent is not None:
            # the mask beside the values: a median that stands in for a gap is told from one that was measured
            steps = torch.cat([torch.where(mask, values, torch.zeros_like(values)), mask.to(values.dtype)], dim=2)
            parts.append(self.recurrent(steps)[0][:, -1])
        return self.project(torch.cat(parts, dim=1))[:, None], mask.flatten(1).any(1, keepdim=True)


ENCODER = SequenceEncoder
