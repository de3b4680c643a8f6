"""Rates and probabilities of flares as a Poisson process, and what the GOES scale does to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["OPERATIONAL_FACTOR", "SIZE_INDEX", "probability_of_rate", "rate_of_probability", "scale_ratio"]

Floats = NDArray[np.float64]

# Operational 1-8 angstrom fluxes of GOES 8-15 are true flux times this (NOAA NCEI GOES XRS readme; Hudson et al. 2024).
OPERATIONAL_FACTOR = 0.70
# Index alpha of the peak-flux distribution N(F) ~ F^-alpha, M1 to X3, background subtracted, true scale: 1.973 +- 0.014
# (Hudson, Cliver et al. 2024, arXiv:2310.11457).
SIZE_INDEX = 1.973


def probability_of_rate(rate: ArrayLike) -> Floats:
    """P = 1 - exp(-rate), for the expected number of events in the window."""
    return np.asarray(-np.expm1(-np.asarray(rate, np.float64)))


def rate_of_probability(probability: ArrayLike) -> Floats:
    """Return the expected number of events of a Poisson process, -ln(1-P); infinite at 1, NaN outside 0 to 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # of P near 0, 1 - P would lose the digits that tell rare flares apart
        return np.asarray(-np.log1p(-np.asarray(probability, np.float64)))


def scale_ratio(source: str, target: str, alpha: float = SIZE_INDEX) -> float:
    """By what a rate at a fixed nominal class grows when the GOES scale changes.

    A flare of true flux F is printed as 0.70 F on the operational scale, so the count above a nominal threshold is that
    above threshold/0.70 on the true scale: a factor 0.70^(alpha-1) = 0.707 for alpha = 1.973.

    Parameters
    ----------
    source, target : str
        ``"operational"`` or ``"science"``.
    alpha : float
        Index of the peak-flux distribution.

    Returns
    -------
    float
        Rate on the target scale over rate on the source scale.

    Raises
    ------
    KeyError
        For any other scale: an unknown one cannot be converted.
    """
    power = {"operational": 1.0, "science": 0.0}
    return float(OPERATIONAL_FACTOR ** ((alpha - 1) * (power[target] - power[source])))
