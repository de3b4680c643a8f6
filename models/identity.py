"""Whose records are these? Keywords held against everything else that is known of the region, and against its past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.normaliser import Normaliser
from sunproof.models.reports import FEWEST, FOLDS, Folds, Reports, Watched, gaussian, log_density, normaliser_of

__all__ = ["Identity"]

Rows = NDArray[np.float64]
Parts = Mapping[str, tuple[Any, Any]]

# A change as large as in one region of a hundred and fifty is the least that can be told.
_FEWEST_JUMPS = 150
# Questions about the latest records -> evidence variable of the answer.
_ANSWERS = {"any": "record_agreement", "size": "record_size", "field": "record_field"}
# Histories that overlap tell the same changes: so many are enough.
_HISTORIES = 3000


@dataclass(frozen=True, eq=False)
class Identity:
    """Questions, each with its answers on regions that were left out of the fit.

    The first is a likelihood ratio, which no test of a given power beats (Neyman and Pearson 1933): the density of the
    latest keywords given what others report of this region, which tells their spread, too, over their density in any
    region, both Student's t in normalised keywords. Regions in a summary and regions in none are held against their
    like. Two more are of the records over the best of several scales, as of a larger region, of a weaker or stronger
    field: in one direction a ratio finds what the first, open to all, takes for scatter. The last is how improbable the
    least probable change between successive records is, which ranks as its Mahalanobis distance.

    Parameters
    ----------
    normaliser : Normaliser
        Of the training block.
    names : mapping
        Modality -> feature names.
    reports : mapping
        In a summary or not -> `Reports`, or None where there are too few such regions.
    any_region, change : tuple of ndarray
        Mean and inverse covariance of keywords, and of changes; of these None where there are too few.
    jumps : ndarray, shape (region,)
        Sorted largest changes of one row of each region, by fits to other regions.
    """

    normaliser: Normaliser
    names: Mapping[str, tuple[str, ...]]
    reports: Mapping[bool, Reports | None]
    any_region: tuple[Rows, Rows]
    change: tuple[Rows, Rows] | None
    jumps: Rows

    @classmethod
    def fit(
        cls, parts: Parts, names: Mapping[str, tuple[str, ...]], regions: NDArray[Any], seed: int
    ) -> Identity | None:
        """Fit to the regions of the training block, calibrate on one row of each by fits to four fifths of the others.

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
        normaliser = normaliser_of(parts, names)
        seen = Watched.of(normaliser, parts, names)
        whole = np.flatnonzero(np.isfinite(seen.latest).all(axis=1) & np.isfinite(seen.context).all(axis=1))
        if len(np.unique(regions[whole])) < FEWEST:
            return None
        random = np.random.default_rng(seed)
        any_region, reports = gaussian(seen.latest[whole]), {}
        for told in (True, False):
            rows = whole[seen.summarised[whole] == told]
            reports[told] = Reports.fit(seen, rows, Folds.of(regions[rows], random), any_region)
        change, jumps = _calibrated_changes(seen, whole, Folds.of(regions[whole], random), random)
        return cls(normaliser, names, reports, any_region, change, jumps)

    def __call__(self, parts: Parts) -> dict[str, Rows]:
        """Hold a batch against the training block.

        Returns
        -------
        dict
            Evidence variable -> share of regions, shape (sample,): ``record_agreement`` of those whose records fit the
            reports no better than any region's, ``record_size`` and ``record_field`` of those whose records would fit
            as much better on another scale, NaN without records or reports, the last two also of a record that no scale
            changes, as one of zeros; ``record_continuity`` of those with as large a change between two records, NaN
            with fewer than two whole records, or fewer than 150 regions to be held against.
        """
        seen = Watched.of(self.normaliser, parts, self.names)
        found = {name: np.full(len(seen.latest), np.nan) for name in _ANSWERS.values()}
        for told, reports in self.reports.items():
            if reports is not None:
                for question, share in reports.shares(seen, self.any_region).items():
                    name = _ANSWERS[question]
                    found[name] = np.where(seen.summarised == told, share, found[name])
        jump = np.full(len(seen.latest), np.nan)
        if self.change is not None and len(self.jumps) >= _FEWEST_JUMPS:
            jump = _largest(seen, np.arange(len(jump)), self.change)
        above = len(self.jumps) - np.searchsorted(self.jumps, jump, side="left")
        continuity = np.where(np.isnan(jump), np.nan, (1 + above) / (1 + len(self.jumps)))
        return {**found, "record_continuity": continuity}


def _calibrated_changes(
    seen: Watched, whole: NDArray[np.intp], regions: Folds, random: np.random.Generator
) -> tuple[tuple[Rows, Rows] | None, Rows]:
    """Gaussian of all changes, and the largest one of each region by a Gaussian of other regions' changes."""
    told = random.permutation(len(whole))[:_HISTORIES]
    changes = [seen.changes(row) for row in whole[told]]
    of = np.repeat(regions.fold[told], [len(some) for some in changes])
    every = np.concatenate(changes)
    jumps = np.full(len(regions.drawn), np.nan)
    for left in range(FOLDS):
        if (of != left).sum() < _FEWEST_JUMPS:
            # records too far apart, or one a region: no change is known, and none is a jump
            return None, np.zeros(0)
        held = regions.fold[regions.drawn] == left
        jumps[held] = _largest(seen, whole[regions.drawn[held]], gaussian(every[of != left]))
    return gaussian(every), np.sort(jumps[np.isfinite(jumps)])


def _largest(seen: Watched, rows: NDArray[np.intp], change: tuple[Rows, Rows]) -> Rows:
    """Largest distance of a change of each sample; NaN without one."""
    result = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        if len(changes := seen.changes(row)):
            result[place] = -log_density(changes, *change).min()
    return result
