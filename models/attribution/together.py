"""Variants of one batch, answered together: what several of them have in common is encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.forecaster import Ensemble

__all__ = ["Parts", "answer", "answer_together"]

Parts = dict[str, Any]
"""Modality -> (values, mask), raw units, rows first; of images (values, mask, index)."""

# Rows of one forward pass, as long as one variant has no more.
_ROWS = 4096


def answer(ensemble: Ensemble, parts: Parts) -> NDArray[np.float64]:
    """Ask a model about a batch.

    Parameters
    ----------
    ensemble : Ensemble
        In eval mode.
    parts : Parts

    Returns
    -------
    ndarray, shape (sample, threshold, window)
        Logit.
    """
    with torch.no_grad():
        return np.asarray(ensemble(parts).logits(ensemble.fluxes).double().numpy(), np.float64)


def answer_together(ensemble: Ensemble, variants: Sequence[Parts]) -> list[NDArray[np.float64]]:
    """Ask a model about variants of one batch.

    Parameters
    ----------
    ensemble : Ensemble
        In eval mode.
    variants : sequence of Parts
        Of as many samples each; the first has every modality, and what another leaves out is unobserved there. Arrays
        that two variants share are the same objects.

    Returns
    -------
    list of ndarray
        Logit of each, shape (sample, threshold, window).
    """
    first, size = variants[0], _size(variants[0])
    step = max(1, _ROWS // max(1, size))
    found: list[NDArray[np.float64]] = []
    for start in range(0, len(variants), step):
        some = variants[start : start + step]
        joined = {name: _joined([variant.get(name) for variant in some], whole, size) for name, whole in first.items()}
        logits = answer(ensemble, joined)
        found += [logits[at * size : (at + 1) * size] for at in range(len(some))]
    return found


def _joined(parts: Sequence[tuple[Any, ...] | None], whole: tuple[Any, ...], size: int) -> tuple[Any, ...]:
    """Lay the distinct ones of a modality's variants one after the other: (values, mask, index); None is unobserved."""
    # of the batch itself: all variants that are answered at once may lack the modality
    nothing = np.zeros_like(np.asarray(whole[0])[:1])
    values: list[NDArray[Any]] = []
    masks: list[NDArray[np.bool_]] = []
    index, known, count = [], {}, 0
    for part in parts:
        # by identity: variants leave what they do not change the very same arrays
        if (key := None if part is None else (id(part[0]), id(part[1]))) not in known:
            known[key] = count
            values.append(nothing if part is None else np.asarray(part[0]))
            masks.append(nothing.astype(bool) if part is None else np.asarray(part[1], bool))
            count += len(values[-1])
        own = np.zeros(size, np.int64) if part is None else np.asarray(part[2]) if len(part) > 2 else np.arange(size)
        index.append(known[key] + own)
    return np.concatenate(values), np.concatenate(masks), np.concatenate(index)


def _size(parts: Parts) -> int:
    part = next(iter(parts.values()))
    return len(part[2] if len(part) > 2 else part[0])
