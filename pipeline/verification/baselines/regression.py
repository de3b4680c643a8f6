"""Logistic regressions a threshold and window, on whatever columns a baseline makes of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sunproof.pipeline.verification.baselines.extent import OF_CELLS, Extent, beyond, furthest, measure
from sunproof.pipeline.verification.cases import Cases

__all__ = ["Regression", "nest"]

Array = NDArray[np.float64]

# L-BFGS needs about 400 iterations for 53 columns that are strongly correlated.
_ITERATIONS = 3000


@dataclass(frozen=True)
class _Fitted:
    """Regressions of one entity: column means of the training block, and a model (or a constant) a cell."""

    means: Array
    cells: dict[tuple[int, int], Pipeline | float]
    extent: Extent


@dataclass(frozen=True)
class Regression:
    """One logistic regression a threshold, window and entity.

    Parameters
    ----------
    title : str
        How tables call it.
    columns : callable
        Cases -> array of shape (case, column), NaN where missing.
    names : callable, optional
        Cases -> what each column is called.
    strength : float
        Inverse of the ridge penalty (`C` of scikit-learn).

    Notes
    -----
    A missing value is the training mean of its column; a case with nothing observed gets no probability. Every cell is
    fitted for itself, so that what is predicted is nested afterwards (`nest`).
    """

    title: str
    columns: Callable[[Cases], Array]
    names: Callable[[Cases], Sequence[str]] | None = None
    strength: float = 1.0
    _fitted: dict[str, _Fitted] = field(default_factory=dict, repr=False)

    def fit(self, history: Cases) -> Regression:
        """Fit to the training block; see `Baseline.fit`."""
        train = history.pick(history.block == "train")
        entities = {str(name): train.pick(train.entity == name) for name in np.unique(train.entity)}
        return replace(self, _fitted={name: self._fit(cases) for name, cases in entities.items()})

    def predict(self, cases: Cases) -> Array:
        """Give probabilities, shape (case, threshold, window); thresholds and windows ascending."""
        result = np.full(cases.shape, np.nan)
        columns = self.columns(cases)
        for entity, fitted in self._fitted.items():
            rows = (cases.entity == entity) & np.isfinite(columns).any(axis=1)
            filled = _fill(columns[rows], fitted.means)
            for (threshold, window), model in fitted.cells.items():
                if not isinstance(model, float):
                    # scikit-learn refuses a table without rows.
                    result[rows, threshold, window] = model.predict_proba(filled)[:, 1] if rows.any() else np.nan
                else:
                    result[rows, threshold, window] = model
        return nest(result)

    def outside(self, cases: Cases) -> tuple[Array, NDArray[np.object_]]:
        """Tell where a case is beyond what the regressions were fitted to.

        Parameters
        ----------
        cases : Cases

        Returns
        -------
        beyond : ndarray, shape (case, threshold, window)
            How far the logit of the cell's own regression, before `nest`, is above the largest (positive) or below the
            smallest (negative) of its training samples; 0 between them, NaN without a probability.
        cause : ndarray of str, shape (case,)
            The column outside its own training range that moves the furthest cell most, with that range; empty where
            nothing is beyond.
        """
        result, cause = np.full(cases.shape, np.nan), np.full(len(cases), "", object)
        columns = self.columns(cases)
        names = self.names(cases) if self.names else [f"column {place}" for place in range(columns.shape[1])]
        for entity, fitted in self._fitted.items():
            rows = np.flatnonzero((cases.entity == entity) & np.isfinite(columns).any(axis=1))
            filled = _fill(columns[rows], fitted.means)
            for cell, model in fitted.cells.items():
                result[(rows, *cell)] = beyond(model, filled, fitted.extent, cell)
            cause[rows] = furthest(fitted.cells, filled, fitted.extent, result[rows], names)
        return result, cause

    def extents(self, entities: Sequence[str]) -> dict[str, Array]:
        """Tell what the regressions of some entities were fitted to, as `Extent` has it.

        Returns
        -------
        dict
            Name of `OF_CELLS` -> array of shape (entity, threshold, window), logits and counts; NaN where an entity has
            no regression, and empty where none has.
        """
        if not self._fitted:
            return {}
        blank = np.full(next(iter(self._fitted.values())).extent.events.shape, np.nan)
        found = [self._fitted[name].extent if name in self._fitted else None for name in entities]
        return {name: np.stack([getattr(extent, name) if extent else blank for extent in found]) for name in OF_CELLS}

    def _fit(self, train: Cases) -> _Fitted:
        columns = self.columns(train)
        seen = np.isfinite(columns)
        means = np.where(seen, columns, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        filled, observed = _fill(columns, means), seen.any(axis=1)
        cells = {
            (threshold, window): self._fit_cell(filled, np.where(observed, train.event[:, threshold, window], np.nan))
            for threshold in range(train.shape[1])
            for window in range(train.shape[2])
        }
        return _Fitted(means, cells, measure(train, filled, observed, cells))

    def _fit_cell(self, columns: Array, event: Array) -> Pipeline | float:
        known = np.isfinite(event)
        # a class that never (or always) occurred cannot be regressed: its frequency is all there is
        if len(np.unique(event[known])) < 2:
            return float(event[known].mean()) if known.any() else float("nan")
        model = make_pipeline(StandardScaler(), LogisticRegression(C=self.strength, max_iter=_ITERATIONS))
        return model.fit(columns[known], event[known])


def nest(probability: Array) -> Array:
    """Make probabilities coherent: no class above one that contains it, no window below one that it contains.

    Parameters
    ----------
    probability : ndarray, shape (case, threshold, window)
        Thresholds and windows ascending; a class or a window may be missing (NaN).

    Returns
    -------
    ndarray
        The same shape. NaN stays NaN; what is coherent stays as it is, to the last bit.
    """
    # The rarer class gives way: it was fitted to the fewer flares, and a mean of both would take its error over into
    # the better one. The shorter window stays, which is the one that is scored. A running maximum of values that fall
    # from class to class falls, too, so that the second step leaves the order of the first.
    falling = np.fmin.accumulate(probability, axis=1)
    return np.where(np.isnan(probability), np.nan, np.fmax.accumulate(falling, axis=2))


def _fill(columns: Array, means: Array) -> Array:
    # With the training block's mean a missing value says nothing.
    return np.where(np.isfinite(columns), columns, means)
