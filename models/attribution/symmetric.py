"""The same region on a Sun with the opposite field, a mirrored one, or turned by half a circle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.attribution.together import Parts
from sunproof.models.symmetries import HALF_TURN, MIRROR, OPPOSITE, Symmetry

__all__ = ["SYMMETRIES", "symmetric"]

SYMMETRIES: Mapping[str, Symmetry] = {"opposite field": OPPOSITE, "mirrored Sun": MIRROR, "turned region": HALF_TURN}
"""Intervention -> what it does to the inputs."""

# The view of a region: it stays where it is when the region is turned.
_VIEW = "mu"
# Within 40 degrees of the disk's centre: further out the line of sight is no axis that a region can be turned about.
_LEAST_MU = 0.77


def symmetric(blocks: Mapping[str, Any], parts: Parts) -> list[tuple[str, Parts, NDArray[np.bool_]]]:
    """Make the inputs of Suns on which physics is the same.

    Parameters
    ----------
    blocks : mapping
        Modality -> its part of the architecture.
    parts : Parts
        Inputs of the batch, raw units; images may be shared.

    Returns
    -------
    list of tuple
        Intervention, inputs, and for which samples it can be made; none of those that change nothing that the model
        reads. A region is turned in its patches alone, so that a model of whole disks is not asked: there it
        would lie both ways. Nor is it where a patch tells that it lies more than 40 degrees from the centre.
    """
    found = []
    for name, symmetry in SYMMETRIES.items():
        changed = [modality for modality in parts if symmetry.changes(blocks[modality])]
        if not changed or (symmetry is HALF_TURN and "disk" in changed):
            continue
        other = parts | {modality: _turned(symmetry, blocks[modality], parts[modality]) for modality in changed}
        able = np.any([_able(symmetry, blocks[modality], parts[modality]) for modality in changed], axis=0)
        found.append((name, other, able & _in_view(symmetry, blocks, parts)))
    return found


def _turned(symmetry: Symmetry, block: Mapping[str, Any], part: tuple[Any, ...]) -> tuple[Any, ...]:
    values, mask = (np.asarray(one) for one in part[:2])
    turned, seen = (one.numpy() for one in symmetry(block, torch.as_tensor(values), torch.as_tensor(mask)))
    if symmetry is HALF_TURN and _VIEW in block["features"]:
        place = block["features"].index(_VIEW)
        turned, seen = turned.copy(), seen.copy()
        turned[:, :, place], seen[:, :, place] = values[:, :, place], mask[:, :, place]
    return (turned, seen, *part[2:])


def _able(symmetry: Symmetry, block: Mapping[str, Any], part: tuple[Any, ...]) -> NDArray[np.bool_]:
    """Find samples of which anything that changes was observed."""
    mask = np.asarray(part[1], bool)
    if not (block.get("grid") and symmetry.flipped):
        odd = np.asarray(symmetry.factors(block)) < 0
        mask = mask[:, :, odd] if block.get("grid") else mask[..., odd]
    return _of_samples(np.asarray(mask.reshape(len(mask), -1).any(axis=1), bool), part)


def _in_view(symmetry: Symmetry, blocks: Mapping[str, Any], parts: Parts) -> NDArray[np.bool_]:
    """Find samples whose region is looked at from above, as far as a patch tells."""
    first = next(iter(parts.values()))
    size = len(_of_samples(np.zeros(len(first[0]), bool), first))
    if symmetry is not HALF_TURN or "patch" not in parts or _VIEW not in blocks["patch"]["features"]:
        return np.ones(size, bool)
    place = blocks["patch"]["features"].index(_VIEW)
    values, mask = (np.asarray(one)[:, :, place] for one in parts["patch"][:2])
    seen = np.where(mask & np.isfinite(values), values, 0.0).reshape(len(values), -1)
    count = np.maximum((mask & np.isfinite(values)).reshape(len(values), -1).sum(axis=1), 1)
    # a patch that was never seen has no angle, and is no less unable
    return _of_samples(seen.sum(axis=1) / count >= _LEAST_MU, parts["patch"])


def _of_samples(known: NDArray[np.bool_], part: tuple[Any, ...]) -> NDArray[np.bool_]:
    """Of images that samples share, what is known of each sample's."""
    return known[np.asarray(part[2])] if len(part) > 2 else known
