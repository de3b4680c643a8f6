"""Fusion: what is known of a region asks the tokens of all modalities, as many as there happen to be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["AttentionFusion", "JoinFusion", "attend"]


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
    # all sizes said: one that is left to be inferred has no answer in an empty batch
    return part.reshape(*part.shape[:2], heads, part.shape[2] // heads).transpose(1, 2)


class JoinFusion(nn.Sequential):
    """Scores from the means of the modalities' tokens, joined.

    Parameters
    ----------
    modalities, outputs : int
    width, hidden : int
        Of the tokens, and units of the layer between.
    dropout : float

    Attributes
    ----------
    state_size : int
        Numbers that the scores are made of.
    """

    def __init__(self, modalities: int, outputs: int, width: int, hidden: int, dropout: float) -> None:
        last = nn.Linear(hidden, outputs)
        # the deep path begins as nothing: training starts from what the linear path already knows
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        first = nn.Linear(modalities * width, hidden)
        super().__init__(nn.Dropout(dropout), first, nn.GELU(), nn.Dropout(dropout), last)
        self.state_size = hidden

    def state(self, joined: Tensor, parts: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """Give what is known of each sample, shape (batch, hidden)."""
        for layer in list(self)[:-1]:
            joined = layer(joined)
        return joined

    def scores(self, state: Tensor) -> Tensor:
        """Read the scores off it, shape (batch, output)."""
        scores: Tensor = self[-1](state)
        return scores


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

    Attributes
    ----------
    state_size : int
        Numbers that the scores are made of.
    """

    def __init__(
        self, modalities: int, outputs: int, width: int, hidden: int, dropout: float, layers: int = 1, heads: int = 4
    ) -> None:
        super().__init__()
        # one kind of token a modality, small so that it does not drown what the token says
        self.kind = nn.Parameter(torch.randn(modalities, width) * 0.02)
        # attention over nothing at all would be NaN: there is always a token that says nothing
        self.nothing = nn.Parameter(torch.zeros(1, 1, width))
        self.query = nn.Sequential(nn.Dropout(dropout), nn.Linear(modalities * width, width), nn.GELU())
        self.layers = nn.ModuleList(_Layer(width, hidden, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.state_size = width
        self.last = nn.Linear(width, outputs)
        # the deep path begins as nothing: training starts from what the linear path already knows
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def state(self, joined: Tensor, parts: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """Fuse.

        Parameters
        ----------
        joined : Tensor, shape (batch, modality * width)
        parts : sequence of (tokens, present)
            One a modality: (batch, token, width) and (batch, token).

        Returns
        -------
        Tensor, shape (batch, width)
            What is known of each sample.
        """
        named = [tokens + self.kind[place] for place, (tokens, _) in enumerate(parts)]
        tokens = torch.cat([self.nothing.expand(joined.shape[0], -1, -1), *named], dim=1)
        always = torch.ones_like(parts[0][1][:, :1])
        present = torch.cat([always, *(seen for _, seen in parts)], dim=1)
        state = self.query(joined)[:, None]
        for layer in self.layers:
            state = layer(state, tokens, present)
        known: Tensor = self.norm(state[:, 0])
        return known

    def scores(self, state: Tensor) -> Tensor:
        """Read the scores off it, shape (batch, output)."""
        scores: Tensor = self.last(state)
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
        # residual: a layer that learnt nothing leaves the state as it was
        state = state + self.drop(self.out(found))
        result: Tensor = state + self.drop(self.inner(self.after(state)))
        return result
