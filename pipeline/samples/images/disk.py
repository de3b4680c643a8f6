"""Stacks of full-disk images: any groups, several lags before the data cut-off, averaged to one size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, ProblemList
from sunproof.pipeline.samples.config import DiskConfig
from sunproof.pipeline.samples.images.base import Placement
from sunproof.pipeline.samples.images.cells import block_means
from sunproof.pipeline.samples.images.frames import Frames
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.timeline import microseconds

__all__ = ["DiskImages"]


class DiskImages:
    """Full-disk stacks of many rows; see `sunproof.pipeline.samples.images.base.LazyModality`.

    Rows of one data cut-off share their stack, whatever region they are of.

    Parameters
    ----------
    archive : str or Path
    keys : Keys
        The rows.
    config : DiskConfig

    Raises
    ------
    ArchiveError
        If a group is missing or its frames cannot be averaged to the size; all such problems together.
    """

    def __init__(self, archive: str | Path, keys: Keys, config: DiskConfig) -> None:
        self.names = config.groups
        self.shape = (len(config.lags_hours), len(config.groups), config.size, config.size)
        self._frames = [Frames(archive, name) for name in config.groups]
        problems = ProblemList(f"{archive}: disk", ArchiveError)
        for frames in self._frames:
            if frames.size % config.size:
                wanted = f"a divisor of {frames.size}"
                problems.add("frames cannot be averaged to this size", f"{frames.name}, size", config.size, wanted)
        problems.check()
        self.signed = tuple(frames.signed for frames in self._frames)
        moments = np.stack([keys.ago(lag) for lag in config.lags_hours], axis=1)
        # (row, lag, channel): slot of each frame, -1 for none
        self._slots = np.stack([frames.latest(moments, config.oldest_hours) for frames in self._frames], axis=2)
        self.found: NDArray[np.bool_] = self._slots >= 0
        observed = self.placement(np.arange(len(keys))).time
        # fmax passes over NaT
        self.latest: NDArray[Any] = np.fmax.reduce(observed.reshape(len(keys), -1), axis=1)
        # The disk is one for all regions of a cut-off: batches read it once.
        self.share: NDArray[np.int64] = np.unique(microseconds(keys.cutoff), return_inverse=True)[1].astype(np.int64)

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read rows; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        values = np.full((len(rows), *self.shape), np.nan, np.float32)
        for place, row in enumerate(rows):
            for lag, channel in zip(*np.nonzero(self.found[row]), strict=True):
                frames = self._frames[channel]
                frame = frames.read(int(self._slots[row, lag, channel]))
                values[place, lag, channel] = block_means(frame, frames.size // self.shape[-1])
        mask = np.isfinite(values)
        return np.where(mask, values, np.float32(0)), mask

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        slots = self._slots[rows]
        told = [frames.observed(slots[..., place]) for place, frames in enumerate(self._frames)]
        time, observer = (np.stack(parts, axis=2) for parts in zip(*told, strict=True))
        # all frames of an archive lie around the disk's centre, on one grid
        step = self._frames[0].scale * self._frames[0].size / self.shape[-1]
        return Placement("helioprojective", time, observer, np.zeros((*slots.shape, 2)), np.full((len(rows), 2), step))
