"""Fusion: what is known of a region asks the tokens of all modalities, as many as there happen to be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["AttentionFusion", "attend"]


def attend(queries: Tensor, keys: Tensor, values: Tensor, heads: int, present: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention.

    Parameters
    ----------
    queries : Tensor, shape (batch, query, width)
    keys, values : Tensor, shape (batch, token, width)
    heads : int
    present : Tensor of bool, shape (batch, token), optional
        Absent tokens are not seen; at least one must be present, for the mean over none is no number.

    Returns
    -------
    Tensor, shape (batch, query, width)
        The same with and without gradients: `torch.nn.MultiheadAttention` has a second implementation for inference,
        which answers otherwise where tokens are masked.
    """
    query, key, value = (_split(part, heads) for part in (queries, keys, values))
    mask = None if present is None else present[:, None, None, :]
    found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return found.transpose(1, 2).flatten(2)


def _split(part: Tensor, heads: int) -> Tensor:
    """(batch, token, width) to (batch, head, token, width of a head)."""
    return part.reshape(*part.shape[:2], heads, -1).transpose(1, 2)


class AttentionFusion(nn.Module):
    """Scores from the tokens of all modalities.

    The means of the modalities' tokens, joined, make one query; it attends to all tokens and to one that is always
    there, so that a sample without any observation is nothing special.

    Parameters
    ----------
    modalities, outputs : int
    width, hidden : int
        Of the tokens, and units of the layers after each attention.
    dropout : float
    layers, heads : int
    """

    def __init__(
        self, modalities: int, outputs: int, width: int, hidden: int, dropout: float, layers: int = 1, heads: int = 4
    ) -> None:
        super().__init__()
        self.kind = nn.Parameter(torch.randn(modalities, width) * 0.02)
        self.nothing = nn.Parameter(torch.zeros(1, 1, width))
        self.query = nn.Sequential(nn.Dropout(dropout), nn.Linear(modalities * width, width), nn.GELU())
        self.layers = nn.ModuleList(_Layer(width, hidden, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)
        # the deep path begins as nothing: training starts from what the linear path already knows
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, joined: Tensor, parts: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """Fuse.

        Parameters
        ----------
        joined : Tensor, shape (batch, modality * width)
        parts : sequence of (tokens, present)
            One a modality: (batch, token, width) and (batch, token).

        Returns
        -------
        Tensor, shape (batch, output)
        """
        named = [tokens + self.kind[place] for place, (tokens, _) in enumerate(parts)]
        tokens = torch.cat([self.nothing.expand(len(joined), -1, -1), *named], dim=1)
        always = torch.ones_like(parts[0][1][:, :1])
        present = torch.cat([always, *(seen for _, seen in parts)], dim=1)
        state = self.query(joined)[:, None]
        for layer in self.layers:
            state = layer(state, tokens, present)
        scores: Tensor = self.last(self.norm(state[:, 0]))
        return scores


class _Layer(nn.Module):
    def __init__(self, width: int, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.tokens, self.after = (nn.LayerNorm(width) for _ in range(3))
        self.query, self.key_value, self.out = (
            nn.Linear(width, width),
            nn.Linear(width, 2 * width),
            nn.Linear(width, width),
        )
        self.inner = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width))
        self.drop = nn.Dropout(dropout)

    def forward(self, state: Tensor, tokens: Tensor, present: Tensor) -> Tensor:
        keys, values = self.key_value(self.tokens(tokens)).chunk(2, dim=-1)
        found = attend(self.query(self.before(state)), keys, values, self.heads, present)
        state = state + self.drop(self.out(found))
        result: Tensor = state + self.drop(self.inner(self.after(state)))
        return result
