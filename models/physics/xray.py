"""Isothermal temperature and emission measure from the ratio of the two GOES X-ray channels, by a table.

The table stands in where sunkit-instruments or its response file is not at hand (`sunproof.models.physics.xray_chianti`
calls that). It agrees to 1 % with the values that the package's own tests carry, and holds for coronal abundances, the
first detectors, and the ranges of its ratios; outside there is no value, never an extrapolated one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["emission_measure", "isothermal_temperature", "within_validity"]

Floats = NDArray[np.float64]

# White, Thomas and Schwartz 2005, Sol. Phys. 227, 231, coronal abundances, true fluxes: from the IDL package, GOES-15
# and GOES-16 on 2017-09-10. Ratio of 0.05-0.4 nm to 0.1-0.8 nm; MK; 1e49 cm^-3 per W m^-2.
_OLD = np.array(
    [
        (0.011, 4.34, 3.53e5),
        (0.015, 4.86, 2.45e5),
        (0.02, 5.43, 1.77e5),
        (0.03, 6.4, 1.2e5),
        (0.05, 7.92, 7.61e4),
        (0.08, 9.8, 5.5e4),
        (0.1, 10.8, 4.8e4),
        (0.125, 11.94, 4.34e4),
        (0.15, 12.89, 4.05e4),
        (0.2, 14.52, 3.69e4),
        (0.25, 16.03, 3.46e4),
        (0.3, 17.53, 3.29e4),
        (0.35, 19.02, 3.14e4),
        (0.4, 20.65, 2.98e4),
        (0.43, 21.7, 2.89e4),
    ]
).T
_NEW = np.array(
    [
        (0.2, 13.71, 3.85e4),
        (0.25, 15.19, 3.58e4),
        (0.3, 16.62, 3.38e4),
        (0.35, 18.1, 3.21e4),
        (0.4, 19.65, 3.06e4),
        (0.43, 20.64, 2.96e4),
        (0.45, 21.34, 2.90e4),
        (0.47, 22.06, 2.84e4),
    ]
).T
# Below these fluxes (W m-2) the ratio is noise (sunkit-instruments, goes_chianti_tem).
_LEAST_A, _LEAST_B = 1e-10, 3e-8
_FIRST_NEW = 16


def isothermal_temperature(xrsa: ArrayLike, xrsb: ArrayLike, satellite: ArrayLike = 15) -> Floats:
    """Temperature of an isothermal plasma that gives the channel ratio.

    A diagnostic only: one temperature is a poor description of a flare (Warren et al. 2013, ApJ 770, 116).

    Parameters
    ----------
    xrsa, xrsb : array_like
        0.05-0.4 nm and 0.1-0.8 nm flux, W m-2, true scale.
    satellite : array_like of int
        GOES number; 16 and later have their own response.

    Returns
    -------
    ndarray
        MK; NaN outside the table (GOES 8-15: 4.3 to 21.7, later: 13.7 to 22.1) and below the validity limits.
    """
    return _interpolated(xrsa, xrsb, satellite, 1)


def emission_measure(xrsa: ArrayLike, xrsb: ArrayLike, satellite: ArrayLike = 15) -> Floats:
    """Volume emission measure of that plasma in cm^-3; arguments and NaN as for `isothermal_temperature`."""
    return 1e49 * _interpolated(xrsa, xrsb, satellite, 2) * np.asarray(xrsb, np.float64)


def _interpolated(xrsa: ArrayLike, xrsb: ArrayLike, satellite: ArrayLike, row: int) -> Floats:
    """Interpolate a row of the satellite's table; logarithms, since the emission measure spans a decade."""
    ratio = _valid_ratio(xrsa, xrsb)
    old, new = (np.interp(ratio, table[0], np.log(table[row]), left=np.nan, right=np.nan) for table in (_OLD, _NEW))
    return np.asarray(np.exp(np.where(np.asarray(satellite) >= _FIRST_NEW, new, old)))


def within_validity(xrsa: ArrayLike, xrsb: ArrayLike) -> NDArray[np.bool_]:
    """Whether both fluxes (W m-2, true scale) are bright enough for their ratio to mean a temperature."""
    short, long = np.asarray(xrsa, np.float64), np.asarray(xrsb, np.float64)
    return np.asarray((short >= _LEAST_A) & (long >= _LEAST_B))


def _valid_ratio(xrsa: ArrayLike, xrsb: ArrayLike) -> Floats:
    short, long = np.asarray(xrsa, np.float64), np.asarray(xrsb, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(within_validity(short, long), short / long, np.nan)
