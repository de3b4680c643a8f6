"""Where the synthetic Sun's spacecraft are: SDO and GOES with the Earth, STEREO on its two orbits.

The orbits go on for ever: a synthetic Sun of 2013 may be seen by a GOES-16 and one of 2020 by STEREO-B.
"""

from __future__ import annotations

from typing import NamedTuple

import erfa
import numpy as np
import numpy.typing as npt

from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.sources.observer import AU, observer_from_ecliptic

__all__ = ["SPACECRAFT", "observer_of", "place_of"]

Array = npt.NDArray[np.float64]

_J2000, _UNIX_EPOCH = 2451545.0, 2440587.5
_TDB_MINUS_UTC = 69.184 / 86400.0  # days, since 2017
SPACECRAFT = ("sdo", "goes", "stereo_a", "stereo_b")


class _Orbit(NamedTuple):
    """Kepler's elements about the Sun, ecliptic of J2000: degrees, degrees a day, and none."""

    longitude: float
    motion: float
    eccentricity: float
    perihelion: float
    inclination: float
    node: float


# Fitted to the positions in STEREO headers of 2009-06-15, 2011-02-15, 2011-09-10 and 2012-03-06 (A, residuals 0.003
# degrees), and of 2011-02-15 with the period of 389 days that brings it to 115 degrees on 2012-07-23 (B).
_STEREO = {
    "stereo_a": _Orbit(308.2122, 1.0449121, 0.0056843, 308.3710, 0.1256, 213.96),
    "stereo_b": _Orbit(256.5309, 360.0 / 389.0, 0.0414, 123.4694, 0.295, -22.8),
}
_YEAR = 365.25636  # days; sidereal


def place_of(spacecraft: str, time: np.datetime64) -> Array:
    """Heliocentric ecliptic vector (J2000) of a spacecraft in metres, as HAEX_OBS, HAEY_OBS and HAEZ_OBS.

    Parameters
    ----------
    spacecraft : str
        One of `SPACECRAFT`.
    time : numpy.datetime64
        UTC.

    Returns
    -------
    ndarray, shape (3,)
        The Earth's centre for SDO and GOES.
    """
    days = float((time - np.datetime64("1970-01-01", "ns")) / np.timedelta64(1, "D")) + _UNIX_EPOCH - _J2000
    if spacecraft in _STEREO:
        return _followed(_STEREO[spacecraft], days)
    earth = np.asarray(erfa.epv00(_J2000, days + _TDB_MINUS_UTC)[0]["p"], np.float64)
    return np.asarray(erfa.ecm06(_J2000, 0.0) @ earth * AU, np.float64)


def observer_of(spacecraft: str, time: np.datetime64) -> Observer:
    """Stonyhurst coordinates of a spacecraft."""
    return observer_from_ecliptic(place_of(spacecraft, time), time)


def _followed(orbit: _Orbit, days: float) -> Array:
    mean = np.radians(orbit.longitude + orbit.motion * days - orbit.perihelion)
    eccentric = mean
    for _ in range(10):  # converges as the eccentricity's powers
        eccentric = mean + orbit.eccentricity * np.sin(eccentric)
    half = np.arctan2(
        np.sqrt(1 + orbit.eccentricity) * np.sin(eccentric / 2), np.sqrt(1 - orbit.eccentricity) * np.cos(eccentric / 2)
    )
    axis = (360.0 / orbit.motion / _YEAR) ** (2 / 3)
    radius = axis * (1 - orbit.eccentricity * np.cos(eccentric)) * AU
    longitude = 2 * half + np.radians(orbit.perihelion)
    height = np.radians(orbit.inclination) * np.sin(longitude - np.radians(orbit.node))
    return np.array([radius * np.cos(longitude), radius * np.sin(longitude), radius * height])
