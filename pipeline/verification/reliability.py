"""Reliability: what happened when the forecast said p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ReliabilityTable", "reliability", "reliability_slope"]

Array = NDArray[np.float64]

# Finer where rare events live; the operational custom of ten equal bins would put nearly all M-class forecasts in one.
_EDGES = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class ReliabilityTable:
    """Cases by forecast probability; empty bins are left out.

    Parameters
    ----------
    low, high : array of float, shape (bin,)
        Edges; a bin holds low <= p < high, the last one also p = 1.
    count, events : array of int, shape (bin,)
    forecast, observed : array of float, shape (bin,)
        Mean probability and frequency of events.
    """

    low: Array
    high: Array
    count: NDArray[np.int64]
    events: NDArray[np.int64]
    forecast: Array
    observed: Array


def reliability(probability: Array, event: Array, edges: tuple[float, ...] = _EDGES) -> ReliabilityTable:
    """Tabulate frequencies of events by forecast probability.

    Parameters
    ----------
    probability, event : array of float, shape (case,)
    edges : tuple of float
        Ascending from 0 to 1.

    Returns
    -------
    ReliabilityTable

    References
    ----------
    Murphy and Winkler 1977, doi:10.2307/2346866
    """
    bounds = np.asarray(edges, float)
    # 1 belongs to the last bin, not behind it
    place = np.clip(np.searchsorted(bounds, probability, "right") - 1, 0, len(bounds) - 2)
    count = np.bincount(place, minlength=len(bounds) - 1)
    events = np.bincount(place, event, minlength=len(bounds) - 1)
    total = np.bincount(place, probability, minlength=len(bounds) - 1)
    full = count > 0
    return ReliabilityTable(
        bounds[:-1][full],
        bounds[1:][full],
        count[full],
        events[full].astype(np.int64),
        total[full] / count[full],
        events[full] / count[full],
    )


def reliability_slope(probability: Array, event: Array) -> float:
    r"""Slope of the least-squares line through (p, o): 1 is reliable, below 1 overconfident, above 1 timid.

    .. math:: b = \frac{\mathrm{cov}(p, o)}{\mathrm{var}(p)}

    Parameters
    ----------
    probability, event : array of float, shape (case,)

    Returns
    -------
    float
        NaN where all probabilities are equal.

    References
    ----------
    Wilks 2019, Statistical Methods in the Atmospheric Sciences, section 9.4.4, doi:10.1016/C2017-0-03921-6
    """
    # probabilities equal to their last digit still have a variance of rounding errors: compare instead
    if len(probability) == 0 or np.ptp(probability) == 0:
        return float("nan")
    centred = probability - probability.mean()
    return float(centred @ event / (centred @ centred))
