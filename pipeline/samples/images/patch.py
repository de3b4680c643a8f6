"""Cuts around a region: a square on the Sun that turns with it, seen by any of the archive's image groups."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.geometry import rotation_rate
from sunproof.pipeline.samples.config import PatchConfig
from sunproof.pipeline.samples.images.base import Placement
from sunproof.pipeline.samples.images.cells import block_means
from sunproof.pipeline.samples.images.frames import Frames
from sunproof.pipeline.samples.images.projection import project, sample
from sunproof.pipeline.samples.keys import Keys

__all__ = ["RegionPatches"]

# Cells are sampled as finely as the frame, and at most so finely.
_FINEST = 8
# Nearer to the limb a field along the line of sight says little of what lies there (cosine; 80 degrees).
_LIMB = 0.17

Image = NDArray[np.float32]


class RegionPatches:
    """Patches of many rows; see `sunproof.pipeline.samples.images.base.LazyModality`.

    The square lies around the region's place at the time of each frame, carried there from the data cut-off by
    differential rotation (Howard, Harvey & Forgach 1990). The last channel, ``mu``, is the cosine of the angle at which
    the first group's camera sees each cell. Cells behind the limb, or nearer to it than 80 degrees, are missing. Rows
    that have no place (the full disk, a region without record or summary) have no patch.

    Parameters
    ----------
    archive : str or Path
    keys : Keys
        The rows.
    latitude, longitude : ndarray, shape (row,)
        Stonyhurst place, degrees; NaN where unknown.
    time : ndarray of datetime64, shape (row,)
        When the region was there.
    config : PatchConfig

    Raises
    ------
    ArchiveError
        If a group is missing.
    """

    def __init__(
        self,
        archive: str | Path,
        keys: Keys,
        latitude: NDArray[np.float64],
        longitude: NDArray[np.float64],
        time: NDArray[Any],
        config: PatchConfig,
    ) -> None:
        self.names = (*config.groups, "mu")
        self.shape = (len(config.lags_hours), len(self.names), config.size, config.size)
        self._frames = [Frames(archive, name) for name in config.groups]
        self.signed = (*(frames.signed for frames in self._frames), False)
        self._cell = config.degrees / config.size
        self._place = (latitude, longitude, time.astype("datetime64[us]"))
        moments = np.stack([keys.ago(lag) for lag in config.lags_hours], axis=1)
        slots = np.stack([frames.latest(moments, config.oldest_hours) for frames in self._frames], axis=2)
        # A region without a place has no patch.
        self._slots = np.where(np.isfinite(latitude + longitude)[:, None, None], slots, -1)
        found = self._slots >= 0
        # The cosine of view is known wherever the first camera saw.
        self.found: NDArray[np.bool_] = np.concatenate([found, found[..., :1]], axis=2)
        observed = self.placement(np.arange(len(keys))).time
        self.latest: NDArray[Any] = np.fmax.reduce(observed.reshape(len(keys), -1), axis=1)
        # Each region has a patch of its own: nothing is shared.
        self.share: NDArray[np.int64] = np.arange(len(keys))

    def read(self, rows: NDArray[np.int64]) -> tuple[Image, NDArray[np.bool_]]:
        """Read rows; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        values = np.full((len(rows), *self.shape), np.nan, np.float32)
        for place, row in enumerate(rows):
            for lag, channel in zip(*np.nonzero(self._slots[row] >= 0), strict=True):
                cut, mu = self._cut(int(row), self._frames[channel], int(self._slots[row, lag, channel]))
                values[place, lag, channel] = cut
                if channel == 0:
                    values[place, lag, -1] = mu
        mask = np.isfinite(values)
        return np.where(mask, values, np.float32(0)), mask

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        slots = self._slots[rows]
        told = [frames.observed(slots[..., place]) for place, frames in enumerate(self._frames)]
        # the cosine of view is that of the first camera
        time, observer = (np.stack([*parts, parts[0]], axis=2) for parts in zip(*told, strict=True))
        latitude, longitude = self._centre(rows[:, None, None], time)
        centre = np.stack(np.broadcast_arrays(longitude, latitude), axis=-1)
        step = self._cell / np.cos(np.radians(self._place[0][rows]))
        return Placement("stonyhurst", time, observer, centre, np.stack([step, np.full(len(rows), self._cell)], axis=1))

    def _centre(self, row: Any, time: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitude and longitude of the region at other times, degrees; NaN at no time."""
        latitude, longitude, known = (part[row] for part in self._place)
        days = (time - known) / np.timedelta64(1, "D")
        return latitude, longitude + rotation_rate(latitude) * days

    def _cut(self, row: int, frames: Frames, slot: int) -> tuple[Image, Image]:
        """Patch of one frame, and the cosine of view of its cells."""
        # Up to several samples a cell: one would skip pixels of a fine frame, and alias.
        fine = min(_FINEST, max(1, math.ceil(self._cell * _arcsec_a_degree(frames, slot) / frames.scale)))
        latitude, longitude = self._grid(row, frames.time[slot], fine)
        seen = project(latitude, longitude, frames.viewpoint(slot))
        visible = seen.mu >= _LIMB
        if not visible.any():
            nothing = np.full(self.shape[-2:], np.nan, np.float32)
            return nothing, nothing
        middle = (frames.size - 1) / 2
        up, right = seen.y / frames.scale + middle, seen.x / frames.scale + middle
        rows, columns = (_span(part[visible], frames.size) for part in (up, right))
        window = frames.read(slot, rows, columns)
        found = np.where(visible, sample(window, up - rows.start, right - columns.start), np.nan)
        return block_means(found, fine), block_means(np.where(visible, seen.mu, np.nan), fine)

    def _grid(self, row: int, time: Any, fine: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places of the fine cells at the time of a frame, degrees; rows go north, columns go west."""
        latitude, centre = (float(part) for part in self._centre(row, time))
        number = self.shape[-1] * fine
        steps = (np.arange(number) - (number - 1) / 2) * self._cell / fine
        # Short of the poles, where no longitude is left to turn by.
        north = np.clip(latitude + steps, -89.0, 89.0)
        # equally wide everywhere along the patch's middle
        west = centre + steps / math.cos(math.radians(latitude))
        places = np.meshgrid(north, west, indexing="ij")
        return places[0], places[1]


def _arcsec_a_degree(frames: Frames, slot: int) -> float:
    """How large a degree of arc is at the disk's centre: 17 arcsec from the Earth."""
    return 16.7 / max(frames.viewpoint(slot).distance, 0.05)


def _span(index: NDArray[np.float64], size: int) -> slice:
    """Pick the pixels that interpolation needs, and no others."""
    first = int(np.clip(math.floor(index.min()), 0, size - 2))
    return slice(first, int(np.clip(math.floor(index.max()) + 2, first + 2, size)))
