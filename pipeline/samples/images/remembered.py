"""Images read once and kept, as far as memory was set aside for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.images.base import LazyModality, Placement

__all__ = ["Remembered"]


class Remembered:
    """A modality that keeps what it has read; see `sunproof.pipeline.samples.images.base.LazyModality`.

    What is kept is never thrown out for something else: in a random order that would help little, and the first to come
    are as good as any others.

    Parameters
    ----------
    modality : LazyModality
    budget : int
        Bytes.
    """

    def __init__(self, modality: LazyModality, budget: int) -> None:
        self.modality = modality
        self.names, self.shape, self.signed = modality.names, modality.shape, modality.signed
        self.latest: NDArray[Any] = modality.latest
        self.found, self.share = modality.found, modality.share
        # a value has four bytes, and its mask one
        self._most = budget // (5 * int(np.prod(modality.shape)))
        self._kept: dict[int, tuple[NDArray[np.float32], NDArray[np.bool_]]] = {}

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read rows, from memory where they are there."""
        values = np.empty((len(rows), *self.shape), np.float32)
        mask = np.empty(values.shape, bool)
        numbers = self.share[rows].tolist()
        new = [place for place, number in enumerate(numbers) if number not in self._kept]
        if new:
            values[new], mask[new] = self.modality.read(rows[new])
        for place, number in enumerate(numbers):
            if number in self._kept:
                values[place], mask[place] = self._kept[number]
            # What came first stays: batches are shuffled, and every image is as likely to be asked for again.
            elif len(self._kept) < self._most:
                # A copy, or the whole batch would be kept alive by one of its rows.
                self._kept[number] = (values[place].copy(), mask[place].copy())
        return values, mask

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        return self.modality.placement(rows)
