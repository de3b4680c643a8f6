"""NOAA's habits: region numbers of four digits, places like N12W34, satellites called G15, GO9 or GOES-15."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["goes_scale", "parse_places", "region_numbers", "satellite_numbers"]

# Region 10000 was numbered on 2002-06-14; since then lists write the last four digits (SRS of 2002-06-24, PLAIN).
_ROLL_OVER = np.datetime64("2002-06-14", "ns")
# Old regions 9000-9999 stayed on the disk, and in the lists of regions due to return, for some weeks after that.
_OLD_GONE = np.datetime64("2003-01-01", "ns")
# Launch of GOES-16. Before it every GOES class came from GOES 1-15, whichever of them it was.
_GOES_16 = np.datetime64("2016-11-19", "ns")
# GOES-16 was the first whose operational flux is true; GOES 8-15 were scaled by 0.85 (A) and 0.70 (B) to match those
# before them (Hudson et al. 2024, arXiv:2310.11457).
_FIRST_TRUE = 16

_PLACE = re.compile(r"([NS]\d{1,2})([EW]\d{1,3})?", re.IGNORECASE)
_SATELLITE = re.compile(r"(?:GOES|GO|G)?[-_ ]*(\d{1,2})", re.IGNORECASE)


def region_numbers(numbers: npt.NDArray[np.int64], times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int32]:
    """Give NOAA regions their full number.

    Parameters
    ----------
    numbers : numpy.ndarray
        As written, four or five digits; zero or negative for none.
    times : numpy.ndarray
        When each was written, datetime64.

    Returns
    -------
    numpy.ndarray
        int32, -1 for none. On 2002-06-24 region ``0001`` is 10001, and ``9997`` is still 9997.
    """
    short = (numbers > 0) & (numbers < 10_000)
    young = (numbers < 9_000) & (times >= _ROLL_OVER)
    full = np.where(short & (young | (times >= _OLD_GONE)), numbers + 10_000, numbers)
    return np.where(numbers > 0, full, -1).astype(np.int32)


def parse_places(places: Iterable[str]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Latitude and longitude of places like ``N12W34``, Stonyhurst degrees, west positive; NaN where there is none."""
    matches = [_PLACE.fullmatch(place.strip()) for place in places]
    found = [(_degrees(match[1]), _degrees(match[2])) if match else (np.nan, np.nan) for match in matches]
    latitude, longitude = np.array(found, dtype=np.float32).reshape(-1, 2).T
    return latitude, longitude


def _degrees(part: str | None) -> float:
    return np.nan if part is None else int(part[1:]) * (1.0 if part[0].upper() in "NW" else -1.0)


def satellite_numbers(cells: pd.Series[Any]) -> npt.NDArray[np.int32]:
    """Numbers of GOES satellites; -1 for other observatories and for a bare ``GOES``."""
    codes, distinct = pd.factorize(cells.astype(str).str.strip())
    matches = [_SATELLITE.fullmatch(text) for text in distinct]
    return np.array([int(match[1]) if match else -1 for match in matches], dtype=np.int32)[codes]


def goes_scale(satellites: npt.NDArray[np.int32], times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.object_]:
    """Scale on which SWPC gave a flare its class.

    Parameters
    ----------
    satellites : numpy.ndarray
        GOES number, -1 for unknown.
    times : numpy.ndarray
        Flare start, datetime64.

    Returns
    -------
    numpy.ndarray
        ``operational`` for GOES 1-15 and for anything before the launch of GOES-16, ``science`` from GOES-16 on,
        ``unknown`` for an unknown satellite after that launch.
    """
    known = np.where(satellites >= _FIRST_TRUE, "science", "operational")
    guessable = np.where(times < _GOES_16, "operational", "unknown")
    return np.where(satellites > 0, known, guessable).astype(object)
