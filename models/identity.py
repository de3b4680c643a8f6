"""Whose records are these? Keywords held against everything else that is known of the region, and against its past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.groups import partition
from sunproof.models.normaliser import Normaliser, fit_normaliser

__all__ = ["Identity", "Watched"]

Rows = NDArray[np.float64]
Parts = Mapping[str, tuple[Any, Any]]

# What others report of the region: the summary, its flares, and where it lies.
_CONTEXT = ("region summary", "flares of the region", "place")
_RIDGE = 10.0
# Beyond so many hours without a record a change is no jump.
_GAP = 6
# A calibration of fewer regions cannot tell one in fifty.
_FEWEST = 50


@dataclass(frozen=True, eq=False)
class Watched:
    """A batch as the identity looks at it.

    Parameters
    ----------
    latest : ndarray, shape (sample, keyword)
        Normalised keywords of the latest record; NaN where there is none.
    context : ndarray, shape (sample, column)
        Normalised summary, flares and place; NaN rows where the region is in no summary and has no flares known.
    changes : list of ndarray, shape (change, keyword)
        Differences between successive records of each sample, at most six steps apart.
    """

    latest: Rows
    context: Rows
    changes: list[Rows]

    @classmethod
    def of(cls, normaliser: Normaliser, parts: Parts, names: Mapping[str, tuple[str, ...]]) -> Watched:
        """Look at raw inputs ``keywords`` and ``region``."""
        # torch tensors in and out: the normaliser is the models' own
        import torch

        (values, seen), (scalars, known) = (
            tuple(part.numpy() for part in normaliser(name, *map(torch.as_tensor, parts[name])))
            for name in ("keywords", "region")
        )
        observed = seen.any(axis=2)
        last = values.shape[1] - 1 - observed[:, ::-1].argmax(axis=1)
        rows = np.arange(len(values))
        latest = np.where(observed.any(axis=1)[:, None] & seen[rows, last], values[rows, last], np.nan)
        groups = partition({"modalities": {"region": {"features": names["region"]}}}, "physics")
        chosen = np.isin(groups.index, [groups.names.index(name) for name in _CONTEXT if name in groups.names])
        context = np.concatenate([scalars, known], axis=1)[:, np.tile(chosen, 2)].astype(np.float64)
        nothing = ~known[:, chosen].any(axis=1)
        context[nothing] = np.nan
        changes = [_changes(*pair) for pair in zip(values, seen, strict=True)]
        return cls(latest.astype(np.float64), context, changes)


def _changes(values: NDArray[Any], seen: NDArray[np.bool_]) -> Rows:
    steps = np.flatnonzero(seen.all(axis=1))
    near = np.diff(steps) <= _GAP
    return np.diff(values[steps].astype(np.float64), axis=0)[near]


@dataclass(frozen=True, eq=False)
class Identity:
    """Two questions, each with its answers on regions that were left out of the fit.

    The first is a likelihood ratio, which no test of a given power beats (Neyman and Pearson 1933): the density of the
    latest keywords given what others report of this region, over their density in any region. Both are Gaussian in
    normalised keywords; the first has the residual covariance of a ridge regression on the reports. The second is the
    largest Mahalanobis distance of a change between successive records.

    Parameters
    ----------
    normaliser : Normaliser
        Of the training block.
    names : mapping
        Modality -> feature names.
    weights : ndarray, shape (1 + column, keyword)
        Of the regression.
    own, any_region, change : ndarray
        Mean (first row) and inverse covariance of residuals, of keywords, and of changes.
    ratios, jumps : ndarray, shape (region,)
        Sorted log ratios and largest changes of one row of each region left out.
    """

    normaliser: Normaliser
    names: Mapping[str, tuple[str, ...]]
    weights: Rows
    own: tuple[Rows, Rows]
    any_region: tuple[Rows, Rows]
    change: tuple[Rows, Rows]
    ratios: Rows
    jumps: Rows

    @classmethod
    def fit(
        cls, parts: Parts, names: Mapping[str, tuple[str, ...]], regions: NDArray[Any], seed: int
    ) -> Identity | None:
        """Fit on half of the regions of the training block, calibrate on one row of each other one.

        Parameters
        ----------
        parts : mapping
            ``keywords`` and ``region``, raw.
        names : mapping
            Modality -> feature names.
        regions : ndarray, shape (row,)
        seed : int

        Returns
        -------
        Identity or None
            None where there are too few regions.
        """
        normaliser = fit_normaliser({name: parts[name] for name in ("keywords", "region")})
        seen = Watched.of(normaliser, parts, names)
        whole = np.isfinite(seen.latest).all(axis=1) & np.isfinite(seen.context).all(axis=1)
        random = np.random.default_rng(seed)
        numbers = random.permutation(np.unique(regions[whole]))
        left = numbers[: len(numbers) // 2]
        inside = whole & ~np.isin(regions, left)
        if len(left) < _FEWEST or inside.sum() < 2 * seen.latest.shape[1]:
            return None
        design = _design(seen.context[inside])
        penalty = _RIDGE * np.eye(design.shape[1])
        weights: Rows = np.asarray(np.linalg.solve(design.T @ design + penalty, design.T @ seen.latest[inside]))
        residual = seen.latest[inside] - design @ weights
        changes = np.concatenate([seen.changes[row] for row in np.flatnonzero(inside)])
        fitted = cls(
            normaliser,
            names,
            weights,
            _gaussian(residual),
            _gaussian(seen.latest[inside]),
            _gaussian(changes),
            np.zeros(0),
            np.zeros(0),
        )
        drawn = np.array([random.choice(np.flatnonzero(whole & (regions == number))) for number in left])
        ratio, jump = fitted._measure(seen)
        jumped = jump[drawn]
        return cls(
            **{
                name: getattr(fitted, name)
                for name in ("normaliser", "names", "weights", "own", "any_region", "change")
            },
            ratios=np.sort(ratio[drawn]),
            jumps=np.sort(jumped[np.isfinite(jumped)]),
        )

    def __call__(self, parts: Parts) -> tuple[Rows, Rows]:
        """Hold a batch against the training block.

        Returns
        -------
        agreement : ndarray, shape (sample,)
            Share of regions whose records fit the reports no better; NaN without records or reports.
        continuity : ndarray, shape (sample,)
            Share of regions with as large a change between two records; NaN with fewer than two whole records.
        """
        ratio, jump = self._measure(Watched.of(self.normaliser, parts, self.names))
        below = np.searchsorted(self.ratios, ratio, side="right")
        above = len(self.jumps) - np.searchsorted(self.jumps, jump, side="left")
        agreement = np.where(np.isnan(ratio), np.nan, (1 + below) / (1 + len(self.ratios)))
        return agreement, np.where(np.isnan(jump), np.nan, (1 + above) / (1 + len(self.jumps)))

    def _measure(self, seen: Watched) -> tuple[Rows, Rows]:
        with np.errstate(invalid="ignore"):
            residual = seen.latest - _design(seen.context) @ self.weights
        ratio = _log_density(residual, *self.own) - _log_density(seen.latest, *self.any_region)
        jump = np.full(len(seen.latest), np.nan)
        for row, changes in enumerate(seen.changes):
            if len(changes):
                jump[row] = -_log_density(changes, *self.change).min()
        return ratio, jump


def _design(context: Rows) -> Rows:
    return np.concatenate([np.ones((len(context), 1)), context], axis=1)


def _gaussian(rows: Rows) -> tuple[Rows, Rows]:
    """Mean and inverse covariance, shrunk a little towards its diagonal so that copies of one keyword do no harm."""
    mean, covariance = rows.mean(axis=0), np.cov(rows.T)
    covariance = 0.99 * covariance + 0.01 * np.diag(np.diag(covariance))
    return np.asarray(mean, np.float64), np.asarray(np.linalg.inv(covariance), np.float64)


def _log_density(rows: Rows, mean: Rows, precision: Rows) -> Rows:
    """Of a Gaussian, up to the factor of 2 pi that cancels in every comparison."""
    away = rows - mean
    size = np.linalg.slogdet(precision)[1]
    return np.asarray(0.5 * size - 0.5 * np.einsum("ij,jk,ik->i", away, precision, away), np.float64)
