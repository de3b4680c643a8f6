"""Batches in an order that depends on seed and epoch alone, shared out among processes, resumable at any of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

__all__ = ["BatchLoader", "BatchOrder"]


class BatchOrder(Sampler[Tensor]):
    """Row numbers of one batch after another.

    With several processes each takes its rows of every batch: all batches hold the same rows as with one process. In
    training the shares are disjoint and equal in number; what does not divide evenly, fewer rows than processes at an
    epoch's end, is left out (the next epoch leaves out others). In validation no row is left out.

    Parameters
    ----------
    rows : int
    batch_size : int
        Rows of a batch, over all processes together.
    seed : int or None
        Shuffles; with None the order is kept.
    rank, size : int
        Number of this process, and how many there are.
    even : bool
        Whether all processes get equally many rows of each batch.
    groups : Tensor of int, shape (rows,), optional
        Shuffled rows of one group stay together, so that the images they share are read and encoded once.

    Attributes
    ----------
    epoch, start : int
        Epoch of the next iteration, and the batch that it begins with.
    """

    def __init__(
        self,
        rows: int,
        batch_size: int,
        seed: int | None,
        rank: int = 0,
        size: int = 1,
        even: bool = True,
        groups: Tensor | None = None,
    ) -> None:
        # processes that train together need as many rows each, or one would wait for ever
        self.rows = rows - rows % size if even else rows
        self.batch_size, self.seed, self.rank, self.size = batch_size, seed, rank, size
        self.epoch = self.start = 0
        self._total, self._groups = rows, groups

    def set_epoch(self, epoch: int) -> None:
        """Shuffle as in this epoch; Lightning calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        whole, rest = divmod(self.rows, self.batch_size)
        # a rest with a row for every process is a batch of its own, a smaller one joins the batch before
        return max(1, whole + (rest >= self.size)) if self.rows else 0

    def __iter__(self) -> Iterator[Tensor]:
        return self._batches(self.start)

    def _batches(self, start: int) -> Iterator[Tensor]:
        order = torch.arange(self._total)
        if self.seed is not None:
            # an odd prime apart: no epoch of one seed is an epoch of the next
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
            order = torch.randperm(self._total, generator=generator)
            if self._groups is not None:
                rank = torch.randperm(int(self._groups.max()) + 1, generator=generator)
                # moments in random order, and rows of one moment together in the order drawn before
                order = order[torch.argsort(rank[self._groups[order]], stable=True)]
        number = len(self)
        for place in range(start, number):
            end = self.rows if place == number - 1 else (place + 1) * self.batch_size
            # neighbours stay together: they share images
            yield torch.tensor_split(order[place * self.batch_size : end], self.size)[self.rank]


class BatchLoader(DataLoader[Any]):
    """Whole batches of a data set that is indexed by many rows at once; its place in the epoch is its state.

    Parameters
    ----------
    dataset : Dataset
        ``dataset[rows]`` gives a batch.
    order : BatchOrder
    **options
        Of `torch.utils.data.DataLoader`: ``num_workers``, ``prefetch_factor``, ``pin_memory``, ...
    """

    def __init__(self, dataset: Dataset[Any], order: BatchOrder, **options: Any) -> None:
        super().__init__(dataset, sampler=order, batch_size=None, **options)
        self.order, self._given, self._next = order, 0, 0

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        # only the first epoch after a restart begins elsewhere
        self._given = self.order.start = self._next
        self._next = 0
        return self._count(super().__iter__())

    def _count(self, batches: Iterator[Any]) -> Iterator[Any]:
        # workers read ahead: what counts is what was given away
        for batch in batches:
            self._given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Say how far this epoch is; Lightning keeps it with a checkpoint."""
        return {"epoch": self.order.epoch, "batches": self._given or self._next}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where a checkpoint was written; at an epoch's end, with the next one."""
        over = state["batches"] >= len(self)
        self.order.epoch, self._next = state["epoch"] + over, 0 if over else state["batches"]
