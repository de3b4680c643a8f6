"""What a user writes with sunpy and aiapy to bring one AIA file to 512 x 512 pixels in DN/s."""

from __future__ import annotations

import warnings
from pathlib import Path

import astropy.units as u
import numpy as np
import sunpy.map
from aiapy.calibrate import register
from numpy.typing import NDArray

__all__ = ["ordinary"]


def ordinary(path: Path, method: str = "scipy") -> NDArray[np.float64]:
    """Map, register (third order), exposure, mean of 8 x 8 pixels.

    Parameters
    ----------
    path : Path
        Level 1 file.
    method : str
        What rotates: scipy or opencv.

    Returns
    -------
    ndarray, shape (512, 512)
        DN/s; the disk's centre in the middle, 4.8 arcsec a pixel; fill values where the moved field does not reach.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # keywords that FITS does not allow, and full disks that are not quite square
        level1 = register(sunpy.map.Map(path), method=method, order=3)
        data = np.asarray(level1.data, np.float64) / level1.exposure_time.to_value(u.s)
        centre = [float(level1.reference_pixel[axis].value) + 0.5 for axis in (0, 1)]
    return _field(data, centre).reshape(512, 8, 512, 8).mean((1, 3))


def _field(data: NDArray[np.float64], centre: list[float]) -> NDArray[np.float64]:
    """Cut or fill up to 4096 x 4096 around the disk's centre: aiapy returns a few pixels less."""
    first = [round(2048 - at) for at in centre]
    found = np.zeros((4096, 4096))
    (x0, y0), (height, width) = first, data.shape
    rows, columns = slice(max(y0, 0), min(y0 + height, 4096)), slice(max(x0, 0), min(x0 + width, 4096))
    found[rows, columns] = data[rows.start - y0 : rows.stop - y0, columns.start - x0 : columns.stop - x0]
    return found
