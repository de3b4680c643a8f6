"""Where in the images: Integrated Gradients of every pixel, each map with its completeness error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.attribution.completeness import STEPS, allowed_error
from sunproof.models.attribution.explained import Explained
from sunproof.models.prepared import Prepared

__all__ = ["PixelMaps", "distance_maps", "pixel_maps"]

# Pixels of one pass with gradients: 32 MiB, and some twenty times as much in between.
_PIXELS = 2**23

Maps = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class PixelMaps:
    """What the pixels of each forecast's images did to its logit.

    Parameters
    ----------
    maps : dict
        Modality -> logit, shape (sample, lag, channel, y, x), in the pixels of the model's input; 0 where nothing was
        observed. Empty for a model without images.
    error : ndarray, shape (sample,)
        Sum of the attributions of all inputs, pixels and others, minus the difference of logits.
    steps : ndarray of int, shape (sample,)
        Integration steps used.
    complete : ndarray of bool, shape (sample,)
        Whether the error is allowed (`sunproof.models.attribution.completeness`); else a map is no evidence.
    """

    maps: Maps
    error: NDArray[np.float64]
    steps: NDArray[np.int64]
    complete: NDArray[np.bool_]


@torch.inference_mode(False)
def pixel_maps(explained: Explained, steps: tuple[int, ...] = STEPS) -> PixelMaps:
    """Attribute the logit to single pixels, along the path that all inputs go together.

    The sum over a frame is its attribution by `sunproof.models.attribution.integrated_gradients.attribute` with as many
    steps.

    Parameters
    ----------
    explained : Explained
    steps : tuple of int
        Of Gauss-Legendre; each is tried for the samples that the one before left incomplete.

    Returns
    -------
    PixelMaps
    """
    size, prepared = len(explained), explained.prepared
    error, used, complete = np.full(size, np.inf), np.zeros(size, np.int64), np.zeros(size, bool)
    if not prepared.index:
        return PixelMaps({}, error, used, complete)
    ends = explained.kept(np.array([[True], [False]]).repeat(explained.mask.shape[1], axis=1))
    difference = ends[:, 0] - ends[:, 1]
    allowed = allowed_error(torch.as_tensor(difference)).numpy()
    found: list[Maps] = []
    # one sample at a time: pixels with gradients at many nodes fill the memory
    for row in range(size):
        single = prepared[[row]].apart()
        for count in steps:
            maps, total = _integrated(explained, single, count)
            error[row], used[row] = total - difference[row], count
            complete[row] = abs(error[row]) <= allowed[row]
            if complete[row]:
                break
        found.append(maps)
    return PixelMaps({name: np.stack([maps[name] for maps in found]) for name in prepared.index}, error, used, complete)


def distance_maps(explained: Explained) -> Maps:
    """Tell how far every pixel is from the baseline, whatever the model does with it: a null of every map.

    Returns
    -------
    dict
        Modality -> |x - baseline| in units of the training spread, shape (sample, lag, channel, y, x); 0 where nothing
        was observed.
    """
    prepared = explained.prepared
    return {
        name: prepared.modalities[name][0][rows].abs().float().numpy().copy() for name, rows in prepared.index.items()
    }


def _integrated(explained: Explained, single: Prepared, count: int) -> tuple[Maps, float]:
    """Integrate along the path of one sample: maps, and the sum over all inputs."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    pixels = sum(values.numel() for values, _ in single.modalities.values())
    size = max(1, _PIXELS // max(1, pixels))
    gradients = {name: torch.zeros_like(values) for name, (values, _) in single.modalities.items()}
    for start in range(0, count, size):
        part = slice(start, start + size)
        # nodes of [-1, 1] brought to the path's [0, 1]; weights halve with it
        for name, gradient in _gradients(explained, single, (nodes[part] + 1) / 2).items():
            weight = torch.as_tensor(weights[part] / 2, dtype=gradient.dtype)
            gradients[name] += torch.tensordot(weight, gradient, dims=1)
    # the baseline is 0, the training median, so that the path's direction is the input itself
    parts = {name: gradients[name] * values for name, (values, _) in single.modalities.items()}
    total = sum(float(part.double().sum()) for part in parts.values())
    return {name: parts[name][0].float().numpy() for name in explained.prepared.index}, total


def _gradients(explained: Explained, single: Prepared, nodes: NDArray[np.float64]) -> dict[str, Tensor]:
    """Gradients of the logit at points of the path, shape (node, ...); inputs that do not matter are left out."""
    count, parts = len(nodes), {}
    # cuDNN's recurrent nets have no backward pass in eval mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for name, (values, mask) in single.modalities.items():
            factor = torch.as_tensor(nodes, dtype=values.dtype).reshape(-1, *[1] * (values.dim() - 1))
            moved = (values * factor).detach().requires_grad_()
            parts[name] = (moved, mask.expand(count, *mask.shape[1:]))
        index = {name: torch.arange(count) for name in explained.prepared.index}
        process = explained.ensemble.process(Prepared(parts, single.limit.repeat(count), index))
        logit = process.logits(explained.ensemble.fluxes)[:, explained.place[0], explained.place[1]]
        inputs = {name: moved for name, (moved, _) in parts.items()}
        found = torch.autograd.grad(logit.sum(), list(inputs.values()), allow_unused=True)
    return {name: gradient for name, gradient in zip(inputs, found, strict=True) if gradient is not None}
