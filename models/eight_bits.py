"""Layers with 8-bit weights and inputs: sums of products of whole numbers, scaled back at the end."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Int8Conv2d", "Int8Linear"]


class _Int8(nn.Module):
    """Weights of a layer as whole numbers, with one scale an output.

    Products of integers are summed in float32, which is exact up to a thousand inputs and nearly so beyond.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        found = layer.weight.detach()
        # An output of zeros has no step; the least one keeps it from dividing by nothing.
        scale = (found.flatten(1).abs().amax(dim=1) / 127).clamp_min(torch.finfo(torch.float32).tiny)
        self.register_buffer("weight", torch.round(found / _beside(scale, found.dim())).to(torch.int8))
        self.register_buffer("scale", scale)
        bias = torch.zeros_like(scale) if layer.bias is None else layer.bias.detach().clone()
        self.register_buffer("bias", bias)


def _beside(values: Tensor, dims: int) -> Tensor:
    """Give one number an output a shape that meets so many dimensions, of which the first are the outputs."""
    return values.reshape(-1, *[1] * (dims - 1))


def _whole(values: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Round to whole numbers up to 127 with one step for what lies along ``dims``: (numbers, steps)."""
    step = (values.abs().amax(dim=dims, keepdim=True) / 127).clamp_min(torch.finfo(torch.float32).tiny)
    return torch.round(values / step).clamp(-127, 127), step


class Int8Linear(_Int8):
    """A linear layer; inputs are rounded row by row.

    Parameters
    ----------
    layer : torch.nn.Linear
        In float32.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Apply the layer."""
        whole, step = _whole(values, (-1,))
        # Whole numbers as float32: exact up to 2^24, some thousand products, and fast on every machine.
        return functional.linear(whole, self.weight.float()) * step * self.scale + self.bias


class Int8Conv2d(_Int8):
    """A convolution; inputs are rounded image by image.

    Parameters
    ----------
    layer : torch.nn.Conv2d
        In float32, padded with zeros or not at all.
    """

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__(layer)
        self.options = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}

    def forward(self, values: Tensor) -> Tensor:
        """Apply the layer."""
        whole, step = _whole(values, (-3, -2, -1))
        found = functional.conv2d(whole, self.weight.float(), **self.options)
        return found * step * _beside(self.scale, 3) + _beside(self.bias, 3)
