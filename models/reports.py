"""How likely keywords are, given all that others report of the region, and given nothing."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.attribution.groups import partition
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.models.scales import best_log_ratio, tried

__all__ = ["FEWEST", "FOLDS", "Folds", "Reports", "Watched", "gaussian", "log_density", "normaliser_of"]

Rows = NDArray[np.float64]
Parts = Mapping[str, tuple[Any, Any]]

# What others report of the region: the summary, its flares, and where it lies.
_CONTEXT = ("region summary", "flares of the region", "place")
# Of these, what acts on the others: a spot's area says less at the limb, flares say more of a complex group.
_CURVED = (
    "log_srs_area",
    "spot_count",
    "longitude_extent",
    "longitude",
    "latitude",
    "limb_distance",
    "flare_index_72h",
    "flares_c_72h",
    "flares_m_72h",
    "flares_c_all",
    "spotless",
    "hale_gamma",
    "hale_delta",
    "mcintosh_z_d",
    "mcintosh_z_e",
    "mcintosh_z_f",
    "mcintosh_p_k",
)
# A region without it is told by its absence: it is small, or at the limb.
_SUMMARY = "log_srs_area"
# Quantile of a keyword beyond which it counts by its logarithm.
_BENT = 0.9
# A logarithm already.
_LOGARITHMS = "r_value"
# Spreads beyond which a product of two reports says nothing more.
_FAR = 4.0
# Observations that a prior of no influence is worth.
_RIDGES = (10.0, 100.0, 1000.0)
_LITTLE = 1e-3
# Degrees of freedom of the density of keywords. Large regions are like no other in many ways at once: by a Gaussian
# they met the limits of J4, J9 and J10 two to four times as often as by this, and fewer exchanged or cut records were
# found (3 to 30 tried on three folds of hindcasts; 3 and 10 do nearly as well).
_FREEDOM = 5.0
FOLDS = 5
# Beyond so many hours without a record a change is no jump.
_GAP = 6
# A calibration of fewer regions cannot tell one in fifty.
FEWEST = 100


@dataclass(frozen=True, eq=False)
class Watched:
    """A batch as the identity looks at it.

    Parameters
    ----------
    latest : ndarray, shape (sample, keyword)
        Normalised keywords of the latest record; NaN where there is none.
    scales : mapping
        Question -> the same as on other scales, shape (factor, sample, keyword); see `sunproof.models.scales.tried`.
    context : ndarray, shape (sample, column)
        Normalised summary, flares and place, whether each is known, and products of some; NaN rows where the region is
        in no summary and has no flares known.
    summarised : ndarray of bool, shape (sample,)
        Whether the region is in a summary.
    values, seen : ndarray, shape (sample, step, keyword)
        Normalised keywords of all records.
    plain : int
        Columns of the context before the products.
    """

    latest: Rows
    scales: Mapping[str, Rows]
    context: Rows
    summarised: NDArray[np.bool_]
    values: NDArray[Any]
    seen: NDArray[np.bool_]
    plain: int

    @classmethod
    def of(cls, normaliser: Normaliser, parts: Parts, names: Mapping[str, tuple[str, ...]]) -> Watched:
        """Look at raw inputs ``keywords`` and ``region``."""
        (values, seen), (scalars, known) = (
            tuple(part.numpy() for part in normaliser(name, *map(torch.as_tensor, parts[name])))
            for name in ("keywords", "region")
        )
        observed = seen.any(axis=2)
        last = values.shape[1] - 1 - observed[:, ::-1].argmax(axis=1)
        rows = np.arange(len(values))
        whole = observed.any(axis=1)[:, None] & seen[rows, last]
        latest = np.where(whole, values[rows, last], np.nan)
        raw = np.where(whole, np.asarray(parts["keywords"][0])[rows, last], np.nan)
        groups = partition({"modalities": {"region": {"features": names["region"]}}}, "physics")
        chosen = np.isin(groups.index, [groups.names.index(name) for name in _CONTEXT if name in groups.names])
        plain = np.concatenate([scalars, known], axis=1)[:, np.tile(chosen, 2)].astype(np.float64)
        curved = np.clip(scalars[:, np.isin(names["region"], _CURVED)].astype(np.float64), -_FAR, _FAR)
        first, second = np.triu_indices(curved.shape[1])
        context = np.concatenate([plain, curved[:, first] * curved[:, second]], axis=1)
        context[~known[:, chosen].any(axis=1)] = np.nan
        summarised = known[:, np.isin(names["region"], _SUMMARY)].any(axis=1)
        scales = tried(normaliser, raw.astype(np.float64), names["keywords"])
        return cls(latest.astype(np.float64), scales, context, summarised, values, seen, plain.shape[1])

    def changes(self, row: int) -> Rows:
        """Differences between successive whole records of a sample, at most six steps apart; (change, keyword)."""
        steps = np.flatnonzero(self.seen[row].all(axis=1))
        near = np.diff(steps) <= _GAP
        return np.asarray(np.diff(self.values[row, steps].astype(np.float64), axis=0)[near])


@dataclass(frozen=True, eq=False)
class Reports:
    """The density of keywords given what others report, and how low its ratio to any region's falls for own reports.

    Parameters
    ----------
    weights : ndarray, shape (1 + column, keyword)
        Of a ridge regression; without products it has fewer columns than the context.
    own, evened : tuple of ndarray
        Mean and inverse covariance of the residuals of regions left out, and of these over their spread; their
        densities have the tails of Student's t.
    spread : ndarray, shape (1 + keyword, keyword)
        Weights of the log spread of residuals, given what the reports tell of the keywords.
    ratios : mapping
        Question -> sorted log ratios of one row of each region, by fits to other regions, low where something is wrong:
        ``any`` of own reports over any region, those of `sunproof.models.scales` of the records as they are over the
        best scale.
    """

    weights: Rows
    own: tuple[Rows, Rows]
    evened: tuple[Rows, Rows]
    spread: Rows
    ratios: Mapping[str, Rows]

    @classmethod
    def fit(
        cls, seen: Watched, rows: NDArray[np.intp], regions: Folds, any_region: tuple[Rows, Rows]
    ) -> Reports | None:
        """Fit to rows of a batch; None of fewer than a hundred regions."""
        if len(np.unique(regions.which)) < FEWEST:
            return None
        latest = seen.latest[rows]
        designs = [_design(seen.context[rows, :end]) for end in (seen.plain, None)]
        fits = [_regress(design, latest, regions.fold, ridge) for design in designs for ridge in _RIDGES]
        # the one with the narrowest residuals in regions left out: products of reports want many regions
        weights, residual = max(fits, key=lambda one: np.linalg.slogdet(gaussian(one[1])[1])[1])
        told = latest - residual
        size = _log_size(residual)
        spread, rest = _regress(_design(told), size, regions.fold, _RIDGES[-1])
        log_spread, some = size - rest, regions.drawn
        bare = cls(weights, gaussian(residual), gaussian(residual / np.exp(log_spread)), spread, {})
        ratios = bare._ratios(seen, rows[some], told[some], log_spread[some], any_region)
        return replace(
            bare, ratios={question: np.sort(ratio[np.isfinite(ratio)]) for question, ratio in ratios.items()}
        )

    def shares(self, seen: Watched, any_region: tuple[Rows, Rows]) -> dict[str, Rows]:
        """Question -> share of regions whose records fit their reports no better, shape (sample,)."""
        told = _design(seen.context[:, : len(self.weights) - 1]) @ self.weights
        found = {}
        ratios = self._ratios(seen, np.arange(len(told)), told, _design(told) @ self.spread, any_region)
        for question, ratio in ratios.items():
            known = self.ratios[question]
            below = np.searchsorted(known, ratio, side="right")
            found[question] = np.where(np.isnan(ratio), np.nan, (1 + below) / (1 + len(known)))
        return found

    def _ratios(
        self, seen: Watched, rows: NDArray[np.intp], told: Rows, log_spread: Rows, any_region: tuple[Rows, Rows]
    ) -> dict[str, Rows]:
        """Log ratios of rows of a batch, given what their reports tell of the keywords, and how surely."""

        def density(residual: Rows) -> Rows:
            return _tailed(residual, *self.own)

        latest = seen.latest[rows]
        away = latest - told
        own = _tailed(away / np.exp(log_spread), *self.evened) - log_spread.sum(axis=1)
        now = density(away)
        # of one spread for all: by what the reports tell of it J9 found fewer cut regions (hindcasts; 0.60 for 0.66)
        scales = {
            question: -best_log_ratio(scale[:, rows], told, density, now) for question, scale in seen.scales.items()
        }
        return {"any": own - _tailed(latest, *any_region), **scales}


def _log_size(residual: Rows) -> Rows:
    """Logarithm of a residual's size; its mean square keeps the smallest from counting most."""
    square = residual**2
    # a keyword that never changes has a size of zero, and no logarithm
    return np.asarray(np.log(square + square.mean(axis=0) + _LITTLE) / 2)


