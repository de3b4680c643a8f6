"""Two plain nets to hold speed against: a ResNet-18 and a vision transformer, as anybody would write them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ResNet18", "VisionTransformer"]


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])
        same = stride == 1 and inputs == outputs
        self.short = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, images: Tensor) -> Tensor:
        state = functional.relu(self.norms[0](self.first(images)))
        return functional.relu(self.norms[1](self.second(state)) + self.short(images))


class ResNet18(nn.Module):
    """He et al. 2016, table 1 (18 layers), for any number of channels.

    Parameters
    ----------
    channels, outputs : int
    width : int
        Channels of the first stage; 64 in the paper.
    """

    def __init__(self, channels: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        sizes = [width * 2**stage for stage in range(4)]
        blocks, before = [], width
        for stage, size in enumerate(sizes):
            blocks += [_Block(before, size, 1 if stage == 0 else 2), _Block(size, size, 1)]
            before = size
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Linear(before, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Classify images of shape (batch, channel, y, x)."""
        return self.last(self.blocks(self.stem(images)).mean((2, 3)))


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, state: Tensor) -> Tensor:
        size = (*state.shape[:2], self.heads, state.shape[2] // self.heads)
        query, key, value = (
            part.reshape(size).transpose(1, 2) for part in self.project(self.before(state)).chunk(3, 2)
        )
        found = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        state = state + self.out(found)
        return state + self.inner(self.after(state))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021, without a class token: the mean of all tokens is classified.

    Parameters
    ----------
    channels, outputs, side : int
        ``side``: pixels of an image.
    patch, width, depth, heads : int
    """

    def __init__(
        self, channels: int, outputs: int, side: int, patch: int = 16, width: int = 384, depth: int = 12, heads: int = 6
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, width, patch, patch)
        self.place = nn.Parameter(torch.randn((side // patch) ** 2, width) * 0.02)
        self.layers = nn.Sequential(*(_Layer(width, heads) for _ in range(depth)))
        self.norm, self.last = nn.LayerNorm(width), nn.Linear(width, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Classify images of shape (batch, channel, y, x)."""
        state = self.embed(images).flatten(2).transpose(1, 2) + self.place
        return self.last(self.norm(self.layers(state)).mean(1))
