"""Where things on a rotating Sun appear from the Earth; angles in degrees, times in UTC."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Ephemeris", "ephemeris", "limb_cosine", "synodic_rate", "wrapped"]

Array = npt.NDArray[np.float64]

# Howard, Harvey and Forgach 1990, Sol. Phys. 130, 295: sidereal rate A + B sin^2 + C sin^4, microradians per second.
_HOWARD = (2.894, -0.428, -0.370)
# Mean motion of the Earth, degrees per day.
_EARTH = 0.9856
# Carrington rotations (Meeus, Astronomical Algorithms, ch. 29): start of the first (JD) and mean synodic period, days.
_CARRINGTON = (2398140.2270, 27.2752316)
_J2000 = np.datetime64("2000-01-01T12:00:00", "ns")
_JD_J2000 = 2451545.0
# Inclination of the solar equator, degrees; the Earth crosses it around 7 June and perihelion around 4 January.
_INCLINATION = 7.25
_NODE_DAY, _PERIHELION_DAY, _YEAR, _ECCENTRICITY = 158.0, 3.5, 365.25, 0.0167


class Ephemeris(NamedTuple):
    """The Earth's view of the Sun, to about two degrees: enough for a synthetic Sun.

    Parameters
    ----------
    carrington : ndarray
        Carrington longitude of the central meridian, degrees.
    tilt : ndarray
        Heliographic latitude of the disk's centre (B0), degrees.
    distance : ndarray
        Distance to the Sun, astronomical units.
    """

    carrington: Array
    tilt: Array
    distance: Array


def ephemeris(times: npt.NDArray[np.datetime64]) -> Ephemeris:
    """Mean ephemeris of the Sun as seen from the Earth.

    Parameters
    ----------
    times : ndarray of datetime64, any shape

    Returns
    -------
    Ephemeris
        Arrays of the same shape.
    """
    days = (times.astype("datetime64[ns]") - _J2000) / np.timedelta64(1, "D")
    rotations = (days + _JD_J2000 - _CARRINGTON[0]) / _CARRINGTON[1]
    tilt = _INCLINATION * np.sin(2 * np.pi * (days - _NODE_DAY) / _YEAR)
    distance = 1.0 - _ECCENTRICITY * np.cos(2 * np.pi * (days - _PERIHELION_DAY) / _YEAR)
    return Ephemeris(360.0 * (1.0 - rotations % 1.0), tilt, distance)


def synodic_rate(latitude: Array) -> Array:
    """Apparent rotation rate in degrees per day at a heliographic latitude in degrees (Howard et al. 1990)."""
    square = np.sin(np.radians(latitude)) ** 2
    sidereal = _HOWARD[0] + _HOWARD[1] * square + _HOWARD[2] * square**2
    return np.asarray(np.degrees(sidereal * 1e-6) * 86400.0 - _EARTH)


def wrapped(longitude: Any) -> Array:
    """Longitude brought into [-180, 180) degrees."""
    return np.asarray((np.asarray(longitude) + 180.0) % 360.0 - 180.0)


def limb_cosine(latitude: Any, longitude: Any, tilt: Any = 0.0) -> Array:
    """Cosine of the angle to the disk's centre: 1 at the centre, 0 at the limb, negative behind it."""
    phi, lam, b0 = np.radians(latitude), np.radians(longitude), np.radians(tilt)
    return np.asarray(np.sin(b0) * np.sin(phi) + np.cos(b0) * np.cos(phi) * np.cos(lam))
