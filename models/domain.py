"""How far an input is from all that the model was trained on: physical parameters, and the model's own features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.forecaster import Ensemble

__all__ = ["Domain", "frozen_steps", "observables"]

Rows = NDArray[np.float64]

# Neighbours whose mean distance counts: one may be a duplicate or an outlier itself.
_NEIGHBOURS = 10
# A calibration of fewer regions cannot tell one in a hundred, which J1 and J2 ask: they would pass whatever came.
_FEWEST = 100


def observables(ensemble: Ensemble, inputs: Mapping[str, tuple[Any, Any]]) -> dict[str, Rows]:
    """Look at a batch as the domain does.

    Parameters
    ----------
    ensemble : Ensemble
    inputs : mapping
        Modality -> (values, mask), raw units.

    Returns
    -------
    dict
        ``physical``: the latest record of the normalised keywords (logarithmic where they span decades), shape
        (sample, keyword); ``features``: what the linear path of the first member sees, shape (sample, feature). NaN
        rows where no keyword was observed. Nothing of a model of images alone, which are not measured here.
    """
    if not inputs:
        return {}
    ensemble.eval()
    prepared = ensemble.prepare(inputs)
    with torch.no_grad():
        features = ensemble.features(prepared).double().numpy()
    if "keywords" not in prepared.modalities:
        return {"features": features}
    values, mask = (np.asarray(part) for part in prepared.modalities["keywords"])
    seen = np.asarray(mask.any(axis=2))
    # argmax of the reversed mask is the first from the end: the latest record
    last = values.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    latest = values[np.arange(len(values)), last].astype(np.float64)
    nothing = np.asarray(~seen.any(axis=1))
    return {
        "physical": np.where(nothing[:, None], np.nan, latest),
        "features": np.where(nothing[:, None], np.nan, features),
    }


def frozen_steps(values: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Count the successive steps at the end of a history that repeat the record before them to the last bit.

    Noise alone changes every keyword from one record to the next: a repetition is a copy.

    Parameters
    ----------
    values, mask : ndarray, shape (sample, step, feature)
        Raw keywords; steps without any are passed over.

    Returns
    -------
    ndarray, shape (sample,)
        NaN where fewer than two steps were observed.
    """
    result = np.full(len(values), np.nan)
    for row, (record, seen) in enumerate(zip(values, mask, strict=True)):
        steps = np.flatnonzero(seen.any(axis=1))
        if len(steps) < 2:
            continue
        shown = np.where(seen[steps], record[steps], 0)
        moved = np.flatnonzero((shown[1:] != shown[:-1]).any(axis=1))
        result[row] = len(steps) - 1 - (moved[-1] + 1 if len(moved) else 0)
    return result


@dataclass(frozen=True, eq=False)
class Domain:
    """Distances to the training block, calibrated on regions that were left out of it.

    Parameters
    ----------
    whitening : ndarray, shape (feature, feature)
        Takes rows to unit covariance; distances are Mahalanobis'.
    reference : ndarray, shape (row, feature)
        Whitened training rows.
    calibration : ndarray, shape (region,)
        Sorted distances of one row of each region left out.
    """

    whitening: Rows
    reference: Rows
    calibration: Rows

    @classmethod
    def fit(cls, rows: Rows, regions: NDArray[Any], seed: int) -> Domain | None:
        """Fit on half of the regions of the training block, calibrate on one row of each other one.

        Parameters
        ----------
        rows : ndarray, shape (row, feature)
            NaN rows are left out.
        regions : ndarray, shape (row,)
            Whose they are: rows of one region are nearly copies, so that the region is the unit.
        seed : int

        Returns
        -------
        Domain or None
            None where there are too few regions to calibrate on, or nothing that differs among them.
        """
        # scikit-learn takes a second to import
        from sklearn.covariance import LedoitWolf

        known = np.isfinite(rows).all(axis=1)
        rows, regions = rows[known], regions[known]
        random = np.random.default_rng(seed)
        numbers = random.permutation(np.unique(regions))
        left = numbers[: len(numbers) // 2]
        inside = ~np.isin(regions, left)
        # a model without a linear path has no such features
        if len(left) < _FEWEST or not np.ptp(rows[inside], axis=0).any():
            return None
        fitted = LedoitWolf().fit(rows[inside])
        values, vectors = np.linalg.eigh(fitted.covariance_)
        # where training hardly varies at all every other value would be infinitely far
        whitening = vectors / np.sqrt(np.maximum(values, 1e-6 * values.max()))
        made = cls(whitening, rows[inside] @ whitening, np.zeros(0))
        drawn = np.array([random.choice(np.flatnonzero(regions == number)) for number in left])
        return cls(whitening, made.reference, np.sort(made.distance(rows[drawn])))

    def distance(self, rows: Rows) -> Rows:
        """Mean Mahalanobis distance to the nearest training rows, shape (row,); NaN for NaN rows."""
        from sklearn.neighbors import NearestNeighbors

        found = np.full(len(rows), np.nan)
        known = np.isfinite(rows).all(axis=1)
        if known.any():
            nearest = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(self.reference))).fit(self.reference)
            found[known] = nearest.kneighbors(rows[known] @ self.whitening)[0].mean(axis=1)
        return found

    def typicality(self, rows: Rows) -> Rows:
        """Share of regions at least as far away, shape (row,): the conformal p-value (Vovk et al. 2005)."""
        distance = self.distance(rows)
        farther = len(self.calibration) - np.searchsorted(self.calibration, distance, side="left")
        return np.where(np.isnan(distance), np.nan, (1 + farther) / (1 + len(self.calibration)))
