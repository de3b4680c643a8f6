"""Where in the images: Integrated Gradients pixel by pixel, and what parts of the picture do together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import max_pool2d

from sunproof.models.attribution.explained import Explained
from sunproof.models.network import Prepared
from sunproof.models.physics.inversion_line import inversion_line

__all__ = ["SCENERY", "Share", "pixel_maps", "scenery", "shares"]

SCENERY = ("padding", "limb", "inversion line", "region", "background")
"""Parts of a picture, each pixel in the first that it belongs to."""

# G, the noise floor of the inversion line's polarity masks (Schrijver 2007).
_FIELD = 150.0
# Beyond 60 degrees from the centre of the disk foreshortening halves a pixel.
_LIMB = 0.5
# Pixels that the band around an inversion line, and the rim of a region, are wide.
_BAND = 5


class Share(NamedTuple):
    """What each part of the picture did, shape (sample, part): sum of its pixels' attributions, and of its ablation.

    NaN where a sample has no such pixels. ``size`` is the part's share of the pixels: what a map without any content
    would give it.
    """

    attribution: NDArray[np.float64]
    ablation: NDArray[np.float64]
    size: NDArray[np.float64]


def pixel_maps(explained: Explained, steps: int = 32) -> dict[str, NDArray[np.float32]]:
    """Attribute the logit to single pixels, along the path that all inputs go together.

    Parameters
    ----------
    explained : Explained
    steps : int
        Of Gauss-Legendre.

    Returns
    -------
    dict
        Modality -> logit, shape (sample, lag, channel, y, x), in the pixels of the model's input; 0 where nothing was
        observed. The sum over a frame is its attribution by
        `sunproof.models.attribution.integrated_gradients.attribute` with as many steps. Empty without images.
    """
    prepared = explained.prepared
    if not prepared.index:
        return {}
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    found = [_sample(explained, prepared[[row]], (nodes + 1) / 2, weights / 2) for row in range(len(prepared))]
    return {name: np.stack([maps[name] for maps in found]) for name in prepared.index}


def _sample(
    explained: Explained, prepared: Prepared, nodes: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float32]]:
    count = len(nodes)
    parts, wanted = {}, {}
    with torch.enable_grad():
        for name, (values, mask) in prepared.apart().modalities.items():
            factor = torch.as_tensor(nodes, dtype=values.dtype).reshape(-1, *[1] * (values.dim() - 1))
            moved = (values * factor).detach().requires_grad_(name in prepared.index)
            parts[name] = (moved, mask.expand(count, *mask.shape[1:]))
            if name in prepared.index:
                wanted[name] = (moved, values[0])
        index = {name: torch.arange(count) for name in prepared.index}
        process = explained.ensemble.process(Prepared(parts, prepared.limit.repeat(count), index))
        logit = process.logits(explained.ensemble.fluxes)[:, explained.place[0], explained.place[1]]
        gradients = torch.autograd.grad(logit.sum(), [moved for moved, _ in wanted.values()], allow_unused=True)
    weight = torch.as_tensor(weights, dtype=torch.float32)
    return {
        name: np.zeros(values.shape, np.float32)
        if gradient is None
        else (torch.tensordot(weight, gradient.float(), dims=1) * values).numpy()
        for (name, (_, values)), gradient in zip(wanted.items(), gradients, strict=True)
    }


def scenery(field: NDArray[np.floating], seen: NDArray[np.bool_], mu: NDArray[np.floating]) -> NDArray[np.int64]:
    """Tell what is where.

    Parameters
    ----------
    field : ndarray, shape (sample, y, x)
        Magnetic field along the line of sight, G.
    seen : ndarray of bool, same shape
        Where it was observed.
    mu : ndarray, same shape
        Cosine of the angle of view; NaN where it is unknown.

    Returns
    -------
    ndarray, same shape
        Place in `SCENERY`: the inversion line with two pixels on both sides, the region (field above 150 G, with as
        wide a rim) without it.
    """
    gauss = torch.as_tensor(np.where(seen, field, 0.0)).double()
    line, strong = _wide(inversion_line(gauss)), _wide(gauss.abs() > _FIELD)
    with np.errstate(invalid="ignore"):
        limb = np.asarray(mu) < _LIMB
    return np.select([~seen, limb, line.numpy(), strong.numpy()], [0, 1, 2, 3], 4).astype(np.int64)


def _wide(mask: Tensor) -> Tensor:
    return max_pool2d(mask[:, None].double(), _BAND, stride=1, padding=_BAND // 2)[:, 0] > 0


def shares(
    explained: Explained,
    modality: str,
    maps: NDArray[np.float32],
    place: NDArray[np.int64],
    parts: Sequence[str] = SCENERY,
) -> Share:
    """Sum a map over the parts of the picture, and take each part away: its pixels at the training median.

    Parameters
    ----------
    explained : Explained
    modality : str
        Of the images.
    maps : ndarray, shape (sample, lag, channel, y, x)
        As `pixel_maps` gives them.
    place : ndarray of int, shape (sample, y, x)
        Part of each pixel, as `scenery` gives it.
    parts : sequence of str
        Names of the parts.

    Returns
    -------
    Share
    """
    prepared = explained.prepared.apart()
    inside = place[:, None] == np.arange(len(parts))[:, None, None]
    there = inside.any(axis=(2, 3))
    attribution = np.einsum("slcyx,spyx->sp", maps.astype(np.float64), inside.astype(np.float64))
    whole = _logit(explained, prepared, modality, np.ones(place.shape, bool))
    taken = [whole - _logit(explained, prepared, modality, ~inside[:, part]) for part in range(len(parts))]
    return Share(
        np.where(there, attribution, np.nan),
        np.where(there, np.stack(taken, axis=1), np.nan),
        np.asarray(inside.mean(axis=(2, 3)), np.float64),
    )


def _logit(explained: Explained, prepared: Prepared, modality: str, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    values, mask = prepared.modalities[modality]
    pictures = {modality: (values * torch.as_tensor(kept)[:, None, None], mask)}
    index = {name: torch.arange(len(prepared)) for name in explained.prepared.index}
    with torch.no_grad():
        process = explained.ensemble.process(Prepared(prepared.modalities | pictures, prepared.limit, index))
        logit = process.logits(explained.ensemble.fluxes)[:, explained.place[0], explained.place[1]]
    return np.asarray(logit.double().numpy(), np.float64)
