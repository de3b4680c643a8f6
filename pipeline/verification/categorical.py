"""Scores of yes-or-no warnings: a probability and a threshold make a contingency table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scores.categorical import BasicContingencyManager

__all__ = ["Table", "best_threshold", "tabulate"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """A contingency table.

    Parameters
    ----------
    hits, false_alarms, misses, correct_negatives : int
        Warned and flared, warned and not, not warned and flared, neither.
    threshold : float
        Probability at or above which a warning is given.
    """

    hits: int
    false_alarms: int
    misses: int
    correct_negatives: int
    threshold: float

    @property
    def _manager(self) -> BasicContingencyManager:
        names = ("tp", "fp", "fn", "tn")
        counts = dict(zip(names, (self.hits, self.false_alarms, self.misses, self.correct_negatives), strict=True))
        arrays = {f"{name}_count": xr.DataArray(float(count)) for name, count in counts.items()}
        return BasicContingencyManager({**arrays, "total_count": xr.DataArray(float(sum(counts.values())))})

    @property
    def events(self) -> int:
        """Number of cases with an event."""
        return self.hits + self.misses

    @property
    def non_events(self) -> int:
        """Number of cases without."""
        return self.false_alarms + self.correct_negatives

    @property
    def true_skill(self) -> float:
        r"""True skill statistic, independent of the base rate: hit rate minus false alarm rate (POFD).

        .. math:: TSS = \frac{TP}{TP+FN} - \frac{FP}{FP+TN}

        Hanssen and Kuipers 1965; Bloomfield et al. 2012, doi:10.1088/2041-8205/747/2/L41.
        """
        return self._score("peirce_skill_score")

    @property
    def heidke(self) -> float:
        r"""Heidke skill score (Cohen's kappa, HSS2 of the flare literature): skill over chance agreement.

        .. math:: HSS = \frac{TP+TN-E}{n-E}

        with E the agreements that chance would give. Heidke 1926; Barnes et al. 2016,
        doi:10.3847/0004-637X/829/2/89.
        """
        return self._score("heidke_skill_score")

    @property
    def appleman(self) -> float:
        r"""Appleman skill score: correct decisions gained over always saying the more frequent outcome.

        .. math:: ApSS = \frac{TP-FP}{TP+FN} \;\mathrm{if}\; TP+FN < FP+TN, \;\mathrm{else}\; \frac{TN-FN}{FP+TN}

        Appleman 1960, doi:10.1175/1520-0477-41.2.64; Barnes et al. 2016, doi:10.3847/0004-637X/829/2/89.
        """
        if not (self.events and self.non_events):
            return float("nan")
        # the rarer outcome is what there is to gain by: always saying the other is the competitor
        if self.events < self.non_events:
            return (self.hits - self.false_alarms) / self.events
        return (self.correct_negatives - self.misses) / self.non_events

    @property
    def bias(self) -> float:
        """Warnings given per event: 1 is unbiased."""
        return (self.hits + self.false_alarms) / self.events if self.events else float("nan")

    def _score(self, name: str) -> float:
        # the library divides by zero where a margin is empty, and warns; undefined is NaN here
        if not (self.events and self.non_events):
            return float("nan")
        return float(getattr(self._manager, name)())


def tabulate(probability: Array, event: Array, threshold: float) -> Table:
    """Count a contingency table; a warning is a probability at or above the threshold.

    Parameters
    ----------
    probability, event : array of float, shape (case,)
    threshold : float

    Returns
    -------
    Table
    """
    warned, flared = probability >= threshold, event == 1
    return Table(
        int((warned & flared).sum()),
        int((warned & ~flared).sum()),
        int((~warned & flared).sum()),
        int((~warned & ~flared).sum()),
        float(threshold),
    )


def best_threshold(probability: Array, event: Array) -> float:
    """Threshold with the greatest true skill on these cases, among the probabilities that occur.

    It is chosen with the outcomes known, so the skill at it is an upper bound, not a forecast's.

    Parameters
    ----------
    probability, event : array of float, shape (case,)

    Returns
    -------
    float
        NaN unless there are both events and non-events.
    """
    flared = event == 1
    if flared.all() or not flared.any():
        return float("nan")
    order = np.argsort(-probability, kind="stable")
    ordered, hit = probability[order], flared[order]
    skill = np.cumsum(hit) / hit.sum() - np.cumsum(~hit) / (~hit).sum()
    # equal probabilities are warned of together: only the last of each run is a threshold
    last = np.append(ordered[1:] != ordered[:-1], True)
    return float(ordered[last][np.argmax(skill[last])])
