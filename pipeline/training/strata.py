"""Inputs on which two versions of a model are compared: every kind of outcome, and more of the rare ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.verification.cases import region_key

__all__ = ["Strata", "pick_strata", "together"]

# Bytes of images (float32 with its mask) that all samples may hold, and those that are computed together.
_BYTES, _TOGETHER = 2_000_000_000, 200_000_000


@dataclass(frozen=True)
class Strata:
    """Samples with what happened.

    Parameters
    ----------
    inputs : dict
        Modality -> (values, mask), raw units.
    events : ndarray, shape (sample, threshold, window)
        1, 0 or NaN.
    largest : ndarray of str, shape (sample,)
        Largest threshold reached in the longest window, ``quiet`` for none.
    regions : ndarray of int, shape (sample,)
    """

    inputs: dict[str, tuple[Any, Any]]
    events: NDArray[np.float64]
    largest: NDArray[Any]
    regions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.largest)

    def counts(self) -> dict[str, int]:
        """Count the samples of each kind."""
        return {str(name): int((self.largest == name).sum()) for name in np.unique(self.largest)}


def pick_strata(data: SampleData, blocks: tuple[str, ...], size: int, seed: int) -> Strata:
    """Draw up to ``size`` labelled samples of some blocks: equal shares a kind of outcome, the rest among what is left.

    Parameters
    ----------
    data : SampleData
        After ``setup``.
    blocks : tuple of str
    size, seed : int
        Fewer samples where the images of so many would not fit into two gigabytes.
    """
    images = data.inputs.lazy
    bytes_a_row = sum(5 * math.prod(modality.shape) for modality in images.values())
    size = min(size, max(1, _BYTES // bytes_a_row)) if bytes_a_row else size
    rows = np.concatenate([data.rows(name).numpy() for name in blocks])
    chosen: xr.Dataset = data.samples.isel(sample=rows)
    events = chosen["event"].transpose("sample", "threshold", "window").to_numpy().astype(np.float64)
    names = ["quiet", *map(str, chosen["threshold"].to_numpy())]
    reached = np.nansum(events[:, :, -1], axis=1).astype(int)
    kind, random = np.array(names)[reached], np.random.default_rng(seed)
    drawn: list[NDArray[np.int64]] = []
    for name in reversed(names):
        found = random.permutation(np.flatnonzero(kind == name))
        # what rare kinds leave unused goes to the next
        room = (size - sum(map(len, drawn))) // (names.index(name) + 1)
        drawn.append(found[:room])
    place = np.sort(np.concatenate(drawn))
    index = rows[place]
    inputs = {name: (values[index], mask[index]) for name, (values, mask) in data.inputs.modalities.items()}
    inputs |= {name: modality.read(index) for name, modality in images.items()}
    return Strata(inputs, events[place], kind[place], region_key(data.samples.isel(sample=index)))


def together(inputs: Mapping[str, tuple[Any, Any]], most: int) -> int:
    """Count the rows that are computed at once: ``most`` at most, fewer where they are images."""
    each = sum(np.asarray(part[:1]).nbytes for pair in inputs.values() for part in pair)
    return max(1, min(most, _TOGETHER // max(1, each)))
