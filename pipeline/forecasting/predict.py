"""Regions through the model: probabilities and what they are made of, for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.heads import FlareProcess
from sunproof.pipeline.training.bundle import Bundle
from sunproof.pipeline.training.threads import one_thread

__all__ = ["predict", "region_status"]


def predict(bundle: Bundle, inputs: Mapping[str, tuple[Any, Any]], batch_size: int) -> FlareProcess:
    """Forecast rows in batches.

    Parameters
    ----------
    bundle : Bundle
    inputs : mapping
        Modality -> (values, mask), raw units.
    batch_size : int

    Returns
    -------
    FlareProcess
        In float64, of all rows: probabilities computed from it nest exactly.
    """
    size = len(next(iter(inputs.values()))[0])
    done = []
    with torch.inference_mode(), one_thread():
        for start in range(0, size, batch_size):
            rows = slice(start, start + batch_size)
            batch = {name: (values[rows], mask[rows]) for name, (values, mask) in inputs.items()}
            done.append(bundle.ensemble(batch).double())
        return FlareProcess.join(done)


def region_status(
    inputs: Mapping[str, tuple[Any, Any]], modalities: Sequence[str]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Decide which rows have a forecast: without any magnetogram of the history there is no region to speak of.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask).
    modalities : sequence of str
        Those of the model.

    Returns
    -------
    status, reason : ndarray of str objects, shape (row,)
        A forecast that lacks a whole modality is issued, and says so.
    """
    masks = {name: np.asarray(inputs[name][1]) for name in modalities}
    seen: dict[str, NDArray[np.bool_]] = {
        name: np.asarray(mask.reshape(len(mask), -1).any(axis=1)) for name, mask in masks.items()
    }
    # one code a row, a bit a modality: at most 2^n different sentences for any number of rows
    size = len(next(iter(seen.values())))
    code = np.zeros(size, np.int64)
    for place, present in enumerate(seen.values()):
        code += np.where(present, 0, 1 << place)
    status, reason = np.full(size, "ISSUED", dtype=object), np.full(size, "", dtype=object)
    for value in np.unique(code)[np.unique(code) > 0]:
        missing = [name for place, name in enumerate(modalities) if value & (1 << place)]
        rows = code == value
        if "keywords" in missing or len(missing) == len(modalities):
            status[rows] = "NO_FORECAST"
            reason[rows] = f"no observation in the history before the data cut-off: {', '.join(missing)}"
        else:
            reason[rows] = f"issued without {', '.join(missing)}"
    return status, reason
