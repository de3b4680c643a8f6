"""Regions through the model: probabilities and what they are made of, for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.heads import FlareProcess
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.training.bundle import Bundle
from sunproof.pipeline.training.threads import one_thread

__all__ = ["predict", "region_status"]


def predict(bundle: Bundle, inputs: Inputs | Mapping[str, tuple[Any, Any]], batch_size: int) -> FlareProcess:
    """Forecast rows in batches.

    Parameters
    ----------
    bundle : Bundle
    inputs : Inputs or mapping
        Modality -> (values, mask), raw units. Of `Inputs` images are read batch by batch.
    batch_size : int

    Returns
    -------
    FlareProcess
        In float64, of all rows: probabilities computed from it nest exactly.
    """
    held = inputs if isinstance(inputs, Inputs) else Inputs(inputs, {}, {})
    done = []
    with torch.inference_mode(), one_thread():
        for start in range(0, len(held), batch_size):
            batch = held.read_shared(slice(start, start + batch_size))
            # in double from here on: classes nest exactly only where sums do not round
            done.append(bundle.ensemble(batch).double())
        return FlareProcess.join(done)


def region_status(
    observed: Mapping[str, NDArray[np.bool_]], modalities: Sequence[str], channels: Mapping[str, Sequence[str]]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Decide which rows have a forecast: without any magnetogram of the history there is no region to speak of.

    Parameters
    ----------
    observed : mapping
        Modality -> mask, rows first.
    modalities : sequence of str
        Those of the model.
    channels : mapping
        Modality -> names of the channels of images, whose frames are the mask (row, lag, channel); each is told of.

    Returns
    -------
    status, reason : ndarray of str objects, shape (row,)
        A forecast that lacks a whole modality is issued, and says so.
    """
    masks = {name: np.asarray(observed[name]) for name in modalities}
    for name in channels:
        images = masks.pop(name)
        # the angle of view comes with the frame it belongs to
        named = {place: channel for place, channel in enumerate(channels[name]) if channel != "mu"}
        masks |= {f"{name} {channel}": images[:, :, place] for place, channel in named.items()}
    modalities = list(masks)
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
