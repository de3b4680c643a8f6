"""Two numbers: how often a flare follows a flaring day, and how often a quiet one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.cases import Cases

__all__ = ["BASELINE", "ConditionalPersistence"]


@dataclass(frozen=True)
class ConditionalPersistence:
    """Frequency of events in the training block, given whether the class was reached in the 24 h before.

    The real bar for operational forecasts: the issued full-disk M-class probabilities of 2014-2016 do not pass it.
    """

    title: str = "conditional persistence"
    _rates: dict[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)

    def fit(self, history: Cases) -> ConditionalPersistence:
        """Count the training block; see `Baseline.fit`."""
        train = history.pick(history.block == "train")
        return replace(
            self, _rates={str(name): _rates(train.pick(train.entity == name)) for name in np.unique(train.entity)}
        )

    def predict(self, cases: Cases) -> NDArray[np.float64]:
        """Give one of two numbers, shape (case, threshold, window); NaN where the last 24 h are unknown."""
        result = np.full(cases.shape, np.nan)
        for number, threshold in enumerate(cases.thresholds):
            recent = cases.recent_flares(threshold)
            for entity, rates in self._rates.items():
                # NaN is neither: a slot whose last day is unknown gets no probability.
                for state, wanted in ((0, recent == 0), (1, recent > 0)):
                    result[(cases.entity == entity) & wanted, number] = rates[state, number]
        return result


def _rates(train: Cases) -> NDArray[np.float64]:
    """Frequencies after quiet and after flaring, shape (2, threshold, window); NaN where a state never occurred."""
    rates = np.full((2, *train.shape[1:]), np.nan)
    for number, threshold in enumerate(train.thresholds):
        recent = train.recent_flares(threshold)
        for state, rows in ((0, recent == 0), (1, recent > 0)):
            event = train.event[rows, number]
            known = np.isfinite(event).sum(axis=0)
            rates[state, number] = np.where(known > 0, np.nansum(event, axis=0) / np.maximum(known, 1), np.nan)
    return rates


BASELINE = ConditionalPersistence()
