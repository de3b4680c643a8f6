"""How the SHARP keywords of a region change with the strength of its field, and with its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SUMS", "field_powers", "larger", "stronger"]

# B -> kB: power of k of each keyword (Bobra et al. 2014, Table 3, by definition); the rest are angles, twist and area.
# Means over pixels above a threshold scale as their sums, since k near 1 moves few pixels across it. For k far from 1
# this is a record scaled as it stands: a magnetograph of that gain would move pixels, and so areas and sums, as well.
_LINEAR = ("usflux", "totusjz", "savncpp", "meanjzd", "meangbt", "meangbz", "meangbh")
_SQUARE = ("totusjh", "absnjzh", "meanjzh", "totpot", "meanpot")
SUMS = ("usflux", "totusjz", "totusjh", "absnjzh", "savncpp", "totpot", "area_acr")
"""Sums over the patch: what grows with a region of the same make (Bobra et al. 2014, Table 3); the rest are means."""
# The decimal logarithm of a flux, which is linear in the field, and a sum.
_LOGARITHM = "r_value"

Floats = NDArray[np.float64]


def field_powers(names: Sequence[str], factor: float) -> tuple[Floats, Floats]:
    """Tell how keywords change as B -> factor * B: each becomes value * factor ** power + shift.

    Parameters
    ----------
    names : sequence of str
        Keywords.
    factor : float

    Returns
    -------
    power, shift : ndarray, shape (keyword,)
    """
    power = np.array([1.0 if name in _LINEAR else 2.0 if name in _SQUARE else 0.0 for name in names])
    return power, _shift(names, factor)


def stronger(values: NDArray[Any], names: Sequence[str], factor: float) -> Floats:
    """Return the keywords of a field that is so many times as strong; area, angles and twist stay.

    Parameters
    ----------
    values : ndarray, shape (..., keyword)
        Raw keywords, in the units of the vocabulary; NaN stays NaN.
    names : sequence of str
        Of them.
    factor : float

    Returns
    -------
    ndarray of the same shape
    """
    return _changed(values, factor, *field_powers(names, factor))


def larger(values: NDArray[Any], names: Sequence[str], factor: float) -> Floats:
    """Return the keywords of a region of the same make that is so many times as large: its sums grow, its means stay.

    Parameters
    ----------
    values : ndarray, shape (..., keyword)
        Raw keywords, in the units of the vocabulary; NaN stays NaN.
    names : sequence of str
        Of them.
    factor : float

    Returns
    -------
    ndarray of the same shape
    """
    return _changed(values, factor, np.isin(names, SUMS).astype(np.float64), _shift(names, factor))


def _shift(names: Sequence[str], factor: float) -> Floats:
    return np.where(np.array(names) == _LOGARITHM, np.log10(factor), 0.0)


def _changed(values: NDArray[Any], factor: float, power: Floats, shift: Floats) -> Floats:
    # R_VALUE 0 stands for no line, not for a flux of 1
    return np.where(values == 0, values, values * factor**power + shift).astype(np.float64)
