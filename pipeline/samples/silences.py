"""Silences that a flare list should not have: a hole in the list is not a quiet Sun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.timeline import microseconds

__all__ = ["Silence", "overlap", "silences"]

Ints = NDArray[np.int64]

# Two equal stretches at one rate share n flares by fair coin: all n in the other one has a chance of 2**-n, and 2**-20
# is 9.5e-7. True quiet spells reach 13 (154 days of 2008; four lists of 1996 to 2025, docs/samples.md).
_LEAST = 20
# The Sun shows all its longitudes in one rotation of 27 days, and that is not enough: 7.6 days of June 2021 were
# truly quiet (X-ray background A4), with 34 flares or more in every stretch as long of the rotations before and after.
_REACH = 81 * 86_400_000_000
# Nor may a silence be longer than what it is compared with.
_TIMES = 3


class Silence(NamedTuple):
    """A stretch without any flare where there should be some, or one that the list is declared to lack.

    Parameters
    ----------
    start, end : int
        Times of the flares before and after it, or as declared; microseconds since 1970.
    expected : int, optional
        Flares in the quietest stretch as long as this one, among all on both sides; None where it is declared.
    """

    start: int
    end: int
    expected: int | None = None

    def __str__(self) -> str:
        first, last = (str(np.datetime64(time, "us").astype("datetime64[m]")) for time in (self.start, self.end))
        return f"{first} to {last}"


def overlap(holes: Sequence[Silence], start: Ints | int, end: Ints | int) -> Ints:
    """Measure how much of each stretch (start, end] lies in holes.

    Parameters
    ----------
    holes : sequence of Silence
        In any order; what several of them cover counts once.
    start, end : int or array of int
        Microseconds since 1970, of shapes that fit each other.

    Returns
    -------
    array of int
        Microseconds.
    """
    total = np.zeros(np.broadcast_shapes(np.shape(start), np.shape(end)), np.int64)
    reached = np.iinfo(np.int64).min
    for hole in sorted(holes, key=lambda hole: hole[:2]):
        begin = np.maximum(start, max(hole.start, reached))
        total += np.maximum(np.minimum(end, hole.end) - begin, 0)
        reached = max(reached, hole.end)
    return total


def silences(
    time: NDArray[Any], start: np.datetime64, end: np.datetime64, missing: Sequence[Silence] = ()
) -> tuple[Silence, ...]:
    """Find silences that the Sun's own changes do not explain.

    A silence counts where every stretch as long, within three rotations (and three times its own length) before it and
    after it, has at least 20 flares of any class. Flares come in spells, and a mean rate would take the quiet between
    two for holes: the quietest of all stretches stands for the rate.

    Parameters
    ----------
    time : array of datetime64, shape (event,)
        Times of all flares, sorted.
    start, end : datetime64
        Interval in which the list claims to be complete. Nothing is told of silences nearer to its ends than the
        stretches reach.
    missing : sequence of Silence
        What the list is known to lack: left out, as if time stood still there.

    Returns
    -------
    tuple of Silence
        In order of time.
    """
    first, last = microseconds(np.array([start, end])).tolist()
    stamps = np.unique(microseconds(time))
    stamps = stamps[(stamps >= first) & (stamps <= last) & (overlap(missing, stamps - 1, stamps) == 0)]
    lived, last = stamps - overlap(missing, first, stamps), last - int(overlap(missing, first, last))
    found = []
    for place in _candidates(lived).tolist():
        before, after = int(lived[place]), int(lived[place + 1])
        reach = max(_REACH, _TIMES * (after - before))
        if before - reach < first or after + reach > last:
            continue
        sides = lived[: place + 1], -lived[place + 1 :][::-1]
        expected = min(_quietest(side, reach, after - before) for side in sides)
        if expected >= _LEAST:
            found.append(Silence(int(stamps[place]), int(stamps[place + 1]), expected))
    return tuple(found)


def _candidates(stamps: Ints) -> NDArray[np.intp]:
    """Places of flares before a silence whose next neighbours alone do not excuse it: few of many thousands."""
    before, after = stamps[:-1], stamps[1:]
    place, length = np.arange(len(before)), np.diff(stamps)
    earlier = place - np.searchsorted(stamps, before - length, side="right")
    later = np.searchsorted(stamps, after + length, side="left") - (place + 2)
    return np.flatnonzero(np.minimum(earlier, later) >= _LEAST)


def _quietest(side: Ints, reach: int, length: int) -> int:
    """Fewest flares in any stretch of this length within reach; the silence begins at the last flare of the side."""
    now = int(side[-1])
    near = side[np.searchsorted(side, now - reach) :]
    # a stretch that begins right after a flare has fewer than any that begins between that flare and the one before
    begin = np.concatenate([[now - reach], near])
    begin = begin[begin + length <= now]
    inside = np.searchsorted(near, begin + length, side="left") - np.searchsorted(near, begin, side="right")
    return int(inside.min())
