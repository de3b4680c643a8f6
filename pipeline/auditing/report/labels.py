"""Where labels can stand so that they cover neither each other nor what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["Box", "spread"]

# Overlap with a label makes both unreadable, overlap with a mark only hides some of it; per square of picture.
_LABEL, _MARK, _OUTSIDE = 1e6, 60.0, 1000.0
# Directions in which a label is tried, the preferred ones first, and how many steps away from its mark.
_DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
_STEPS = 6


class Box(NamedTuple):
    """A rectangle: its centre, and half its width and height."""

    x: float
    y: float
    wide: float
    high: float

    def overlap(self, other: Box) -> float:
        """Area that two rectangles share."""
        across = min(self.x + self.wide, other.x + other.wide) - max(self.x - self.wide, other.x - other.wide)
        along = min(self.y + self.high, other.y + other.high) - max(self.y - self.high, other.y - other.high)
        return max(across, 0.0) * max(along, 0.0)


def spread(
    marks: Sequence[Box], sizes: Sequence[tuple[float, float]], taken: Iterable[Box], limit: float, gap: float
) -> list[Box]:
    """Place one label a mark, in the order given: the first have the first choice.

    Parameters
    ----------
    marks : sequence of Box
        What is named.
    sizes : sequence of tuple of float
        Half the width and height of each label.
    taken : iterable of Box
        Labels that stand already.
    limit : float
        Labels stay within this distance of the middle, across and along.
    gap : float
        Between a mark and its label.

    Returns
    -------
    list of Box
        Of the labels.
    """
    labels = list(taken)
    before = len(labels)
    for mark, size in zip(marks, sizes, strict=True):
        spots = _spots(mark, size, gap)
        labels.append(min(spots, key=lambda spot: _cost(spot[0], labels, marks, limit) + spot[1])[0])
    return labels[before:]


def _spots(mark: Box, size: tuple[float, float], gap: float) -> Iterator[tuple[Box, float]]:
    """Give boxes around a mark with what their distance and direction cost."""
    wide, high = size
    for step in range(_STEPS):
        for turn, (across, along) in enumerate(_DIRECTIONS):
            away = gap + 2 * step * high
            x = mark.x + across * (mark.wide + wide + away)
            y = mark.y + along * (mark.high + high + away)
            yield Box(x, y, wide, high), 0.5 * step + 0.02 * turn


def _cost(spot: Box, labels: Sequence[Box], marks: Sequence[Box], limit: float) -> float:
    beyond = max(abs(spot.x) + spot.wide - limit, 0.0) + max(abs(spot.y) + spot.high - limit, 0.0)
    over = sum(spot.overlap(other) for other in labels)
    return _LABEL * over + _MARK * sum(spot.overlap(mark) for mark in marks) + _OUTSIDE * beyond
