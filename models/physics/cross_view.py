"""One place on the Sun seen from two spacecraft: is it visible to both, and do the positions agree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sunproof.models.physics.geometry import rotation_rate

__all__ = ["Sighting", "faintest_view", "position_offset", "view_from"]

Floats = NDArray[np.float64]

_RADIUS = 695.7  # Mm, nominal solar radius (IAU 2015 resolution B3)
_LIGHT_DAYS = 499.004784 / 86400  # light time of one AU, days (IAU 2012 astronomical unit over c)


class Sighting(NamedTuple):
    """A position and who measured it; all fields broadcast.

    Parameters
    ----------
    time : array_like of datetime64
        UTC at the observer.
    latitude, longitude : array_like
        Stonyhurst position of the feature, degrees.
    distance : array_like
        Distance of the observer from the Sun, AU.
    """

    time: ArrayLike
    latitude: ArrayLike
    longitude: ArrayLike
    distance: ArrayLike


def view_from(
    latitude: ArrayLike, longitude: ArrayLike, observer_latitude: ArrayLike, observer_longitude: ArrayLike
) -> Floats:
    """Cosine mu of the angle between the local vertical and the direction of an observer far away.

    Parameters
    ----------
    latitude, longitude, observer_latitude, observer_longitude : array_like
        Stonyhurst, degrees.

    Returns
    -------
    ndarray
        1 at the centre of the observer's disk, 0 on the limb, negative behind it.
    """
    phi, lon, b0, l0 = (
        np.deg2rad(np.asarray(angle, np.float64))
        for angle in (latitude, longitude, observer_latitude, observer_longitude)
    )
    return np.asarray(np.sin(b0) * np.sin(phi) + np.cos(b0) * np.cos(phi) * np.cos(lon - l0))


def faintest_view(height: ArrayLike) -> Floats:
    """Smallest mu of the foot point at which something of this height (Mm) still stands above the limb; 0 or less."""
    ratio = _RADIUS / (_RADIUS + np.asarray(height, np.float64))
    return np.asarray(-np.sqrt(1 - ratio**2))


def position_offset(one: Sighting, other: Sighting) -> tuple[Floats, Floats]:
    """How far two positions lie apart once the surface has turned and the light has travelled.

    Parameters
    ----------
    one, other : Sighting
        The same feature from two observers.

    Returns
    -------
    angle, days : ndarray
        Great-circle distance in degrees after moving ``other`` by differential rotation to the moment ``one`` was
        emitted, and the time between the two emissions in days.
    """
    between = np.asarray(one.time, "datetime64[ns]") - np.asarray(other.time, "datetime64[ns]")
    days = between / np.timedelta64(1, "D")
    # What was seen at t left the Sun distance/c before; the far spacecraft sees the older Sun.
    days = np.asarray(days - (np.asarray(one.distance) - np.asarray(other.distance)) * _LIGHT_DAYS, np.float64)
    moved = np.asarray(other.longitude, np.float64) + rotation_rate(other.latitude) * days
    cosine = view_from(other.latitude, moved, one.latitude, one.longitude)
    return np.rad2deg(np.arccos(np.clip(cosine, -1, 1))), days
