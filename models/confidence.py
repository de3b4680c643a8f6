"""How sure a probability can be: Venn-Abers intervals and class-conditional conformal p-values, the region as unit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Confidence"]

Rows = NDArray[np.float64]

# Draws of one row a region: the mean interval hardly moves with more.
_DRAWS = 20
# With fewer independent flaring regions the coverage of flares is anyone's guess: its standard deviation is 0.06 at 30.
_FEWEST = 30


@dataclass(frozen=True, eq=False)
class Confidence:
    """Intervals and p-values of one output (class and window), calibrated on labelled forecasts.

    Windows of one region overlap and share its history, so that the region counts as one observation: Venn-Abers
    intervals are means over draws of one row a region, p-values are the mean over all such draws.

    Parameters
    ----------
    calibrators : tuple
        One fitted `venn_abers.VennAbers` a draw; empty where no interval can be told.
    alphas : dict
        Class (1 flare, 0 quiet) -> sorted nonconformities and the sum of weights from each upwards, and the number of
        regions; empty where there are fewer than 30 flaring or quiet regions.
    """

    calibrators: tuple[Any, ...]
    alphas: dict[int, tuple[Rows, Rows, int]]

    @classmethod
    def fit(cls, probability: Rows, event: Rows, regions: NDArray[Any], seed: int) -> Confidence:
        """Calibrate.

        Parameters
        ----------
        probability, event : ndarray, shape (row,)
            Forecasts of a block that the model was not trained on, and what happened; rows with NaN are left out.
        regions : ndarray, shape (row,)
            Whose they are.
        seed : int
            Of the draws.

        References
        ----------
        Vovk, Petej and Fedorova 2015, arXiv:1511.00213; Vovk, Gammerman and Shafer 2005, section 4.5
        """
        known = np.isfinite(probability) & np.isfinite(event)
        probability, event, regions = probability[known], event[known], regions[known]
        calibrators: tuple[Any, ...] = ()
        if 0 < event.sum() < len(event):
            random = np.random.default_rng(seed)
            calibrators = tuple(_calibrator(probability, event, _draw(regions, random)) for _ in range(_DRAWS))
        alphas = {kind: _class_alphas(probability, event == kind, regions, kind) for kind in (1, 0)}
        if min(number for _, _, number in alphas.values()) < _FEWEST:
            alphas = {}
        return cls(calibrators, alphas)

    def interval(self, probability: Rows) -> tuple[Rows, Rows]:
        """Venn-Abers interval: what a calibrated forecaster would say if the region flared, and if it did not.

        Parameters
        ----------
        probability : ndarray, shape (row,)

        Returns
        -------
        low, high : ndarray, shape (row,)
            NaN for NaN, and where nothing could be calibrated.
        """
        low, high = np.full((2, len(probability)), np.nan)
        known = np.isfinite(probability)
        if self.calibrators and known.any():
            asked = np.stack([1 - probability[known], probability[known]], axis=1)
            ends = np.mean([calibrator.predict_proba(asked)[1] for calibrator in self.calibrators], axis=0)
            low[known], high[known] = ends.min(axis=1), ends.max(axis=1)
        return low, high

    def credibility(self, probability: Rows, kind: int) -> Rows:
        """Conformal p-value of a class: the share of regions of that class to which it looked as unlikely.

        Parameters
        ----------
        probability : ndarray, shape (row,)
        kind : int
            1 for a flare, 0 for none.

        Returns
        -------
        ndarray, shape (row,)
            A set of the classes above alpha holds the true one in 1 - alpha of the regions of each class; NaN where no
            such claim can be made.
        """
        if not self.alphas:
            return np.full(len(probability), np.nan)
        values, above, number = self.alphas[kind]
        place = np.searchsorted(values, _nonconformity(probability, kind), side="left")
        return np.where(np.isfinite(probability), (1 + above[place]) / (1 + number), np.nan)


def _nonconformity(probability: Rows, kind: int) -> Rows:
    return 1 - probability if kind else probability


def _draw(regions: NDArray[Any], random: np.random.Generator) -> NDArray[np.int64]:
    """One row of each region."""
    order = random.permutation(len(regions))
    _, first = np.unique(regions[order], return_index=True)
    return np.asarray(order[first], np.int64)


def _calibrator(probability: Rows, event: Rows, rows: NDArray[np.int64]) -> Any:
    # venn_abers switches numpy's warnings off for good when it is imported, divides by zero and tells of empty slices
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN", RuntimeWarning)
        from venn_abers import VennAbers

        columns = np.stack([1 - probability[rows], probability[rows]], axis=1)
        return VennAbers().fit(columns, event[rows])


def _class_alphas(probability: Rows, mine: NDArray[np.bool_], regions: NDArray[Any], kind: int) -> Any:
    """Sort the nonconformities of a class; the rows of a region share its weight of one."""
    _, place, count = np.unique(regions[mine], return_inverse=True, return_counts=True)
    alphas, weight = _nonconformity(probability[mine], kind), 1 / count[place]
    order = np.argsort(alphas, kind="stable")
    above = np.concatenate([np.cumsum(weight[order][::-1])[::-1], [0.0]])
    return alphas[order], above, len(count)
