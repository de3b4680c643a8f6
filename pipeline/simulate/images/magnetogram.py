"""The line-of-sight magnetic field of the photosphere: a bipole for every region, exactly as strong as its flux."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import erf

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.images.regions import Regions
    from sunproof.pipeline.simulate.images.view import View

__all__ = ["BLUR", "HALF", "bipole", "line_of_sight_field"]

Array = npt.NDArray[np.float64]

# Half the distance of the two polarities' centres, in their widths.
HALF = 1.8
_SOLAR_RADIUS_CM = 6.957e10
# A polarity is a wide Gaussian and one of half its width: shares of the flux, widths.
_PARTS = ((0.4, 1.0), (0.6, 0.5))
# A detector's pixel blurs by at least this much of itself, so that its centre speaks for all of it.
BLUR = 0.6


def line_of_sight_field(view: View, regions: Regions) -> Array:
    """Field that a noiseless magnetograph would see.

    Parameters
    ----------
    view : View
    regions : Regions

    Returns
    -------
    ndarray, shape (size, size)
        Gauss, positive towards the observer; NaN off the disk. The field is radial. Its unsigned flux over the sphere
        is the regions' flux, what cancels between the polarities made up for.
    """
    radial = np.where(view.off <= 1.0, 0.0, np.nan)
    outward, west, north = view.axes(regions.latitude, regions.longitude)
    column, row, _ = view.project(outward)
    blur = BLUR * np.sqrt(view.pixel_area)
    # a region that is about to emerge has no flux, and no width to share it out over
    for k in np.flatnonzero((outward[2] > -0.3) & (regions.flux > 0)):
        reach = 2 + int(np.ceil((HALF + 5.0) * np.hypot(regions.spread[k], blur) / np.sqrt(view.pixel_area)))
        box = tuple(slice(max(0, int(at) - reach), max(0, int(at) + reach + 1)) for at in (row[k], column[k]))
        here = view.sphere[(slice(None), *box)]
        # Equal-area coordinates about the region's centre, x to the leading polarity.
        with np.errstate(invalid="ignore"):
            stretch = np.sqrt(2.0 / (1.0 + np.einsum("i,iyx->yx", outward[:, k], here)))
        x, y = (stretch * np.einsum("i,iyx->yx", axis[:, k], here) for axis in (west, north))
        cos, sin = np.cos(regions.tilt[k]), np.sin(regions.tilt[k])
        x, y = x * cos - y * sin, x * sin + y * cos
        radial[box] += regions.leading[k] * bipole(x, y, regions.flux[k], regions.spread[k], blur)
    return np.asarray(radial * _cosine(view))


def bipole(x: Array, y: Array, flux: float, spread: float, blur: float) -> Array:
    """Radial field of two opposite polarities.

    Parameters
    ----------
    x, y : ndarray
        Equal-area coordinates about the region's centre, solar radii; the positive polarity lies at positive x.
    flux : float
        Unsigned, Mx.
    spread : float
        Width (one sigma) of each polarity, solar radii.
    blur : float
        Width of what the pixels blur, solar radii.

    Returns
    -------
    ndarray, same shape
        Gauss.
    """
    half = HALF * spread
    field, kept = np.zeros(x.shape), 0.0
    for share, width in _PARTS:
        square = (width * spread) ** 2 + blur**2
        peaks = np.exp(-((x - half) ** 2) / (2 * square)) - np.exp(-((x + half) ** 2) / (2 * square))
        field += share * peaks * np.exp(-(y**2) / (2 * square)) / (2 * np.pi * square)
        # Integral of the magnitude of the difference of two Gaussians at distance 2 half, over twice that of one.
        kept += share * float(erf(half / np.sqrt(2 * square)))
    return np.asarray(field * flux / 2.0 / kept / _SOLAR_RADIUS_CM**2)


def _cosine(view: View) -> Array:
    """Cosine between the outward direction and the direction to the observer; NaN off the disk."""
    x, y, z = view.sphere
    distance = np.sqrt(x**2 + y**2 + (view.distance - z) ** 2)
    return np.asarray((view.distance * z - 1.0) / distance)
