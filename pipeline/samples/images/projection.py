"""A square on the Sun around a place, as the pixels of a frame that some spacecraft took."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS

__all__ = ["Seen", "project", "sample"]

Floats = NDArray[np.float64]

_ARCSEC = np.radians(1 / 3600)


class Seen(NamedTuple):
    """Where places lie on a plane of the sky.

    Parameters
    ----------
    x, y : ndarray
        Tangent-plane coordinates, arcsec, to solar west and north.
    mu : ndarray
        Cosine of the angle between the vertical and the line of sight: 1 at the centre, 0 at the limb, negative behind.
    """

    x: Floats
    y: Floats
    mu: Floats


def project(latitude: Floats, longitude: Floats, viewpoint: Viewpoint) -> Seen:
    """Look at places of the photosphere from a finite distance.

    Parameters
    ----------
    latitude, longitude : ndarray
        Stonyhurst, degrees.
    viewpoint : Viewpoint

    Returns
    -------
    Seen
    """
    phi, length = np.radians(latitude), np.radians(longitude - viewpoint.longitude)
    tilt, distance = np.radians(viewpoint.latitude), viewpoint.distance * AU / SOLAR_RADIUS
    west = np.cos(phi) * np.sin(length)
    north = np.sin(phi) * np.cos(tilt) - np.cos(phi) * np.cos(length) * np.sin(tilt)
    near = np.sin(phi) * np.sin(tilt) + np.cos(phi) * np.cos(length) * np.cos(tilt)
    depth = distance - near
    mu = (distance * near - 1) / np.sqrt(west**2 + north**2 + depth**2)
    return Seen(west / depth / _ARCSEC, north / depth / _ARCSEC, mu)


def sample(image: NDArray[np.float32], row: Floats, column: Floats) -> NDArray[np.float32]:
    """Interpolate linearly between pixel centres.

    Parameters
    ----------
    image : ndarray, shape (y, x)
    row, column : ndarray
        Indices; whole numbers are pixel centres.

    Returns
    -------
    ndarray of float32
        NaN outside the image, and wherever one of the four pixels is NaN.
    """
    low, left = np.floor(row).astype(int), np.floor(column).astype(int)
    inside = (low >= 0) & (left >= 0) & (low < image.shape[0] - 1) & (left < image.shape[1] - 1)
    # Outside they may point anywhere; what is read there is thrown away below.
    low, left = np.where(inside, low, 0), np.where(inside, left, 0)
    up, right = row - low, column - left
    near = image[low, left] * (1 - right) + image[low, left + 1] * right
    far = image[low + 1, left] * (1 - right) + image[low + 1, left + 1] * right
    return np.where(inside, near * (1 - up) + far * up, np.nan).astype(np.float32)
