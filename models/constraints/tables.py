"""Reference tables: counted frequencies with their source, period and GOES scale, brought to the scale of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from sunproof.models.constraints.views import Floats
from sunproof.models.physics.rates import probability_of_rate, rate_of_probability, scale_ratio

__all__ = ["BaseRates", "base_rates", "bin_keys", "load_table", "on_scale", "smoothed_odds", "wilson"]

_FOLDER = Path(__file__).parent / "tables"
# 97.5 % quantile of the normal distribution: 95 % intervals.
_Z = 1.959964
_CLASSES = ("C1.0", "M1.0", "X1.0")


class BaseRates(NamedTuple):
    """95 % intervals of counted frequencies, shape (forecast, threshold), and the region-days behind them."""

    low: Floats
    high: Floats
    size: NDArray[np.int64]


@cache
def load_table(name: str) -> Mapping[str, Any]:
    """Read ``models/constraints/tables/<name>.yaml``; it holds source, period, GOES scale and the numbers."""
    tree: Mapping[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return tree


def on_scale(probability: ArrayLike, source: str, target: str) -> tuple[Floats, Floats]:
    """Bring tabulated probabilities to the GOES scale of a batch.

    Parameters
    ----------
    probability : array_like
        Probability of at least one flare at or above a nominal class.
    source, target : str
        Scale of the table and of the batch; a target ``"unknown"`` is answered with both.

    Returns
    -------
    low, high : ndarray
        Equal where the target is declared; else the values on the two scales, lower one first.
    """
    rate = rate_of_probability(probability)
    targets = ("operational", "science") if target == "unknown" else (target,)
    scaled = [probability_of_rate(rate * scale_ratio(source, name)) for name in targets]
    return np.minimum.reduce(scaled), np.maximum.reduce(scaled)


def wilson(probability: ArrayLike, size: ArrayLike) -> tuple[Floats, Floats]:
    """95 % Wilson interval of a frequency counted on ``size`` cases (Wilson 1927, J. Am. Stat. Assoc. 22, 209)."""
    p, n = np.asarray(probability, np.float64), np.asarray(size, np.float64)
    centre = p + _Z**2 / (2 * n)
    half = _Z * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # At p = 0 and 1 the closed form leaves rounding errors of either sign.
    return np.clip((centre - half) / scale, 0, 1) * (p > 0), np.clip((centre + half) / scale, 0, 1)


def bin_keys(name: str, values: Floats) -> NDArray[np.float64]:
    """Return the key (largest value of the bin) in a table of bins that each value belongs to; NaN stays NaN."""
    edges = np.array([float(key) for key in load_table(name)["rows"]])
    found = edges[np.minimum(np.searchsorted(edges, values), edges.size - 1)]
    return np.where(np.isnan(values), np.nan, found)


def base_rates(name: str, keys: NDArray[Any], thresholds: list[str], scale: str) -> BaseRates:
    """Look up how often regions like these flared.

    Parameters
    ----------
    name : str
        Table of flare days: ``mcintosh``, ``hale``, ``area``, ``history``.
    keys : ndarray, shape (forecast,)
        Rows of the table; unknown ones give NaN and size 0.
    thresholds : list of str
        Classes wanted; NaN for those that the table has not.
    scale : str
        GOES scale of the batch: ``operational``, ``science`` or ``unknown``.

    Returns
    -------
    BaseRates
        Wilson intervals on that scale; for an unknown scale they cover both.
    """
    table = load_table(name)
    unique, inverse = np.unique(keys, return_inverse=True)
    counts = np.zeros((unique.size, 4), np.int64)
    for number, key in enumerate(unique.tolist()):
        counts[number] = table["rows"].get(key, (0, 0, 0, 0))
    size = counts[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        least, most = wilson(counts[:, 1:] / size[:, None], size[:, None])
    low = on_scale(least, table["goes_scale"], scale)[0]
    high = on_scale(most, table["goes_scale"], scale)[1]
    blank = np.full((unique.size, 1), np.nan)
    # Classes that the table lacks take the blank column behind the three.
    columns = [_CLASSES.index(threshold) if threshold in _CLASSES else 3 for threshold in thresholds]
    low, high = (np.hstack([values, blank])[:, columns][inverse] for values in (low, high))
    return BaseRates(low, high, size[inverse])


def smoothed_odds(name: str, keys: NDArray[Any], pseudo_days: float) -> Floats:
    """Return log odds of a flare day by class, with so many mean region-days added to each count.

    Parameters
    ----------
    name : str
        Table of flare days.
    keys : ndarray, shape (forecast,)
        Rows of the table.
    pseudo_days : float
        Weight of the mean of all classes.

    Returns
    -------
    ndarray, shape (forecast, 3)
        Natural logarithm, for C1.0, M1.0, X1.0 on the table's scale; NaN for unknown keys.
    """
    rows = load_table(name)["rows"]
    total = np.sum(list(rows.values()), axis=0)
    mean = total[1:] / total[0]
    unique, inverse = np.unique(keys, return_inverse=True)
    counts = np.array([rows.get(key, (np.nan,) * 4) for key in unique.tolist()], np.float64).reshape(-1, 4)
    rate = (counts[:, 1:] + pseudo_days * mean) / (counts[:, :1] + pseudo_days)
    return np.asarray(np.log(rate / (1 - rate))[inverse], np.float64)
