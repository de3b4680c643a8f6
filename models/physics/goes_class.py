"""GOES flare classes and peak fluxes: ``M1.5`` is 1.5e-5 W m-2 between 0.1 and 0.8 nm, on the scale it was given."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import ProblemList

__all__ = ["class_to_flux", "flux_to_class"]

# Power of ten of each letter's flux in W m-2 (NOAA SWPC; the same values as sunkit-instruments' GOES_CONVERSION_DICT).
_EXPONENTS = {"A": -8, "B": -7, "C": -6, "M": -5, "X": -4}
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
        With every distinct text that is no class: an unknown letter, no number, or a number that is zero or from 10 on
        (from 100 on for X). Lists do hold classes like ``C0.9``; it is 9e-7 W m-2.
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
        problems.add("not a GOES class", "", str(text), "a letter of A B C M X and a number, like M1.5")
        return np.nan
    letter, number = match[1], float(match[2])
    high = 100.0 if letter == "X" else 10.0  # each letter hands over to the next at 10; above X there is none
    if not 0 < number < high:
        problems.add("number of a GOES class out of range", "", str(text), f"0 < number < {high:g} for {letter}")
    # Read as a decimal, M1.5 is the very float that 1.5e-5 is: classes and thresholds compare equal at their edges.
    return float(f"{match[2]}e{_EXPONENTS[letter]}")


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
    letter = next((letter for letter in "XMCB" if flux >= 10.0 ** _EXPONENTS[letter]), "A")
    return f"{letter}{np.floor(flux * 10.0 ** (1 - _EXPONENTS[letter])) / 10:.1f}"
