"""What is where in a picture of the Sun: padding, limb, inversion line, region, other regions, background."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import max_pool2d

from sunproof.models.physics.inversion_line import inversion_line

__all__ = ["SCENERY", "scenery"]

SCENERY = ("padding", "limb", "inversion line", "region", "other regions", "background")
"""Parts of a picture, each pixel in the first that it belongs to."""

# G, the noise floor of the inversion line's polarity masks (Schrijver 2007, ApJ 655, L117), on pixels of 1.5 Mm. Means
# over more than 5 Mm dilute a region's field to about a third [E].
_FIELD, _DILUTED, _COARSE = 150.0, 50.0, 5.0
# Beyond 60 degrees from the centre of the disk foreshortening halves a pixel.
_LIMB = 0.5
# Mm that the band around an inversion line, and the rim of a region, are wide: Schrijver's 15 Mm.
_BAND = 15.0


def scenery(
    field: NDArray[np.floating] | None,
    seen: NDArray[np.bool_],
    mu: NDArray[np.floating],
    cell: float,
    near: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Tell what is where.

    Parameters
    ----------
    field : ndarray, shape (sample, y, x)
        Magnetic field along the line of sight, G; NaN where there is none. Without any, the region is ``near``.
    seen : ndarray of bool, same shape
        Where anything was observed on the Sun; all else is padding.
    mu : ndarray, same shape
        Cosine of the angle of view; NaN where it is unknown.
    cell : float
        Side of a pixel, Mm.
    near : ndarray of bool, same shape, optional
        Where the forecast's own region may be; strong field elsewhere is another's. Everywhere by default.

    Returns
    -------
    ndarray, same shape
        Place in `SCENERY`. The inversion line has a band of 15 Mm, at least a pixel, on both sides; the region is field
        above 150 G (50 G on pixels larger than 5 Mm) with as wide a rim.
    """
    own = np.ones(seen.shape, bool) if near is None else near
    with np.errstate(invalid="ignore"):
        # NaN compares false: what has no angle of view is no limb, and padding by its mask
        limb = np.asarray(mu) < _LIMB
    if field is None:
        nearby = np.zeros(seen.shape, bool) if near is None else near
        return np.select([~seen, limb, nearby], [0, 1, 3], 5).astype(np.int64)
    gauss = torch.as_tensor(np.where(np.isfinite(field), field, 0.0)).double()
    reach = max(1, round(_BAND / cell))
    # diluted fields are raised, and not the threshold lowered, for the inversion line has its own
    gauss = gauss * (_FIELD / _DILUTED if cell > _COARSE else 1.0)
    line, strong = (_wide(mask, reach).numpy() for mask in (inversion_line(gauss), gauss.abs() > _FIELD))
    return np.select([~seen, limb, line & own, strong & own, strong | line], [0, 1, 2, 3, 4], 5).astype(np.int64)


def _wide(mask: Tensor, reach: int) -> Tensor:
    return max_pool2d(mask[:, None].double(), 2 * reach + 1, stride=1, padding=reach)[:, 0] > 0
