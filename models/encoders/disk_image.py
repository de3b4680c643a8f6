"""Full-disk stacks into tokens: patches of each instrument, mixed by attention, one token a part of the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from sunproof.models.encoders.base import ImageEncoder
from sunproof.models.fusion import attend
from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["ENCODER", "DiskImageEncoder"]


class DiskImageEncoder(ImageEncoder):
    """A small vision transformer an instrument, with the same weights for all but the first layer.

    Nearly all of its work are products of matrices. An instrument that is absent has no token and changes no other's.

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
        Rows and columns of an image; multiples of ``patch`` times ``tokens``.
    signed : sequence of bool
        Which channels have a sign; of no account here, where both signs meet every weight.
    instruments : sequence of sequence of int
        Channels of each instrument: what is lost together.
    patch : int
        Pixels a side of a patch.
    inner : int
        Width inside the transformer.
    depth, heads : int
        Its layers and heads.
    tokens : int
        Tokens a side that each instrument ends with.
    channel_dropout : float
        Chance that an instrument is hidden from a training image.

    Raises
    ------
    ConfigError
        If the grid cannot be divided so.
    """

    serves: ClassVar[tuple[str, ...]] = ("disk",)

    def __init__(
        self,
        features: int,
        width: int,
        dropout: float = 0.0,
        *,
        steps: int,
        grid: Sequence[int],
        signed: Sequence[bool],
        instruments: Sequence[Sequence[int]],
        patch: int = 8,
        inner: int = 48,
        depth: int = 1,
        heads: int = 4,
        tokens: int = 4,
        channel_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if any(side % (patch * tokens) for side in grid) or inner % heads:
            got = f"grid {list(grid)}, patch {patch}, tokens {tokens}, inner {inner}, heads {heads}"
            wanted = "sides that are multiples of patch * tokens, and inner one of heads"
            raise ConfigError(Problem("images cannot be cut so", "disk encoder", got, wanted))
        self.patch, self.tokens, self.channel_dropout = patch, tokens, channel_dropout
        self.instruments = [list(channels) for channels in instruments]
        self.cut = (grid[0] // patch, grid[1] // patch)
        sizes = [steps * len(channels) for channels in self.instruments]
        self.embed = nn.ModuleList(nn.Linear(size * patch * patch, inner) for size in sizes)
        # how much was observed is told apart from what was: zeros may be either
        self.coverage = nn.ModuleList(nn.Linear(size, inner, bias=False) for size in sizes)
        # where a patch lies on the disk, which attention alone does not know
        self.place = nn.Parameter(torch.randn(self.cut[0] * self.cut[1], inner) * 0.02)
        self.layers = nn.ModuleList(_Layer(inner, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(inner)
        self.project = nn.Linear(inner, width)
        self.instrument = nn.Parameter(torch.randn(len(self.instruments), 1, width) * 0.02)
        self.corner = nn.Parameter(torch.randn(tokens * tokens, width) * 0.02)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a batch; see `sunproof.models.encoders.base.Encoder`.

        Parameters
        ----------
        values, mask : Tensor, shape (batch, lag, channel, y, x)
        """
        tokens, covered = [], []
        for place, channels in enumerate(self.instruments):
            seen = mask[:, :, channels]
            if self.training and self.channel_dropout:
                # whole instruments are hidden, as they are lost: all channels and lags at once
                kept = torch.rand(len(values), device=values.device) >= self.channel_dropout
                seen = seen & kept[:, None, None, None, None]
            pixels, parts = self._patches(values[:, :, channels] * seen), self._patches(seen.to(values.dtype))
            # share of each patch that each channel of each lag observed
            pixel = self.patch**2
            share = parts.reshape(*parts.shape[:2], parts.shape[2] // pixel, pixel).mean(3)
            tokens.append(self.embed[place](pixels) + self.coverage[place](share) + self.place)
            covered.append(share.amax(2) > 0)
        # all instruments are one batch: the layers are the same for each
        state, present = torch.cat(tokens), torch.cat(covered)
        # attention over no token at all is NaN: an instrument that saw nothing looks at blank ones, which end as absent
        alone = present | ~present.any(1, keepdim=True)
        for layer in self.layers:
            state = layer(state, alone)
        return self._collect(self.project(self.norm(state)), present)

    def _patches(self, images: Tensor) -> Tensor:
        """(batch, lag, channel, y, x) to (batch, patch, lag * channel * pixel), a pure reordering."""
        batch, lags, channels, height, width = images.shape
        side, rows, columns = self.patch, height // self.patch, width // self.patch
        # all sizes said: one that is left to be inferred has no answer in an empty batch
        cut = images.reshape(batch, lags * channels, rows, side, columns, side)
        return cut.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, lags * channels * side * side)

    def _collect(self, state: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Average the patches of each part of the disk: (batch, instrument * part, width)."""
        number, count = len(self.instruments), self.tokens
        weight = present.to(state.dtype)[..., None]
        # sums of tokens and of their weights in one pooling; their ratio is the mean of what was observed
        both = torch.cat([state * weight, weight], dim=2).transpose(1, 2)
        both = both.reshape(*both.shape[:2], *self.cut)
        size = self.cut[0] // count, self.cut[1] // count
        pooled = functional.avg_pool2d(both, size).flatten(2).transpose(1, 2)
        covered = pooled[..., -1]
        tokens = pooled[..., :-1] / covered[..., None].clamp_min(1e-6) + self.corner
        # (instrument * batch, part) to (batch, instrument * part)
        tokens = tokens.reshape(number, -1, count * count, tokens.shape[2]) + self.instrument[:, None]
        seen = (covered > 0).reshape(number, -1, count * count)
        return tokens.transpose(0, 1).flatten(1, 2), seen.transpose(0, 1).flatten(1, 2)


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.drop = nn.Dropout(dropout)

    def forward(self, state: Tensor, present: Tensor) -> Tensor:
        query, key, value = self.project(self.before(state)).chunk(3, dim=-1)
        state = state + self.drop(self.out(attend(query, key, value, self.heads, present)))
        result: Tensor = state + self.drop(self.inner(self.after(state)))
        return result


ENCODER = DiskImageEncoder
