"""Many time series in one sorted array: positions and range maxima for millions of questions at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["RangeMaximum", "Timeline", "microseconds"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Found = tuple[Ints, NDArray[np.bool_]]


def microseconds(time: NDArray[Any]) -> Ints:
    """Whole microseconds since 1970: no archive resolves less, and sums of intervals then fit 64 bits."""
    return np.asarray(time).astype("datetime64[us]").astype(np.int64)


class Timeline:
    """Records of many segments (regions), sorted by time within each segment.

    All segments are laid end to end on one axis of integers, so that one binary search answers a question about any
    of them; gaps between segments vanish, so the axis never overflows.

    Parameters
    ----------
    segment : array of int, shape (record,)
        Which segment a record belongs to.
    time : array of datetime64, shape (record,)
        Times; compared in whole microseconds.

    Attributes
    ----------
    order : array of int, shape (record,)
        Sorts the records as the timeline holds them: ``values[timeline.order]``.
    time : array of int, shape (record,)
        Sorted times in microseconds.
    starts : array of int, shape (segment,)
        Position of each segment's first record.

    Raises
    ------
    InputError
        If all segments together span more than 290,000 years, which only wrong region numbers can do.
    """

    def __init__(self, segment: NDArray[Any], time: NDArray[Any]) -> None:
        stamps = microseconds(time)
        segment = np.asarray(segment, dtype=np.int64)
        self.order: NDArray[np.intp] = np.lexsort((stamps, segment))
        self.time: Ints = stamps[self.order]
        self._ids, starts, counts = np.unique(segment[self.order], return_index=True, return_counts=True)
        self._first = self.time[starts] if len(starts) else np.zeros(0, np.int64)
        self._length = (self.time[starts + counts - 1] if len(starts) else self._first) - self._first
        self._check_length()
        # one unit of padding on each side keeps "before the first" and "after the last" inside the segment
        self._offset = np.concatenate([[0], np.cumsum(self._length + 3)[:-1]]) + 1 if len(starts) else self._first
        # All segments one after the other on one axis: a single binary search then answers for all of them.
        self._axis = np.repeat(self._offset - self._first, counts) + self.time
        self.starts: NDArray[np.intp] = starts

    def _check_length(self) -> None:
        total = float(self._length.sum(dtype=np.float64))
        if total > 9e18:  # the largest 64-bit integer is 9.2e18
            got = f"{len(self._ids)} regions, {total / 3.16e13:.1e} years"
            wanted = "regions that live for weeks"
            raise InputError(Problem("the records of all regions together are too long", "timeline", got, wanted))

    def find(self, segment: NDArray[Any]) -> Found:
        """Return each id's number within the timeline, and whether the timeline knows it at all."""
        segment = np.asarray(segment, dtype=np.int64)
        if not len(self._ids):
            return np.zeros(segment.shape, np.int64), np.zeros(segment.shape, bool)
        # An id beyond the last would point outside; the comparison below finds it unknown all the same.
        number = np.minimum(np.searchsorted(self._ids, segment), len(self._ids) - 1)
        return number, self._ids[number] == segment

    def until(self, segment: NDArray[Any], time: NDArray[Any], found: Found | None = None) -> Ints:
        """Position after the last record of the segment at or before the time.

        Parameters
        ----------
        segment : array of int
            Segment ids.
        time : array, same shape
            Times as datetime64, or as int in microseconds.
        found : tuple, optional
            ``find(segment)``, for who asks about the same segments several times.

        Returns
        -------
        array of int
            Positions; the records in (t1, t2] are ``until(s, t1)`` to ``until(s, t2)``. 0 for an unknown segment.
        """
        number, known = self.find(segment) if found is None else found
        stamps = np.asarray(time) if np.asarray(time).dtype.kind == "i" else microseconds(time)
        if not len(self._ids):
            return np.zeros(stamps.shape, np.int64)
        after = np.clip(stamps - self._first[number], -1, self._length[number])
        return np.where(known, np.searchsorted(self._axis, self._offset[number] + after, side="right"), 0)

    def begin(self, segment: NDArray[Any]) -> Ints:
        """Position of the segment's first record; 0 for an unknown segment."""
        number, known = self.find(segment)
        return np.where(known, self.starts[number] if len(self._ids) else 0, 0)


class RangeMaximum:
    """Maximum of any range of a fixed array in constant time, from maxima over all powers of two (a sparse table).

    Parameters
    ----------
    values : array of float, shape (record,)
    """

    def __init__(self, values: NDArray[Any]) -> None:
        levels = [np.asarray(values, dtype=np.float64)]
        width = 1
        while 2 * width <= len(levels[0]):
            level = levels[-1].copy()
            # The end of a level keeps shorter ranges' maxima, which no question inside the array reaches.
            level[: len(level) - width] = np.maximum(level[: len(level) - width], level[width:])
            levels.append(level)
            width *= 2
        self._table = np.stack(levels)

    def __call__(self, start: Ints, end: Ints) -> Floats:
        """Maximum of ``values[start:end]``, elementwise over the two arrays; 0 where the range is empty."""
        result = np.zeros(start.shape)
        some = end > start
        first, last = start[some], end[some]
        # frexp gives length = m * 2**e with m in [0.5, 1): e - 1 is the exact floor of the base-2 logarithm
        level = np.frexp((last - first).astype(np.float64))[1] - 1
        result[some] = np.maximum(self._table[level, first], self._table[level, last - (1 << level)])
        return result
