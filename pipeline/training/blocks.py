"""The samples of a split as arrays: what one block's inputs were and what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from sunproof.models.forecaster import Batch
from sunproof.models.normaliser import Normaliser
from sunproof.models.prepared import Prepared
from sunproof.pipeline.samples.images.base import LazyModality, read_shared
from sunproof.pipeline.training.batches import BatchLoader, BatchOrder
from sunproof.pipeline.training.prefetch import Prefetching
from sunproof.pipeline.training.ranks import Ranks

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Block", "TensorBlock", "loader", "take"]

Inputs = dict[str, tuple[Any, Any]]

# Bytes of images (float32 with its mask) that a batch of evaluation may take.
_MEMORY = 2**28


@dataclass(frozen=True)
class Block:
    """Samples of one block, raw.

    Parameters
    ----------
    inputs : dict
        Modality -> (values, mask), shape (sample, ...).
    events : ndarray, shape (sample, threshold + extra, window)
        1, 0 or NaN.
    counts : ndarray, shape (sample, window)
        Flares >= C1.0; NaN where unknown.
    images : dict
        Modality -> images of all samples; the block's are those of ``rows``.
    rows : ndarray of int, shape (sample,)
        Rows of the samples file.
    changes : ndarray, shape (sample, quantity * lead), optional
        How what is predicted beside flares changed, dex; NaN where unknown.
    """

    inputs: Inputs
    events: NDArray[np.float32]
    counts: NDArray[np.float32]
    images: Mapping[str, LazyModality] = field(default_factory=dict)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    changes: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.events)


@dataclass(frozen=True)
class TensorBlock(Dataset[Any]):
    """A block ready for the network; its items are whole batches, picked by index arrays.

    Parameters
    ----------
    prepared : Prepared
        All that is held in memory.
    events, counts : Tensor
        See `Block`.
    images : dict
        Modality -> images of all rows of the samples file: read when a batch asks, each distinct one once.
    rows : ndarray of int
        Rows of the samples file.
    normaliser : Normaliser, optional
        Of the images.
    deferred : bool
        Leaves the images raw, for `sunproof.models.prepared.Prepared.ready` to normalise on the device.
    changes : Tensor, optional
        See `Block`; in spreads.
    """

    prepared: Prepared
    events: Tensor
    counts: Tensor
    images: Mapping[str, LazyModality] = field(default_factory=dict)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    normaliser: Normaliser | None = None
    deferred: bool = False
    changes: Tensor | None = None

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, index: Any) -> Batch:
        rows = torch.as_tensor(index)
        batch = self.inputs(rows), self.events[rows], self.counts[rows]
        return batch if self.changes is None else (*batch, self.changes[rows])

    def inputs(self, rows: Tensor) -> Prepared:
        """Give the inputs of some rows, images included."""
        held = self.prepared[rows]
        parts, places, pending = dict(held.modalities), dict(held.index), {}
        for name, modality in self.images.items():
            assert self.normaliser is not None
            shared = read_shared(modality, self.rows[rows.numpy()])
            parts[name] = torch.from_numpy(shared.values), torch.from_numpy(shared.mask)
            places[name] = torch.from_numpy(shared.index)
            pending[name] = self.normaliser
        # raw bytes to a GPU are normalised there: the host is the slower of the two
        raw = Prepared(parts, held.limit, places, pending)
        return raw if self.deferred else raw.ready()

    @property
    def most(self) -> int:
        """Rows whose images fit into the memory that one batch may take; any number without images."""
        # float32, and one byte of mask
        bytes_a_row = sum(5 * math.prod(modality.shape) for modality in self.images.values())
        return max(1, _MEMORY // bytes_a_row) if bytes_a_row else len(self)

    @property
    def groups(self) -> Tensor | None:
        """Number of the moment that each row shares its full-disk images with; None where nothing is shared."""
        for modality in self.images.values():
            share = modality.share[self.rows]
            if len(np.unique(share)) < len(share):
                return torch.from_numpy(np.unique(share, return_inverse=True)[1])
        return None


def take(
    inputs: Mapping[str, tuple[Any, Any]],
    samples: xr.Dataset,
    rows: NDArray[np.int64],
    extra: Sequence[float] = (),
    images: Mapping[str, LazyModality] | None = None,
    changes: NDArray[np.float64] | None = None,
) -> Block:
    """Pick the samples of a block.

    Parameters
    ----------
    inputs : dict
        Modality -> (values, mask) of all samples.
    samples : xarray.Dataset
        The samples file, in the same order.
    rows : ndarray of int
        Which samples.
    extra : sequence of float
        Further thresholds, W m-2, whose events are read off the largest flux in the window.
    images : dict, optional
        Modality -> images of all samples.
    changes : ndarray, shape (sample, quantity * lead), optional
        Of all samples, dex.

    Returns
    -------
    Block
    """
    picked = {name: (np.asarray(values)[rows], np.asarray(mask)[rows]) for name, (values, mask) in inputs.items()}
    events = samples["event"].transpose("sample", "threshold", "window").to_numpy()[rows]
    counts = samples["flare_count"].transpose("sample", "window").to_numpy()[rows]
    if extra:
        largest = samples["largest_flux"].transpose("sample", "window").to_numpy()[rows, None, :]
        # known flares below the largest do not matter: the largest alone says which thresholds were reached
        reached = np.where(np.isnan(largest), np.nan, largest >= np.array(extra)[:, None])
        events = np.concatenate([events, reached], axis=1)
    ahead = None if changes is None else changes[rows].astype(np.float32)
    return Block(picked, events.astype(np.float32), counts.astype(np.float32), images or {}, rows, ahead)


def loader(
    block: TensorBlock,
    batch_size: int,
    seed: int | None = None,
    ranks: Ranks | None = None,
    *,
    readers: int = 1,
    gpu: bool = False,
    **options: Any,
) -> BatchLoader:
    """Batches by whole-tensor indexing, which is ten times faster than collating single samples.

    Parameters
    ----------
    block : TensorBlock
    batch_size : int
        Rows, over all processes together; without a seed no more than `TensorBlock.most`.
    seed : int, optional
        Shuffles, and shares the rows out evenly among processes; without it the order is kept and no row left out.
    ranks : Ranks, optional
        The processes that train together.
    readers : int
        Threads that read images ahead.
    gpu : bool
        Images go to a GPU: raw, from memory that it fetches them from by itself.
    **options
        Of `torch.utils.data.DataLoader`.

    Returns
    -------
    BatchLoader
        Of (prepared inputs, events, counts). Where images are to be read a `Prefetching` one: it reads the next batches
        while the model computes.
    """
    if seed is None:
        # training has its batch size from the user, evaluation takes what memory allows
        batch_size = min(batch_size, block.most)
    ranks = ranks or Ranks()
    # rows of one moment together, so that its images are read once a batch; evaluation is in order already
    groups = block.groups if seed is not None else None
    order = BatchOrder(len(block), batch_size, seed, ranks.rank, ranks.size, even=seed is not None, groups=groups)
    if not block.images:
        return BatchLoader(block, order, **options)
    if gpu:
        return Prefetching(replace(block, deferred=True), order, readers, pin_memory=True, **options)
    return Prefetching(block, order, readers, **options)
