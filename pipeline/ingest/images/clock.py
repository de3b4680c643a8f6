"""One clock a product: which frame stands in which slot, and why a slot is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.ingest.images.part import FramePart
from sunproof.pipeline.ingest.stale import Sighting, find_repeats

__all__ = ["NO_FILE", "Schedule", "schedule"]

# Reason of a slot near which there is no frame at all.
NO_FILE = "no file"
_EPOCH = np.datetime64("1970-01-01", "ns")


@dataclass(frozen=True)
class Schedule:
    """The slots of one group and the frames in them.

    Parameters
    ----------
    times : ndarray of datetime64[ns], shape (slot,)
        The clock.
    chosen : ndarray of int, shape (slot,)
        Position of the slot's frame in the list of frames; -1 for none.
    reasons : list of str
        A slot: why it is empty; empty text where it is not.
    refused : dict of int to str
        Frame -> why it can stand in no slot.
    unused : list of int
        Good frames that stand in no slot, because another is nearer or none is near.
    """

    times: NDArray[np.datetime64]
    chosen: NDArray[np.int64]
    reasons: list[str]
    refused: dict[int, str]
    unused: list[int]


def schedule(
    frames: Sequence[FramePart],
    cadence: float,
    tolerance: float,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Schedule:
    """Put frames into slots.

    Parameters
    ----------
    frames : sequence of FramePart
        All frames of one group, in any fixed order.
    cadence, tolerance : float
        Seconds from slot to slot, and the farthest a frame may be from its slot. The nearest frame takes the slot, of
        two equally near ones the earlier.
    start, end : datetime, optional
        First time that has a slot, first time that has none; by default slots run from the first frame to the last.
    """
    refused = _refuse(frames)
    times = np.array([frame.time for frame in frames], "datetime64[ns]")
    # whole microseconds: a cadence of floats would drift along the years
    step = np.timedelta64(round(timedelta(seconds=cadence) / timedelta(microseconds=1)) * 1000, "ns")
    nearest = np.round((times - _EPOCH) / step).astype(np.int64)
    first = int(nearest.min()) if start is None else -((_EPOCH - np.datetime64(start, "ns")) // step)
    last = int(nearest.max()) + 1 if end is None else -((_EPOCH - np.datetime64(end, "ns")) // step)
    clock = _EPOCH + np.arange(first, max(first, last)) * step
    offset = np.abs((times - (_EPOCH + nearest * step)) / np.timedelta64(1, "s"))
    inside = (offset <= tolerance) & (nearest >= first) & (nearest < last)
    good = np.array([index not in refused for index in range(len(frames))], bool)
    chosen = _nearest(nearest - first, offset, times, inside & good, len(clock))
    taken = set(chosen[chosen >= 0].tolist())
    # the frame that was refused nearest to an empty slot says why it is empty
    blamed = _nearest(nearest - first, offset, times, inside & ~good, len(clock))
    reasons = [
        "" if use >= 0 else refused[int(blame)] if blame >= 0 else NO_FILE
        for use, blame in zip(chosen, blamed, strict=True)
    ]
    unused = [index for index in range(len(frames)) if index not in taken and index not in refused]
    return Schedule(clock, chosen, reasons, refused, unused)


def _nearest(
    slots: NDArray[np.int64],
    offset: NDArray[np.float64],
    times: NDArray[np.datetime64],
    allowed: NDArray[np.bool_],
    count: int,
) -> NDArray[np.int64]:
    """Give each slot the nearest of the allowed frames; -1 where there is none."""
    indices = np.flatnonzero(allowed)
    # of equal distance the earlier frame, so that the choice is one
    order = indices[np.lexsort((times[indices], offset[indices], slots[indices]))]
    best, where = np.unique(slots[order], return_index=True)
    found = np.full(count, -1, np.int64)
    found[best] = order[where]
    return found


def _refuse(frames: Sequence[FramePart]) -> dict[int, str]:
    """Say of every frame that cannot be used why: rejected, a copy, superseded, or the pixels of an earlier time."""
    refused: dict[int, str] = {}
    digests: dict[str, str] = {}
    by_time: dict[np.datetime64, str] = {}
    # The frame to be believed comes first among those of one time.
    for index in sorted(range(len(frames)), key=lambda index: frames[index].rank, reverse=True):
        frame = frames[index]
        if frame.digest in digests:
            refused[index] = f"byte-identical copy of {digests[frame.digest]}"
        elif frame.rejected_for:
            refused[index] = f"rejected: {frame.rejected_for}"
        elif frame.time in by_time:
            refused[index] = f"superseded by {by_time[frame.time]}"
        else:
            by_time[frame.time] = frame.path
        digests.setdefault(frame.digest, frame.path)
    left = {frame.path: index for index, frame in enumerate(frames) if index not in refused}
    sightings = (Sighting(path, "", frames[index].time, frames[index].pixels) for path, index in left.items())
    stale = {left[found.path]: f"stale: the pixels of {found.of}" for found in find_repeats(sightings)}
    return refused | stale
