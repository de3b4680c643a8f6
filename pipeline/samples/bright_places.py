"""Where a region stands in a full-disk image of another observer: the limb tells the pointing, brightness the place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.sources.frames import Observer

__all__ = ["DiskImage", "Limb", "Place", "find_limb", "find_place"]

Floats = NDArray[np.float64]

# Ring in which the limb is looked for, in radii of the disk, and in how many directions.
_RING, _DIRECTIONS, _SAMPLES = (0.9, 1.12), 36, 45
# A region spans some ten degrees; beyond that its neighbours begin.
_SEARCH = 10.0
# Emission of a region stands out at least so far above the median around it.
_CONTRAST = 1.5


class DiskImage(NamedTuple):
    """A full-disk image, solar north up and the disk's centre in its middle, as image groups hold them.

    Parameters
    ----------
    pixels : ndarray, shape (y, x)
        Brightness, NaN where missing.
    scale : float
        arcsec a pixel.
    radius : float
        Of the disk as the observer sees it, arcsec.
    observer : Observer
        Stonyhurst coordinates.
    time : numpy.datetime64
        UTC at the observer.
    """

    pixels: Floats
    scale: float
    radius: float
    observer: Observer
    time: np.datetime64


class Place(NamedTuple):
    """A measured position: Stonyhurst degrees, and its error in degrees on the Sun."""

    latitude: float
    longitude: float
    error: float


class Limb(NamedTuple):
    """Where the limb lies against the header, in radii of the disk; NaN where none is found.

    Parameters
    ----------
    shift : float
        Of the circle's centre.
    excess : float
        Of its radius: some 0.03 in channels of the corona, whose light ends above the photosphere.
    """

    shift: float
    excess: float


def find_limb(image: DiskImage) -> Limb:
    """Fit a circle to the limb, independently of what the header says of the pointing.

    The limb is the steepest fall of brightness along each of 36 directions; a circle is fitted to the median.

    Parameters
    ----------
    image : DiskImage

    Returns
    -------
    Limb
    """
    from scipy.ndimage import map_coordinates

    angle = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    radius = np.linspace(*_RING, _SAMPLES)
    middle = (np.array(image.pixels.shape) - 1) / 2
    reach = radius * image.radius / image.scale
    rows = middle[0] + np.sin(angle)[:, None] * reach
    columns = middle[1] + np.cos(angle)[:, None] * reach
    profile = map_coordinates(np.nan_to_num(image.pixels), [rows, columns], order=1)
    # over some pixels, so that the noise of the corona is no limb
    width = max(2, round(1.5 * image.scale / image.radius / (radius[1] - radius[0])))
    fall = profile[:, :-width] - profile[:, width:]
    seen = fall.max(axis=1) > 0.1 * np.abs(profile).max(axis=1)
    if seen.sum() < _DIRECTIONS // 2:
        return Limb(float("nan"), float("nan"))
    edge = (radius[:-width] + radius[width:])[fall.argmax(axis=1)] / 2
    design = np.stack([np.ones(_DIRECTIONS), np.cos(angle), np.sin(angle)], axis=1)
    # active regions and holes on the limb move single directions: keep those near the first fit
    for _ in range(2):
        fit = np.linalg.lstsq(design[seen], edge[seen], rcond=None)[0]
        away = np.abs(edge - design @ fit)
        seen = seen & (away <= 2 * np.median(away[seen]) + 1e-9)
    return Limb(float(np.hypot(fit[1], fit[2])), float(fit[0] - 1))


def find_place(image: DiskImage, latitude: float, longitude: float) -> Place | None:
    """Centroid of what is bright within ten degrees of an expected place.

    Parameters
    ----------
    image : DiskImage
    latitude, longitude : float
        Where the region should be at the image's time, Stonyhurst degrees.

    Returns
    -------
    Place or None
        None where nothing stands out, or less than half of the surroundings is seen. The error is two pixels and the
        spread of the brightness: the centroid of an extended region is no sharper than that.
    """
    phi, lon, near = _surroundings(image, latitude, longitude)
    values = image.pixels[near]
    good = np.isfinite(values)
    if good.sum() < max(9, 0.5 * good.size):
        return None
    background = np.median(values[good])
    weight = np.where(good, values - _CONTRAST * max(background, 0.0), 0.0).clip(0)
    if not weight.sum() > 0:
        return None
    vectors = np.stack([np.cos(phi) * np.cos(lon), np.cos(phi) * np.sin(lon), np.sin(phi)])
    mean = (vectors * weight).sum(axis=1) / weight.sum()
    size = float(np.linalg.norm(mean))
    # |mean vector| = 1 - spread^2 / 2 for a narrow distribution on the sphere
    spread = np.degrees(np.sqrt(max(0.0, 2 * (1 - size))))
    pixel = np.degrees(2 * image.scale / image.radius)
    return Place(
        float(np.degrees(np.arcsin(mean[2] / size))), float(np.degrees(np.arctan2(mean[1], mean[0]))), pixel + spread
    )


def _surroundings(image: DiskImage, latitude: float, longitude: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Stonyhurst latitude and longitude (rad) of the pixels around a place, and which pixels they are."""
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

    rows, columns = image.pixels.shape
    x = (np.arange(columns) - (columns - 1) / 2) * image.scale
    y = (np.arange(rows) - (rows - 1) / 2)[:, None] * image.scale
    time = str(image.time)
    observer = HeliographicStonyhurst(
        image.observer.longitude * u.deg, image.observer.latitude * u.deg, image.observer.distance * u.AU, obstime=time
    )
    frame = Helioprojective(observer=observer, obstime=time)
    inside = np.argwhere(np.hypot(x, y) < image.radius)
    sky = SkyCoord(x[inside[:, 1]] * u.arcsec, y[inside[:, 0], 0] * u.arcsec, frame=frame)
    ground = sky.transform_to(HeliographicStonyhurst(obstime=time))
    phi, lon = ground.lat.to_value(u.rad), ground.lon.to_value(u.rad)
    there, centre = np.radians(longitude), np.radians(latitude)
    cosine = np.sin(phi) * np.sin(centre) + np.cos(phi) * np.cos(centre) * np.cos(lon - there)
    close = cosine > np.cos(np.radians(_SEARCH))
    near = np.zeros(image.pixels.shape, bool)
    near[tuple(inside[close].T)] = True
    return np.asarray(phi[close], float), np.asarray(lon[close], float), near
