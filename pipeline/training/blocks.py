"""The samples of a split as arrays: what one block's inputs were and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from sunproof.models.network import Prepared

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Block", "TensorBlock", "loader", "take"]

Inputs = dict[str, tuple[Any, Any]]


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
    """

    inputs: Inputs
    events: NDArray[np.float32]
    counts: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.events)


@dataclass(frozen=True)
class TensorBlock(Dataset[Any]):
    """A block ready for the network; its items are whole batches, picked by index arrays."""

    prepared: Prepared
    events: Tensor
    counts: Tensor

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, index: Any) -> tuple[Prepared, Tensor, Tensor]:
        rows = torch.as_tensor(index)
        return self.prepared[rows], self.events[rows], self.counts[rows]


def take(
    inputs: Mapping[str, tuple[Any, Any]], samples: xr.Dataset, rows: NDArray[np.int64], extra: Sequence[float] = ()
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

    Returns
    -------
    Block
    """
    picked = {name: (np.asarray(values)[rows], np.asarray(mask)[rows]) for name, (values, mask) in inputs.items()}
    events = samples["event"].transpose("sample", "threshold", "window").to_numpy()[rows]
    counts = samples["flare_count"].transpose("sample", "window").to_numpy()[rows]
    if extra:
        largest = samples["largest_flux"].transpose("sample", "window").to_numpy()[rows, None, :]
        reached = np.where(np.isnan(largest), np.nan, largest >= np.array(extra)[:, None])
        events = np.concatenate([events, reached], axis=1)
    return Block(picked, events.astype(np.float32), counts.astype(np.float32))


class _Batches(Sampler[list[int]]):
    """Row numbers of one batch after another, in an order that depends on seed and epoch alone."""

    def __init__(self, rows: int, batch_size: int, seed: int | None) -> None:
        self.rows, self.batch_size, self.seed, self.epoch = rows, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.rows // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        order = torch.arange(self.rows)
        if self.seed is not None:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
            order = torch.randperm(self.rows, generator=generator)
        yield from torch.split(order, self.batch_size)


def loader(block: TensorBlock, batch_size: int, seed: int | None = None) -> DataLoader[Any]:
    """Batches by whole-tensor indexing, which is ten times faster than collating single samples.

    Parameters
    ----------
    block : TensorBlock
    batch_size : int
    seed : int, optional
        Shuffles; without it the order is kept.

    Returns
    -------
    DataLoader
        Of (prepared inputs, events, counts).
    """
    return DataLoader(block, sampler=_Batches(len(block), batch_size, seed), batch_size=None)
