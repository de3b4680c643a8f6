"""Fits of the peak-flux distribution of flares: power law, and power law with an exponential taper."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SizeFit", "fit_power_law", "fit_tapered"]

Floats = NDArray[np.float64]


class SizeFit(NamedTuple):
    """A fitted distribution N(>F) = (F_min/F)^(alpha-1) exp((F_min-F)/taper).

    Parameters
    ----------
    alpha : float
        Index of the differential distribution.
    error : float
        Standard error of alpha.
    taper : float
        W m-2; infinite for the pure power law.
    log_likelihood : float
        Natural logarithm, of the events at or above the threshold.
    events : int
        Number of those events.
    """

    alpha: float
    error: float
    taper: float
    log_likelihood: float
    events: int


def fit_power_law(flux: ArrayLike, lowest: float, step: float = 0.0) -> SizeFit:
    """Fit a power law by maximum likelihood: alpha - 1 = n / sum ln(F/F_min) (Crawford et al. 1970, ApJ 162, 405).

    Parameters
    ----------
    flux : array_like
        Peak fluxes, W m-2; those below ``lowest`` and missing ones are left out.
    lowest : float
        Completeness threshold, W m-2.
    step : float
        Rounding step of printed classes at the threshold relative to it (0.1 for C1.0); the threshold lies half a step
        lower, since C1.0 stands for all that rounds to it. 0 for truncated or unrounded fluxes.

    Returns
    -------
    SizeFit

    Raises
    ------
    ValueError
        If no event is above the threshold.
    """
    # of rounded classes the threshold's own bin begins half a step below it
    edge = lowest * (1 - step / 2)
    sizes = _above(flux, lowest, edge)
    power = float(sizes.size / sizes.sum())
    likelihood = sizes.size * np.log(power / edge) - (power + 1) * sizes.sum()
    return SizeFit(1 + power, power / float(np.sqrt(sizes.size)), np.inf, float(likelihood), sizes.size)


def fit_tapered(flux: ArrayLike, lowest: float) -> SizeFit:
    """Fit a tapered power law by maximum likelihood (Kagan 2002, Geophys. J. Int. 148, 520, section 2).

    Density (beta/F + 1/taper) (F_min/F)^beta exp((F_min-F)/taper) with beta = alpha - 1.

    Parameters
    ----------
    flux : array_like
        Peak fluxes, W m-2; those below ``lowest`` and missing ones are left out.
    lowest : float
        Completeness threshold, W m-2.

    Returns
    -------
    SizeFit
        The taper is infinite where the data prefer none.

    Raises
    ------
    ValueError
        If no event is above the threshold.
    """
    from scipy.optimize import minimize_scalar

    plain = fit_power_law(flux, lowest)
    ratio = np.exp(_above(flux, lowest, lowest))

    def best(log_taper: float) -> tuple[float, float]:
        inverse = np.exp(-log_taper)
        return _profile(ratio, inverse)

    # Tapers from the threshold itself to a hundred times the largest event.
    search = minimize_scalar(
        lambda value: -best(value)[1], bounds=(0.0, float(np.log(100 * ratio.max()))), method="bounded"
    )
    power, likelihood = best(float(search.x))
    likelihood -= ratio.size * float(np.log(lowest))
    if likelihood <= plain.log_likelihood:
        return plain
    curvature = float((1 / (power / ratio + np.exp(-search.x)) ** 2 / ratio**2).sum())
    return SizeFit(1 + power, float(1 / np.sqrt(curvature)), lowest * float(np.exp(search.x)), likelihood, ratio.size)


def _above(flux: ArrayLike, lowest: float, edge: float) -> Floats:
    """Logarithms of the fluxes over the edge, for those at or above the threshold."""
    values = np.asarray(flux, np.float64)
    # A hair of tolerance: 1e-6 and its printed class must count as equal.
    values = values[values >= lowest * (1 - 1e-9)]
    sizes = np.maximum(np.log(values / edge), 0.0)
    if not sizes.sum() > 0:
        raise ValueError(f"no flux above {lowest:g} W m-2 among {np.size(flux)}: nothing to fit")
    return np.asarray(sizes)


def _profile(ratio: Floats, inverse: float) -> tuple[float, float]:
    """Best power for a given inverse taper (both in units of the threshold), and its log-likelihood."""
    low, high = 1e-6, 20.0
    logs = float(np.log(ratio).sum())
    # The slope of the log-likelihood falls with the power: bisection cannot fail.
    for _ in range(60):
        power = (low + high) / 2
        if (1 / (power + inverse * ratio)).sum() > logs:
            low = power
        else:
            high = power
    likelihood = np.log(power / ratio + inverse).sum() - power * logs + inverse * (1 - ratio).sum()
    return power, float(likelihood)
