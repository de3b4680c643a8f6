"""Patches of images, held against the records of the region that they are said to show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.reports import FEWEST, FOLDS, Folds, gaussian, log_density

__all__ = ["Cutouts"]

Rows = NDArray[np.float64]

_RIDGE = 3.0
_TINY = 1e-6
# Beyond this angle of view (cosine; 70 degrees) a patch says little of its region, and half of it is missing.
_LEAST_MU = 0.34


@dataclass(frozen=True, eq=False)
class Cutouts:
    """A ratio of two densities of what a patch shows: given the region's records, and given nothing.

    Parameters
    ----------
    centre, spread : ndarray
        Of the records' columns.
    weights : ndarray
        Ridge regression of the patch's light on the records.
    own, any_region : tuple of ndarray
        Mean and inverse covariance of what is left, of regions left out, and of the light of any region.
    ratios : ndarray, shape (region,)
        Sorted log ratios of one row of each region, by fits to other regions.
    """

    centre: Rows
    spread: Rows
    weights: Rows
    own: tuple[Rows, Rows]
    any_region: tuple[Rows, Rows]
    ratios: Rows

    @classmethod
    def fit(cls, keywords: tuple[Any, Any], patch: tuple[Any, Any], regions: NDArray[Any], seed: int) -> Cutouts | None:
        """Fit to the training block, calibrated on one row of each region by fits to four fifths of the others.

        Parameters
        ----------
        keywords : tuple of ndarray, shape (row, step, keyword)
            Values and mask, raw.
        patch : tuple of ndarray, shape (row, lag, channel, y, x)
            Values and mask, raw; the last channel is the cosine of view.
        regions : ndarray, shape (row,)
            Whose they are.
        seed : int

        Returns
        -------
        Cutouts or None
            None where there are too few regions.
        """
        light, records = _light(*patch), _records(*keywords, *patch)
        whole = np.isfinite(light).all(axis=1) & np.isfinite(records).all(axis=1)
        if len(np.unique(regions[whole])) < FEWEST:
            return None
        light, records = light[whole], records[whole]
        folds = Folds.of(regions[whole], np.random.default_rng(seed))
        centre, spread = records.mean(axis=0), np.maximum(records.std(axis=0), _TINY)
        design = _design((records - centre) / spread)
        left = np.empty_like(light)
        for number in range(FOLDS):
            out = folds.fold == number
            left[out] = light[out] - design[out] @ _solve(design[~out], light[~out])
        own, any_region = gaussian(left), gaussian(light)
        ratios = log_density(left, *own) - log_density(light, *any_region)
        return cls(centre, spread, _solve(design, light), own, any_region, np.sort(ratios[folds.drawn]))

    def __call__(self, keywords: tuple[Any, Any], patch: tuple[Any, Any]) -> Rows:
        """Hold patches against records, as `fit` takes them.

        Returns
        -------
        ndarray, shape (row,)
            Share of training regions whose patch fits its records no better; NaN without either, and near the limb.
        """
        light, records = _light(*patch), _records(*keywords, *patch)
        left = light - _design((records - self.centre) / self.spread) @ self.weights
        ratio = log_density(left, *self.own) - log_density(light, *self.any_region)
        below = np.searchsorted(self.ratios, ratio, side="right")
        return np.where(np.isnan(ratio), np.nan, (1 + below) / (1 + len(self.ratios)))


def _light(values: NDArray[Any], mask: NDArray[np.bool_]) -> Rows:
    """Log of mean and largest twentieth of each channel's strength, at the first lag; NaN where it is missing."""
    strength = np.where(mask[:, 0, :-1], np.abs(values[:, 0, :-1]), np.nan).astype(np.float64)
    rows, channels, *sides = strength.shape
    flat = strength.reshape(rows, channels, math.prod(sides))
    seen = np.isfinite(flat).mean(axis=2) > 0.5
    # numpy warns of means over nothing; a channel that was hardly seen is NaN below
    flat = np.where(seen[..., None], flat, 0.0)
    parts = [np.nanmean(flat, axis=2), np.nanquantile(flat, 0.95, axis=2)]
    return np.concatenate([np.where(seen, np.log10(np.maximum(part, _TINY)), np.nan) for part in parts], axis=1)


def _records(values: NDArray[Any], mask: NDArray[np.bool_], patch: NDArray[Any], seen: NDArray[np.bool_]) -> Rows:
    """Logarithms of the latest whole record, with the cosine of view in the patch's middle, and its square."""
    whole: NDArray[np.bool_] = np.asarray(mask.all(axis=2), bool)
    last = values.shape[1] - 1 - whole[:, ::-1].argmax(axis=1)
    latest = np.abs(values[np.arange(len(values)), last].astype(np.float64))
    some: NDArray[np.bool_] = np.asarray(whole.any(axis=1), bool)
    logs = np.where(some[:, None], np.log10(np.maximum(latest, _TINY)), np.nan)
    angles = np.where(seen[:, 0, -1], patch[:, 0, -1], 0.0).astype(np.float64)
    middle = angles[:, angles.shape[1] // 2, angles.shape[2] // 2]
    middle = np.where(middle >= _LEAST_MU, middle, np.nan)
    return np.concatenate([logs, middle[:, None], middle[:, None] ** 2], axis=1)


def _design(records: Rows) -> Rows:
    return np.concatenate([np.ones((len(records), 1)), np.clip(records, -4, 4)], axis=1)


def _solve(design: Rows, light: Rows) -> Rows:
    penalty = _RIDGE * np.eye(design.shape[1])
    return np.asarray(np.linalg.solve(design.T @ design + penalty, design.T @ light), np.float64)
