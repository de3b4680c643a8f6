"""Collects what a check says of each forecast: the gravest word stays, and what was blanked first is not judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sunproof.models.constraints.base import Finding, Outcome

__all__ = ["Marks"]

Mask = NDArray[np.bool_]


class Marks:
    """The findings of one check while it is being evaluated; every forecast starts as PASS.

    Parameters
    ----------
    size : int
        Number of forecasts.
    """

    def __init__(self, size: int) -> None:
        self._outcome = np.full(size, Outcome.PASS, np.int8)
        self._value = np.full(size, np.nan)
        self._limit = np.full(size, np.nan)
        self._reason = np.zeros(size, np.int16)
        self._reasons = [""]
        self._reference: NDArray[np.int64] | None = None

    def measure(self, value: ArrayLike, limit: ArrayLike) -> None:
        """Note what was measured and what it was held against, for every forecast."""
        self._value[:] = value
        self._limit[:] = limit
        self._clear()

    def reference(self, size: ArrayLike) -> None:
        """Note the size of the reference set of every forecast."""
        self._reference = np.broadcast_to(np.asarray(size, np.int64), self._outcome.shape).copy()

    def offence(self, where: Mask, outcome: Outcome, reason: str, value: ArrayLike, limit: ArrayLike) -> None:
        """Mark forecasts; a graver outcome replaces a lighter one, the first of equals stays, a blank stays blank."""
        # Of equal outcomes the first stays: a check names its gravest words first.
        worse = where & (self._outcome < outcome) & (self._outcome != Outcome.NOT_EVALUABLE)
        self._outcome[worse] = outcome
        self._reason[worse] = self._index(reason, bool(worse.any()))
        self._value[worse] = np.broadcast_to(value, worse.shape)[worse]
        self._limit[worse] = np.broadcast_to(limit, worse.shape)[worse]

    def blank(self, where: Mask, reason: str) -> None:
        """Mark forecasts NOT_EVALUABLE unless an offence was already found; the first reason stays."""
        # What is missing does not take an offence back.
        empty = where & (self._outcome == Outcome.PASS)
        self._outcome[empty] = Outcome.NOT_EVALUABLE
        self._reason[empty] = self._index(reason, bool(empty.any()))
        self._clear()

    def finding(self) -> Finding:
        """Freeze what was collected."""
        return Finding(self._outcome, self._value, self._limit, self._reason, tuple(self._reasons), self._reference)

    def _clear(self) -> None:
        blank = self._outcome == Outcome.NOT_EVALUABLE
        self._value[blank] = np.nan
        self._limit[blank] = np.nan

    def _index(self, reason: str, needed: bool) -> int:
        # A reason that no forecast has is not kept.
        if not needed:
            return 0
        if reason not in self._reasons:
            self._reasons.append(reason)
        return self._reasons.index(reason)
