"""What a mask gets of a map wherever it is laid: rolled masks keep a map's own clustering, as no shuffle does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "Enrichment", "enrichment", "shifts"]

FEWEST = 20
"""Rolled masks that a rank of one in twenty takes: the lowest of three is no evidence that a map avoids a place."""


# A mask that is rolled mostly out of what was observed tells little.
_LEAST = 0.5


class Enrichment(NamedTuple):
    """How much of a map lies in a mask, against the mask's size.

    Parameters
    ----------
    share : float
        Of the map's sum, in the mask.
    ratio : float
        The share over the mask's share of the observed pixels; 1 for a map without content.
    rank : float
        Share of rolled masks with a lower ratio; near 0 the map avoids the mask, near 1 it seeks it. NaN of fewer than
        20 of them.
    """

    share: float
    ratio: float
    rank: float


def enrichment(weight: NDArray[np.floating], mask: NDArray[np.bool_], seen: NDArray[np.bool_]) -> Enrichment:
    """Hold what a mask has of a map against all masks of its shape.

    Parameters
    ----------
    weight : ndarray, shape (y, x)
        Not negative; 0 where nothing was observed.
    mask, seen : ndarray of bool, same shape
        Where to look, and what was observed.

    Returns
    -------
    Enrichment
        NaN where the map, the mask or what is outside the mask is empty.
    """
    inside = mask & seen
    total, size = float(weight.sum()), int(seen.sum())
    if not total or not inside.any() or inside.sum() == size:
        return Enrichment(np.nan, np.nan, np.nan)
    mass, area = _overlap(weight, inside), np.rint(_overlap(seen.astype(np.float64), inside))
    known = area >= _LEAST * inside.sum()
    ratio = np.divide(mass * size, area * total, out=np.full(mass.shape, np.nan), where=known)
    share = float(weight[inside].sum(dtype=np.float64) / total)
    own = share * size / float(inside.sum())
    # without the mask where it is
    others = np.delete(ratio.ravel(), 0)
    others = others[np.isfinite(others)]
    # the transform rounds: equal masks must not count as lower
    rank = float((others < own - 1e-9).mean()) if len(others) >= FEWEST else np.nan
    return Enrichment(share, own, rank)


def shifts(mask: NDArray[np.bool_], seen: NDArray[np.bool_], count: int, seed: int) -> list[tuple[int, int]]:
    """Draw shifts that keep a mask within what was observed, as far as there are.

    Parameters
    ----------
    mask, seen : ndarray of bool, shape (y, x)
    count : int
        At most.
    seed : int

    Returns
    -------
    list of (int, int)
        Rows and columns for `numpy.roll`, never none at all.
    """
    area = np.rint(_overlap(seen.astype(np.float64), mask & seen))
    usable = np.flatnonzero(area.ravel() >= max(1.0, 0.8 * (mask & seen).sum()))
    # shift 0 is the mask itself
    usable = usable[usable > 0]
    drawn = np.random.default_rng(seed).permutation(usable)[:count]
    rows, columns = np.unravel_index(drawn, area.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _overlap(weight: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sum of the weight under the mask, rolled by every shift: a circular correlation."""
    weight = np.asarray(weight, np.float64)
    spectrum = np.fft.rfft2(weight) * np.conj(np.fft.rfft2(mask.astype(np.float64)))
    return np.asarray(np.fft.irfft2(spectrum, s=weight.shape), np.float64)
