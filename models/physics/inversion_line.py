"""Strong-gradient polarity-inversion lines and Schrijver's R (Schrijver 2007, ApJ 655, L117).

R is the unsigned line-of-sight flux near inversion lines, weighted by a Gaussian of 15 Mm FWHM, on pixels of about
2 arcsec. The SHARP keyword R_VALUE is its log10. How the field comes to 2 arcsec decides the value by 0.2-0.4 dex:
the archive's code takes every fourth pixel, the public reference averages 4 x 4. Both are offered; compare across
data sets with a tolerance of 0.25 dex.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, pad

from sunproof.models.physics.arrays import array_or_tensor

__all__ = ["inversion_line", "inversion_line_length", "r_value"]

Sampling = Literal["every fourth pixel", "mean of 4 x 4", "full"]
_FIELD = 150.0  # G, noise floor of the polarity masks (Schrijver 2007)
_FWHM = 10.0  # pixels of 2 arcsec, about 15 Mm
_BINNING = 4  # SHARP pixels of 0.5 arcsec to 2 arcsec


@array_or_tensor
def inversion_line(blos: Tensor) -> Tensor:
    """Mask of pixels where strong fields of both signs touch.

    Parameters
    ----------
    blos : array or Tensor, shape (..., y, x)
        Line-of-sight field [G]; NaN is no field.

    Returns
    -------
    same type, shape (..., y, x), bool
        True where a pixel has field above 150 G and field below -150 G within its 3 x 3 neighbourhood.
    """
    field = torch.nan_to_num(blos).reshape(-1, 1, *blos.shape[-2:])
    positive = max_pool2d((field > _FIELD).to(field.dtype), 3, stride=1, padding=1)
    negative = max_pool2d((field < -_FIELD).to(field.dtype), 3, stride=1, padding=1)
    return (positive * negative > 0).reshape(blos.shape)


@array_or_tensor
def inversion_line_length(field: Tensor, pixel: float) -> Tensor:
    """Length of the strong-gradient polarity-inversion lines.

    Neighbouring pixels of opposite sign inside the mask are counted; a line of length L in no preferred direction cuts
    4 L / (pi p) of the grid's links (Cauchy and Crofton), so each counts for pi/4 pixels. A straight line along the
    grid comes out 21 % short, one along the diagonal 11 % long.

    Parameters
    ----------
    field : array or Tensor, shape (..., y, x)
        Radial or line-of-sight field [G]; NaN is no field.
    pixel : float
        Side of a pixel, in any unit of length.

    Returns
    -------
    same type, shape (...)
        Length in the unit of ``pixel``.
    """
    strong, sign = inversion_line(field), torch.nan_to_num(field).sign()
    across = (sign[..., 1:] * sign[..., :-1] < 0) & strong[..., 1:] & strong[..., :-1]
    along = (sign[..., 1:, :] * sign[..., :-1, :] < 0) & strong[..., 1:, :] & strong[..., :-1, :]
    return (across.sum((-2, -1)) + along.sum((-2, -1))).to(field.dtype) * (pixel * math.pi / 4)


@array_or_tensor
def r_value(blos: Tensor, sampling: Sampling = "every fourth pixel") -> Tensor:
    """Logarithm of Schrijver's R.

    Parameters
    ----------
    blos : array or Tensor, shape (..., y, x)
        Line-of-sight field at 0.5 arcsec [G]; NaN is no field.
    sampling : str
        How 2 arcsec pixels are made; ``"full"`` for a field that has 2 arcsec pixels already.

    Returns
    -------
    same type, shape (...)
        log10 of the weighted flux sum [G times 2-arcsec pixels]; 0 where the sum is below 1, as in the SHARP keyword.
    """
    field = torch.nan_to_num(blos).reshape(-1, 1, *blos.shape[-2:])
    if sampling == "every fourth pixel":
        field = field[..., ::_BINNING, ::_BINNING]
    elif sampling == "mean of 4 x 4":
        field = avg_pool2d(field, _BINNING)
    line = inversion_line(field).to(field.dtype)
    total = (_smooth(line) * field.abs()).sum((-3, -2, -1))
    # where() computes both branches: without the clamp the gradient at 0 would be NaN.
    return torch.where(total < 1, 0.0, torch.log10(total.clamp_min(1))).reshape(blos.shape[:-2])


def _smooth(line: Tensor) -> Tensor:
    """Convolve with a normalised Gaussian, cut where it has fallen below 1e-6 of its peak."""
    sigma = _FWHM / math.sqrt(8 * math.log(2))
    half = math.ceil(sigma * math.sqrt(2 * math.log(1e6)))
    offsets = torch.arange(-half, half + 1, dtype=line.dtype, device=line.device)
    weights = torch.exp(-(offsets**2) / (2 * sigma**2))
    weights = weights / weights.sum()
    # A Gaussian separates: two passes along the axes cost less than one over the square.
    rows = conv2d(pad(line, (half, half, 0, 0)), weights.view(1, 1, 1, -1))
    return conv2d(pad(rows, (0, 0, half, half)), weights.view(1, 1, -1, 1))
