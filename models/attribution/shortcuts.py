"""What a forecast must not come from: place, hour and gaps are dealt anew among the rows, and everything else stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.together import Parts

__all__ = ["nuisances"]


def nuisances(architecture: Mapping[str, Any], parts: Parts, seed: int) -> dict[str, Parts]:
    """Make variants of a batch that say the same of the Sun.

    Parameters
    ----------
    architecture : mapping
        See `sunproof.models.network.Network`.
    parts : Parts
        Inputs in raw units, without images.
    seed : int

    Returns
    -------
    dict
        Nuisance -> inputs: ``place`` and ``time`` of other rows; ``short history``: the first two thirds of every
        sequence unobserved; ``last step``: the last step of every sequence unobserved; ``gaps``: unobserved wherever
        another row is. Those that the model cannot see are left out.
    """
    size = len(next(iter(parts.values()))[0])
    # real values in an impossible combination: a model that reads nothing of them does not notice
    order = np.random.default_rng(seed).permutation(size)
    found = {name: _swapped(architecture, parts, name, order) for name in ("place", "time")}
    blocks = {name: architecture["modalities"][name] for name in parts}
    steps = {name: block["steps"] for name, block in blocks.items() if block.get("steps")}
    if steps:
        found["short history"] = _hidden(parts, {name: slice(0, count * 2 // 3) for name, count in steps.items()})
        found["last step"] = _hidden(parts, dict.fromkeys(steps, slice(-1, None)))
        found["gaps"] = {name: (values, mask & mask[order]) for name, (values, mask) in parts.items()}
    return {name: variant for name, variant in found.items() if variant is not None}


def _swapped(architecture: Mapping[str, Any], parts: Parts, group: str, order: NDArray[np.intp]) -> Parts | None:
    swapped, any_there = dict(parts), False
    for name, (values, mask) in parts.items():
        groups = partition({"modalities": {name: architecture["modalities"][name]}}, "physics")
        if group not in groups.names:
            continue
        inside = (groups.index == groups.names.index(group)).reshape(values.shape[1:])
        swapped[name] = (np.where(inside, values[order], values), np.where(inside, mask[order], mask))
        any_there = True
    return swapped if any_there else None


def _hidden(parts: Parts, steps: Mapping[str, slice]) -> Parts:
    hidden = dict(parts)
    for name, where in steps.items():
        mask = parts[name][1].copy()
        mask[:, where] = False
        hidden[name] = (parts[name][0], mask)
    return hidden