def _tailed(rows: Rows, mean: Rows, precision: Rows) -> Rows:
    """Log density of Student's t about a Gaussian's mean and covariance, up to a factor that cancels."""
    half = np.linalg.slogdet(precision)[1] / 2
    distance = 2 * (half - log_density(rows, mean, precision))
    return np.asarray(half - (_FREEDOM + rows.shape[1]) / 2 * np.log1p(distance / _FREEDOM), np.float64)


@dataclass(frozen=True, eq=False)
class Folds:
    """Regions of some rows in five parts.

    Parameters
    ----------
    which, fold : ndarray, shape (row,)
        Number of the region, and its part.
    drawn : ndarray, shape (region,)
        One row of each.
    """

    which: NDArray[np.intp]
    fold: NDArray[np.intp]
    drawn: NDArray[np.intp]

    @classmethod
    def of(cls, regions: NDArray[Any], random: np.random.Generator) -> Folds:
        """Deal the regions out."""
        numbers, which = np.unique(regions, return_inverse=True)
        fold = random.permutation(np.arange(len(numbers)) % FOLDS)[which]
        drawn = [random.choice(np.flatnonzero(which == number)) for number in range(len(numbers))]
        return cls(which, fold, np.array(drawn, np.intp))


def normaliser_of(parts: Parts, names: Mapping[str, tuple[str, ...]]) -> Normaliser:
    """Fit a normaliser for the comparison: every keyword is compressed, or a few large regions would set its spread.

    Parameters
    ----------
    parts : mapping
        ``keywords``, shape (sample, step, keyword), and ``region``, raw, of the training block.
    names : mapping
        Modality -> feature names.
    """
    values, seen = (np.asarray(part) for part in parts["keywords"])
    table = np.where(seen & np.isfinite(values), values, np.nan).reshape(-1, values.shape[-1]).astype(np.float64)
    with warnings.catch_warnings():
        # a keyword that no record has
        warnings.simplefilter("ignore", RuntimeWarning)
        scale = np.nan_to_num(np.nanquantile(np.abs(table), _BENT, axis=0))
        scale[np.isin(names["keywords"], _LOGARITHMS)] = 0
        even = np.where(scale > 0, np.arcsinh(table / np.where(scale > 0, scale, 1)), table)
        centre, spread = np.nan_to_num(np.nanmean(even, axis=0)), np.nan_to_num(np.nanstd(even, axis=0))
    keywords = {"scale": scale, "centre": centre, "spread": np.where(spread > 0, spread, 1.0)}
    return Normaliser({**fit_normaliser({"region": parts["region"]}).statistics(), "keywords": keywords})


