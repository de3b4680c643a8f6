"""Event statistics: the flares a region had say how many it will have (Wheatland 2004, doi:10.1086/421261)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.cases import Cases

__all__ = ["BASELINE", "EventStatistics"]


@dataclass(frozen=True)
class EventStatistics:
    """Wheatland's probabilities as the evidence of the forecasts holds them; nothing is fitted.

    See `sunproof.models.physics.flare_statistics.wheatland_probability`.
    """

    title: str = "Wheatland event statistics"

    def fit(self, history: Cases) -> EventStatistics:
        """Return itself: the method has no training block."""
        return self

    def predict(self, cases: Cases) -> NDArray[np.float64]:
        """Give probabilities, shape (case, threshold, window); NaN without a flare list."""
        values = cases.inputs.get("probability_wheatland")
        return np.full(cases.shape, np.nan) if values is None else np.asarray(values, float)


BASELINE = EventStatistics()
