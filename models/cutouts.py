"""Patches of the Sun, held against the records of the region that they are said to show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.models.reports import FEWEST, FOLDS, Folds, gaussian, log_density

__all__ = ["LEAST_MU", "Cutouts", "Shown"]

Rows = NDArray[np.float64]

_RIDGE = 3.0
_TINY = 1e-6
LEAST_MU = 0.34
"""Beyond this angle of view (cosine; 70 degrees) a patch says little of its region, and half of it is missing."""


class Shown(NamedTuple):
    """What patches show, and the records that this is held against.

    Parameters
    ----------
    light : ndarray, shape (row, number)
        Of the patch; NaN where it is missing.
    records : ndarray, shape (row, column)
        Logarithms of one whole record, the cosine of view and its square; NaN without a record, and near the limb.
    """

    light: Rows
    records: Rows

    @classmethod
    def of(
        cls, light: Rows, keywords: tuple[Any, Any], view: Rows, age: Rows | None = None, apart: float = math.inf
    ) -> Shown:
        """Find the record beside each patch.

        Parameters
        ----------
        light : ndarray, shape (row, number)
        keywords : tuple of ndarray, shape (row, step, keyword)
            Values and mask, raw.
        view : ndarray, shape (row,)
            Cosine of view.
        age : ndarray, shape (row,), optional
            Steps from the patch to the last record; the latest whole record counts without it.
        apart : float
            Steps that record and patch may lie apart.

        Returns
        -------
        Shown
        """
        values, mask = keywords
        whole: NDArray[np.bool_] = np.asarray(mask.all(axis=2), bool)
        back = np.arange(values.shape[1])[::-1]
        # a growing region is another one a day later: the record that is nearest in time tells most
        away = np.abs(back - np.nan_to_num(np.zeros(len(values)) if age is None else age)[:, None])
        away = np.where(whole, away, np.inf)
        chosen = np.abs(values[np.arange(len(values)), away.argmin(axis=1)].astype(np.float64))
        there = whole.any(axis=1) & (away.min(axis=1) <= apart)
        logs = np.where(there[:, None], np.log10(np.maximum(chosen, _TINY)), np.nan)
        view = np.where(view >= LEAST_MU, view, np.nan)
        return cls(light, np.concatenate([logs, view[:, None], view[:, None] ** 2], axis=1))

    @classmethod
    def of_images(cls, keywords: tuple[Any, Any], patch: tuple[Any, Any]) -> Shown:
        """Measure patches of images: mean and largest twentieth of each channel's strength, at the first lag.

        Parameters
        ----------
        keywords : tuple of ndarray, shape (row, step, keyword)
            Values and mask, raw.
        patch : tuple of ndarray, shape (row, lag, channel, y, x)
            Values and mask, raw; the last channel is the cosine of view.

        Returns
        -------
        Shown
        """
        values, mask = patch
        angles = np.where(mask[:, 0, -1], values[:, 0, -1], 0.0).astype(np.float64)
        return cls.of(_light(values, mask), keywords, angles[:, angles.shape[1] // 2, angles.shape[2] // 2])


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
    def fit(cls, shown: Shown, regions: NDArray[Any], seed: int) -> Cutouts | None:
        """Fit to the training block, calibrated on one row of each region by fits to four fifths of the others.

        Parameters
        ----------
        shown : Shown
        regions : ndarray, shape (row,)
            Whose they are.
        seed : int

        Returns
        -------
        Cutouts or None
            None where there are too few regions.
        """
        light, records = shown
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

    def __call__(self, shown: Shown) -> Rows:
        """Hold patches against records.

        Returns
        -------
        ndarray, shape (row,)
            Share of training regions whose patch fits its records no better; NaN without either, and near the limb.
        """
        light, records = shown
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


def _design(records: Rows) -> Rows:
    return np.concatenate([np.ones((len(records), 1)), np.clip(records, -4, 4)], axis=1)


def _solve(design: Rows, light: Rows) -> Rows:
    penalty = _RIDGE * np.eye(design.shape[1])
    return np.asarray(np.linalg.solve(design.T @ design + penalty, design.T @ light), np.float64)