def _regress(design: Rows, latest: Rows, fold: NDArray[np.intp], ridge: float) -> tuple[Rows, Rows]:
    """Weights of a ridge regression on all regions, and residuals by weights of the other folds."""

    def weights(rows: NDArray[np.bool_]) -> Rows:
        # as of columns of unit variance; a constant one needs a little, and the mean of the keywords hardly any
        penalty = np.diag(ridge * design[rows].var(axis=0) + _LITTLE)
        return np.asarray(np.linalg.solve(design[rows].T @ design[rows] + penalty, design[rows].T @ latest[rows]))

    residual = np.empty_like(latest)
    for left in range(FOLDS):
        residual[fold == left] = latest[fold == left] - design[fold == left] @ weights(fold != left)
    return weights(fold >= 0), residual


def _design(context: Rows) -> Rows:
    return np.concatenate([np.ones((len(context), 1)), context], axis=1)


def gaussian(rows: Rows) -> tuple[Rows, Rows]:
    """Mean and inverse covariance, shrunk a little towards its diagonal so that copies of one keyword do no harm."""
    mean, covariance = rows.mean(axis=0), np.atleast_2d(np.cov(rows.T))
    # a column that never changes has no spread to be held against
    diagonal = np.where(np.diag(covariance) > 0, np.diag(covariance), 1.0)
    covariance = 0.99 * covariance + 0.01 * np.diag(diagonal)
    return np.asarray(mean, np.float64), np.asarray(np.linalg.inv(covariance), np.float64)


def log_density(rows: Rows, mean: Rows, precision: Rows) -> Rows:
    """Of a Gaussian, up to the factor of 2 pi that cancels in every comparison."""
    away = rows - mean
    size = np.linalg.slogdet(precision)[1]
    return np.asarray(0.5 * size - 0.5 * np.einsum("ij,jk,ik->i", away, precision, away), np.float64)
