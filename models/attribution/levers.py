"""Inputs as an explanation varies them: every number by itself, an image frame by frame."""

from __future__ import annotations

import torch
from torch import Tensor

from sunproof.models.normaliser import Modality
from sunproof.models.prepared import Prepared

__all__ = ["levers", "pull"]


def levers(prepared: Prepared) -> dict[str, Modality]:
    """Lay out what can be varied.

    A frame of an image is one element: a factor on all of its pixels, 1 as observed and 0 at the training median. The
    integrated gradient of the factor is exactly the sum of those of the pixels, which lie on the same path.

    Parameters
    ----------
    prepared : Prepared

    Returns
    -------
    dict
        Modality -> (values, mask), rows first; of images shape (batch, lag, channel).
    """
    found = {}
    for name, (values, mask) in prepared.modalities.items():
        found[name] = (values, mask)
        if name in prepared.index:
            seen = mask.flatten(3).any(3)[prepared.index[name]]
            # a lever of an image is its presence, 1 or 0: pixels move with it from the baseline to the image
            found[name] = (seen.to(values.dtype), seen)
    return found


def pull(prepared: Prepared, positions: dict[str, Tensor], differentiable: bool = False) -> Prepared:
    """Give inputs at other positions of the levers.

    Parameters
    ----------
    prepared : Prepared
    positions : dict
        Modality -> values as `levers` lays them out, of every modality.
    differentiable : bool
        Keep every row's own images, so that gradients find their row; else equal ones are made once.

    Returns
    -------
    Prepared
    """
    parts: dict[str, Modality] = {}
    index: dict[str, Tensor] = {}
    for name, (values, mask) in prepared.modalities.items():
        moved = positions[name]
        if name not in prepared.index:
            parts[name] = (moved * mask, mask)
            continue
        origin, factor = prepared.index[name], moved
        index[name] = torch.arange(len(moved))
        if not differentiable:
            # one number a row tells image and factors: float32 counts images without error up to 2^24
            flat = torch.cat([origin[:, None].to(moved.dtype), moved.flatten(1)], dim=1)
            distinct, index[name] = torch.unique(flat, dim=0, return_inverse=True)
            origin, factor = distinct[:, 0].long(), distinct[:, 1:].reshape(-1, *moved.shape[1:])
        parts[name] = (values[origin] * factor[..., None, None], mask[origin])
    return Prepared(parts, prepared.limit, index)
