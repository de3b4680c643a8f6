"""How often it happened in the last 120 days: a climatology that follows the cycle without knowing the future."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.cases import Cases

__all__ = ["BASELINE", "PriorClimatology"]

_HOUR = np.timedelta64(1, "h").astype("timedelta64[ns]")


@dataclass(frozen=True)
class PriorClimatology:
    """Frequency of events among the slots of the same entity whose windows closed in the days before the data cut-off.

    The length of 120 days is that of Leka et al. 2019, doi:10.3847/1538-4365/ab2e12. The frequency is (k + 1/2)/(n + 1)
    (Jeffreys' prior), so that a quiet season does not make a flare impossible.

    Parameters
    ----------
    days : float
        Length of the prior window.
    """

    days: float = 120.0
    title: str = "climatology of the prior 120 days"
    _history: Cases | None = field(default=None, repr=False)

    def fit(self, history: Cases) -> PriorClimatology:
        """Keep the labelled slots; see `Baseline.fit`."""
        return replace(self, _history=history)

    def predict(self, cases: Cases) -> NDArray[np.float64]:
        """Give frequencies, shape (case, threshold, window); NaN where no window closed in the prior days."""
        result = np.full(cases.shape, np.nan)
        if self._history is None:
            return result
        for entity in np.unique(cases.entity):
            rows, past = cases.entity == entity, self._history.pick(self._history.entity == entity)
            for number, hours in enumerate(cases.windows):
                result[rows, :, number] = self._frequency(past, number, hours, cases.cutoff[rows])
        return result

    def _frequency(self, past: Cases, window: int, hours: float, now: NDArray[np.datetime64]) -> NDArray[np.float64]:
        closed = past.issue_time + round(hours * 3600) * np.timedelta64(1, "s")
        order = np.argsort(closed, kind="stable")
        event = past.event[order, :, window]
        known = np.isfinite(event)
        zero = np.zeros((1, event.shape[1]))
        events = np.concatenate([zero, np.cumsum(np.where(known, event, 0), axis=0)])
        counts = np.concatenate([zero, np.cumsum(known, axis=0)])
        first = np.searchsorted(closed[order], now - round(self.days * 24) * _HOUR, "right")
        # only what had come true by then: a window that is still open would tell the future
        last = np.searchsorted(closed[order], now, "right")
        number = counts[last] - counts[first]
        # half an event more: never exactly 0 or 1
        return np.where(number > 0, (events[last] - events[first] + 0.5) / (number + 1), np.nan)


BASELINE = PriorClimatology()
