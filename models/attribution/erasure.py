"""What the logit loses when pixels go to the training median: ablation of any part of the images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.attribution.explained import Explained
from sunproof.models.prepared import Prepared

__all__ = ["erased"]

# Pixels of one forward pass: 64 MiB.
_PIXELS = 2**24

Taken = Mapping[str, NDArray[np.bool_] | tuple[NDArray[np.bool_], NDArray[np.floating]]]
"""Modality -> where, and what is put there; without the second the training median."""


def erased(explained: Explained, row: int, taken: Sequence[Taken]) -> NDArray[np.float64]:
    """Take pixels of one sample's images away, in several ways.

    Parameters
    ----------
    explained : Explained
    row : int
        Which sample.
    taken : sequence of mapping
        Of each way: modality -> bool, broadcastable to (lag, channel, y, x), alone or with normalised values to put in
        the place; modalities that are left out stay.

    Returns
    -------
    ndarray, shape (way,)
        Logit minus the logit without the pixels.
    """
    single = explained.prepared[[row]].apart()
    pixels = sum(single.modalities[name][0].numel() for name in explained.prepared.index)
    size = max(1, _PIXELS // max(1, pixels))
    logits = [_logits(explained, single, [{}])]
    logits += [_logits(explained, single, taken[start : start + size]) for start in range(0, len(taken), size)]
    whole, *rest = np.concatenate(logits).tolist()
    return np.asarray(whole - np.asarray(rest), np.float64)


def _logits(explained: Explained, single: Prepared, taken: Sequence[Taken]) -> NDArray[np.float64]:
    parts, index = {}, {}
    for name, (values, mask) in single.modalities.items():
        # what is left as it was is encoded once
        kept = torch.stack([values[0], *(_without(values[0], way[name]) for way in taken if name in way)])
        parts[name] = (kept, mask.expand(len(kept), *mask.shape[1:]))
        there = np.array([name in way for way in taken])
        index[name] = torch.as_tensor(np.where(there, there.cumsum(), 0))
    with torch.no_grad():
        process = explained.ensemble.process(Prepared(parts, single.limit.repeat(len(taken)), index))
        logit = process.logits(explained.ensemble.fluxes)[:, explained.place[0], explained.place[1]]
    # in double: small differences of logits are what is asked
    return np.asarray(logit.double().numpy(), np.float64)


def _without(values: Tensor, way: NDArray[np.bool_] | tuple[NDArray[np.bool_], NDArray[np.floating]]) -> Tensor:
    where, filling = way if isinstance(way, tuple) else (way, np.zeros(1, np.float32))
    return torch.where(torch.as_tensor(where), torch.as_tensor(filling, dtype=values.dtype), values)
