"""GOES flare classes and peak fluxes: ``M1.5`` is 1.5e-5 W m-2 between 0.1 and 0.8 nm, on the scale it was given."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import ProblemList

__all__ = ["class_to_flux", "flux_to_class"]

# Class number of 1 W m-2 in each letter (NOAA SWPC; the inverse of sunkit-instruments' GOES_CONVERSION_DICT).
# Dividing by these whole numbers rounds once, so classes and thresholds compare equal at their edges.
_PER_WATT = {"A": 1e8, "B": 1e7, "C": 1e6, "M": 1e5, "X": 1e4}
_PATTERN = re.compile(r"([ABCMX])\s*(\d{1,2}(?:\.\d+)?)")


def class_to_flux(classes: npt.ArrayLike, where: str = "GOES class") -> npt.NDArray[np.float64]:
    """Peak flux of GOES classes.

    Parameters
    ----------
    classes : array_like of str
        E.g. ``"C3.2"``, ``"X10"``, ``"M 1.5"``; any shape, upper or lower case.
    where : str
        Place named in the error, usually the file and column.

    Returns
    -------
    numpy.ndarray
        Flux in W m-2, same shape, on the scale on which the classes were given.

    Raises
    ------
    InputError
        With every distinct text that is no class: an unknown letter, no number, or a number outside 1 to 9.9...
        (from 0 for A, up to 99.9... for X).
    """
    texts = np.asarray(classes, dtype=object)
    distinct, places = np.unique(texts.astype(str), return_inverse=True)
    problems = ProblemList(where)
    fluxes = np.array([_flux(text, problems) for text in distinct], dtype=float)
    problems.check()
    return fluxes[places].reshape(texts.shape)


def _flux(text: str, problems: ProblemList) -> float:
    match = _PATTERN.fullmatch(text.strip().upper())
    if match is None:
        problems.add("not a GOES class", "", text, "a letter of A B C M X and a number, like M1.5")
        return np.nan
    letter, number = match[1], float(match[2])
    # Each letter hands over to the next at 10; below A and above X there is no next.
    low, high = (0.0 if letter == "A" else 1.0), (100.0 if letter == "X" else 10.0)
    if not low <= number < high or number == 0:
        problems.add("number of a GOES class out of range", "", text, f"{low:g} <= number < {high:g} for {letter}")
    return number / _PER_WATT[letter]


def flux_to_class(fluxes: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """GOES classes of peak fluxes, to one decimal, truncated as classes are: 9.99e-6 W m-2 is C9.9, not M1.0.

    Parameters
    ----------
    fluxes : array_like of float
        Flux in W m-2, any shape.

    Returns
    -------
    numpy.ndarray
        Object array of str, same shape; empty where the flux is missing.

    Raises
    ------
    InputError
        For fluxes that are zero, negative or infinite.
    """
    values = np.asarray(fluxes, dtype=float)
    problems = ProblemList("GOES class")
    for value in np.unique(values[(values <= 0) | np.isinf(values)])[:5]:
        problems.add("flux has no GOES class", "", float(value), "a positive number, W m-2")
    problems.check()
    named = np.array([_class(value) for value in values.ravel()], dtype=object)
    return named.reshape(values.shape)


def _class(flux: float) -> str:
    if np.isnan(flux):
        return ""
    # Half a part in a million: float32 fluxes of a class's edge must keep their class.
    flux = flux * (1 + 5e-7)
    letter = next((letter for letter in "XMCB" if flux * _PER_WATT[letter] >= 1), "A")
    return f"{letter}{np.floor(10 * flux * _PER_WATT[letter]) / 10:.1f}"
