"""What a baseline is: fitted to the training block, it gives a probability for every slot it can."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.cases import Cases

__all__ = ["Baseline"]


@runtime_checkable
class Baseline(Protocol):
    """Protocol of every ``BASELINE`` in this folder (an instance, not yet fitted)."""

    title: str
    """How tables call it."""

    def fit(self, history: Cases) -> Self:
        """Return the baseline fitted.

        Parameters
        ----------
        history : Cases
            All labelled slots. Only the rows of ``block == "train"`` may be learnt from; a rolling climatology may
            besides use labels whose window had closed before the slot it forecasts.
        """
        ...

    def predict(self, cases: Cases) -> NDArray[np.float64]:
        """Probabilities, shape (case, threshold, window); NaN where the inputs it needs are missing."""
        ...
