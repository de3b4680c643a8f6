"""Where a place on the Sun lies as seen from Earth, and how the surface turns. Low-precision ephemeris, no network."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["cosine_of_view", "rotation_rate", "solar_tilt", "sun_distance"]

Floats = NDArray[np.float64]

# Meeus, Astronomical Algorithms (2nd ed.), chapters 25 and 29. Angles in degrees.
_J2000 = np.datetime64("2000-01-01T12:00:00", "ns")
_INCLINATION = 7.25
_DAYS_A_CENTURY = 36525.0
# Snodgrass 1983, ApJ 270, 288 (magnetic tracers) and Howard et al. 1990, Sol. Phys. 130, 295: sidereal rate in
# microrad/s as A + B sin^2 + C sin^4 of the latitude.
_ROTATION = {"howard": (2.894, -0.428, -0.370), "snodgrass": (2.851, -0.343, -0.474)}
_ORBIT = 0.9856  # degrees a day by which the Earth follows


def _centuries(time: ArrayLike) -> Floats:
    since = np.asarray(time, "datetime64[ns]") - _J2000
    return np.asarray(since / np.timedelta64(1, "D"), np.float64) / _DAYS_A_CENTURY


def _sun(centuries: Floats) -> tuple[Floats, Floats]:
    """Geocentric longitude of the Sun (degrees, of date, aberration included) and distance (AU)."""
    mean = 280.46646 + 36000.76983 * centuries
    anomaly = np.deg2rad(357.52911 + 35999.05029 * centuries)
    centre = (
        (1.914602 - 0.004817 * centuries) * np.sin(anomaly)
        + (0.019993 - 0.000101 * centuries) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    eccentricity = 0.016708634 - 0.000042037 * centuries
    true = anomaly + np.deg2rad(centre)
    distance = 1.000001018 * (1 - eccentricity**2) / (1 + eccentricity * np.cos(true))
    return mean + centre - 0.00569, distance


def solar_tilt(time: ArrayLike) -> Floats:
    """Heliographic latitude B0 of the disk's centre seen from Earth.

    Parameters
    ----------
    time : array_like of datetime64
        UTC; any shape.

    Returns
    -------
    ndarray
        Degrees, same shape, NaN for missing times; within 0.01 of sunpy's between 1990 and 2030.
    """
    centuries = _centuries(time)
    longitude, _ = _sun(centuries)
    node = 75.76 + 1.397 * centuries
    tilt = np.sin(np.deg2rad(longitude - node)) * np.sin(np.deg2rad(_INCLINATION))
    return np.asarray(np.rad2deg(np.arcsin(tilt)))


def sun_distance(time: ArrayLike) -> Floats:
    """Distance of the Earth from the Sun in AU; within 1e-4 of sunpy's between 1990 and 2030."""
    return _sun(_centuries(time))[1]


def cosine_of_view(latitude: ArrayLike, longitude: ArrayLike, tilt: ArrayLike) -> Floats:
    """Cosine mu of the angle between the local vertical and the line of sight; negative behind the limb.

    Parameters
    ----------
    latitude, longitude : array_like
        Stonyhurst heliographic, degrees.
    tilt : array_like
        B0, degrees.

    Returns
    -------
    ndarray
        mu = sin B0 sin phi + cos B0 cos phi cos L, for an observer at infinity.
    """
    phi, length, b0 = (np.deg2rad(np.asarray(angle, np.float64)) for angle in (latitude, longitude, tilt))
    return np.asarray(np.sin(b0) * np.sin(phi) + np.cos(b0) * np.cos(phi) * np.cos(length))


def rotation_rate(latitude: ArrayLike, law: str = "howard", synodic: bool = True) -> Floats:
    """Rate at which the surface turns.

    Parameters
    ----------
    latitude : array_like
        Degrees.
    law : str
        ``"howard"`` (Howard et al. 1990) or ``"snodgrass"`` (Snodgrass 1983).
    synodic : bool
        As seen from Earth; else sidereal.

    Returns
    -------
    ndarray
        Degrees a day.
    """
    a, b, c = _ROTATION[law]
    square = np.sin(np.deg2rad(np.asarray(latitude, np.float64))) ** 2
    sidereal = np.rad2deg(1e-6 * 86400 * (a + b * square + c * square**2))
    return np.asarray(sidereal - (_ORBIT if synodic else 0.0))
