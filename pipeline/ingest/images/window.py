"""Read stretches of several channels quickly: pixels are copied once, from the mapped file to where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem, ProblemList
from sunproof.pipeline.ingest.archive import open_group

__all__ = ["ImageWindows"]

# Blocks kept mapped: some hundred megabytes of address space each, and no memory of their own.
_MAPPED = 512
# An inner chunk that is not there (Zarr's sharding codec, version 1.0, "empty inner chunks").
_ABSENT = np.iinfo(np.uint64).max


class _Channel(NamedTuple):
    folder: Path
    block: int
    chunk: int
    first: int


class ImageWindows:
    """Channels of one archive as one array of (step, channel, y, x) that is read in windows.

    Channels must share grid and cadence. What lies before or after a channel's slots, and every empty slot, is NaN.

    Parameters
    ----------
    archive : str or Path
        The archive.
    groups : sequence of str
        Image groups, in the order of the channels.

    Attributes
    ----------
    times : ndarray of datetime64[ns], shape (step,)
        The clock: from the first slot of any channel to the last of any.
    scales : ndarray of float32, shape (channel,)
        Factors from stored to physical values.
    dtype : numpy.dtype
        Type of stored values.
    shape : tuple of int
        Rows and columns of a frame.

    Raises
    ------
    ArchiveError
        If a group is absent, holds no images, or has another grid or clock than the first.
    """

    def __init__(self, archive: str | Path, groups: Sequence[str]) -> None:
        datasets = [open_group(archive, name) for name in groups]
        _check_alike(archive, groups, [dataset.attrs for dataset in datasets])
        step = np.timedelta64(round(datasets[0].attrs["cadence_seconds"] * 1e9), "ns")
        clocks = [dataset["time"].values for dataset in datasets]
        start, stop = min(clock[0] for clock in clocks), max(clock[-1] for clock in clocks)
        self.times: NDArray[np.datetime64] = np.arange(start, stop + step, step)
        arrays = [
            zarr.open_array(str(Path(archive) / name / dataset.attrs["quantity"]), mode="r")
            for name, dataset in zip(groups, datasets, strict=True)
        ]
        if len(kinds := sorted({str(array.dtype) for array in arrays})) > 1:
            raise ArchiveError(
                Problem("channels differ in type", str(archive), kinds, "one type", "Ingest them alike.")
            )
        self.dtype = np.dtype(kinds[0])
        self.shape: tuple[int, int] = (arrays[0].shape[1], arrays[0].shape[2])
        self.scales = np.array([array.attrs.get("scale_factor", 1.0) for array in arrays], np.float32)
        self._channels = [
            _Channel(
                Path(archive) / name / dataset.attrs["quantity"] / "c",
                (array.shards or array.chunks)[0],
                array.chunks[0],
                int((clock[0] - start) / step),
            )
            for name, dataset, array, clock in zip(groups, datasets, arrays, clocks, strict=True)
        ]
        # One map a file for all windows; of this object alone, so that it goes when the object goes.
        self._mapped = lru_cache(_MAPPED)(self._map)

    def read(
        self,
        first: int,
        steps: int,
        rows: slice = slice(None),
        columns: slice = slice(None),
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Read one window.

        Parameters
        ----------
        first, steps : int
            Position in `times`, and number of steps.
        rows, columns : slice
            Part of the frame; by default all of it.
        out : ndarray, shape (steps, channel, y, x), optional
            Where to put it; an array used again saves the time of asking for memory.

        Returns
        -------
        ndarray
            Stored values, ``out`` where it was given; `scales` makes them physical.
        """
        if out is None:
            cells = (len(range(*rows.indices(self.shape[0]))), len(range(*columns.indices(self.shape[1]))))
            out = np.empty((steps, len(self._channels), *cells), self.dtype)
        for index in range(len(self._channels)):
            for step in range(steps):
                frame = self._frame(index, first + step)
                if frame is None:
                    out[step, index] = np.nan
                else:
                    out[step, index] = frame[rows, columns]
        return out

    def _frame(self, index: int, step: int) -> NDArray[Any] | None:
        channel = self._channels[index]
        block, slot = divmod(step - channel.first, channel.block)
        # before the channel began
        if block < 0:
            return None
        found = self._mapped(index, block)
        if found is None:
            return None
        chunk, place = divmod(slot, channel.chunk)
        start = found[1][chunk]
        if start == _ABSENT:
            return None
        frame = self.shape[0] * self.shape[1]
        values = found[0][int(start) : int(start) + channel.chunk * frame * self.dtype.itemsize].view(self.dtype)
        return values[place * frame : (place + 1) * frame].reshape(self.shape)

    def _map(self, index: int, block: int) -> tuple[NDArray[np.uint8], NDArray[np.uint64]] | None:
        """Map a block's file and read where its chunks begin: a table at the end, before four bytes of checksum."""
        channel = self._channels[index]
        path = channel.folder / str(block) / "0/0"
        if not path.exists():
            return None
        # mapped, not read: of a block of 64 MiB one frame is wanted
        mapped = np.memmap(path, np.uint8, "r")
        content: NDArray[np.uint8] = np.asarray(mapped)
        table = content[-4 - 16 * (channel.block // channel.chunk) : -4].copy().view("<u8").reshape(-1, 2)
        return content, table[:, 0].astype(np.uint64)


def _check_alike(archive: str | Path, groups: Sequence[str], attrs: Sequence[dict[str, Any]]) -> None:
    problems = ProblemList(str(archive), ArchiveError)
    for name, own in zip(groups, attrs, strict=True):
        if own.get("layout") != "frames":
            problems.add("group holds no images", name, own.get("layout"), "frames")
        elif own["wcs"] != attrs[0].get("wcs") or own["cadence_seconds"] != attrs[0].get("cadence_seconds"):
            wanted = f"grid and cadence of {groups[0]}"
            got = {key: own[key] for key in ("cadence_seconds", "wcs")}
            problems.add(
                "channels differ in grid or clock", name, got, wanted, "Ingest them with the same images block."
            )
    if not groups:
        problems.problems.append(Problem("no channel", str(archive), groups, "at least one image group"))
    problems.check()
