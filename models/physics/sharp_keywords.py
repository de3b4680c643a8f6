"""The SHARP keywords from a vector magnetogram patch, in the definitions of the public reference code.

Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3. On the one public complete record (HARP 377, 2011-02-15 02:00 TAI)
every keyword but R_VALUE reproduces the header to 1e-4 (tests hold that). Three of the definitions are not what their
names say: gradients are per pixel, SAVNCPP carries an extra factor cd^-2, and the "potential field" of MEANPOT, TOTPOT,
MEANSHR and SHRGT45 comes from a kernel that is close to -grad(Bz); see `reference_kernel_field`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from sunproof.models.physics.arrays import array_or_tensor
from sunproof.models.physics.inversion_line import r_value
from sunproof.models.physics.potential_field import potential_field

__all__ = ["PatchGeometry", "reference_kernel_field", "sharp_keywords"]

_MU0 = 4e-7 * math.pi  # vacuum permeability, N A^-2
_WINDOW = 10  # pixels, half side of the reference kernel
_DEPTH = 0.001  # pixels, depth of the monopoles in the reference kernel


@dataclass(frozen=True)
class PatchGeometry:
    """Scale of a cylindrical equal-area patch.

    Parameters
    ----------
    cdelt1 : float
        Pixel size [deg], 0.03 for SHARP.
    rsun_ref : float
        Solar radius of the projection [m].
    rsun_obs : float
        Solar radius as seen [arcsec].
    dsun_obs : float
        Distance of the observer [m].
    """

    cdelt1: float
    rsun_ref: float
    rsun_obs: float
    dsun_obs: float

    @property
    def arcsec(self) -> float:
        """Pixel size at disk centre [arcsec]."""
        return math.degrees(math.atan(self.rsun_ref * math.radians(self.cdelt1) / self.dsun_obs)) * 3600

    @property
    def metres(self) -> float:
        """Pixel size on the Sun [m]."""
        return self.arcsec * self.rsun_ref / self.rsun_obs

    @property
    def area(self) -> float:
        """Area of a pixel [cm^2]."""
        return (100 * self.metres) ** 2


def _derivatives(field: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences [per pixel]; NaN on the edges, which never enter a sum."""
    dx, dy = torch.full_like(field, torch.nan), torch.full_like(field, torch.nan)
    dx[..., :, 1:-1] = (field[..., :, 2:] - field[..., :, :-2]) / 2
    dy[..., 1:-1, :] = (field[..., 2:, :] - field[..., :-2, :]) / 2
    return dx, dy


@array_or_tensor
def reference_kernel_field(bz: Tensor) -> tuple[Tensor, Tensor]:
    """Horizontal field that the reference code uses in place of a potential field.

    Sum of Bz(r') d / sqrt(|r - r'|^2 + d^2) over a window of 20 x 20 pixels (r' - r from -10 to +9: the reference's
    loops leave out their end) with d = 0.001 pixels, then the negative central gradient. The pixel's own term outweighs
    its neighbours a thousandfold, so the result is -grad(Bz) to a correlation of 0.9998 on HARP 377: kept to reproduce
    the archive, not to be read as physics.

    Parameters
    ----------
    bz : array or Tensor, shape (..., y, x)
        Vertical field [G].

    Returns
    -------
    bx, by : same type and shape
        [G]; NaN on the edges.
    """
    ny, nx = bz.shape[-2:]
    first = _WINDOW - 1
    offsets = torch.arange(-first, _WINDOW + 1, dtype=bz.dtype, device=bz.device)  # r - r'
    kernel = _DEPTH / torch.sqrt(offsets[:, None] ** 2 + offsets**2 + _DEPTH**2)
    size = (ny + 2 * _WINDOW, nx + 2 * _WINDOW)
    product = torch.fft.rfft2(torch.nan_to_num(bz), s=size) * torch.fft.rfft2(kernel, s=size)
    potential = torch.fft.irfft2(product, s=size)[..., first : first + ny, first : first + nx]
    dx, dy = _derivatives(potential)
    return -dx, -dy


class _Sums:
    """Masked sums over the last two dimensions; NaN pixels are left out and counted out."""

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def sum(self, values: Tensor, where: Tensor | None = None) -> Tensor:
        use = self.mask & values.isfinite()
        if where is not None:
            use = use & where
        return torch.where(use, values, 0.0).sum((-2, -1))

    def mean(self, values: Tensor, where: Tensor | None = None) -> Tensor:
        use = self.mask & values.isfinite()
        if where is not None:
            use = use & where
        return torch.where(use, values, 0.0).sum((-2, -1)) / use.sum((-2, -1))


def _gradient(field: Tensor, sums: _Sums) -> Tensor:
    dx, dy = _derivatives(field)
    return sums.mean(torch.hypot(dx, dy), where=dx + dy != 0)  # the reference code skips pixels whose two slopes cancel


def _currents(bx: Tensor, by: Tensor, bz: Tensor, sums: _Sums, scale: PatchGeometry) -> dict[str, Tensor]:
    jz = _derivatives(by)[0] - _derivatives(bx)[1]  # G per pixel
    p, tesla = scale.metres, 1e-4
    up = bz > 0
    per_polarity = sums.sum(jz, up).abs() + sums.sum(jz, ~up).abs()
    return {
        "meanjzd": sums.mean(jz) * tesla / (_MU0 * p) * 1e3,
        "totusjz": sums.sum(jz.abs()) * p * tesla / _MU0,
        "meanalp": sums.sum(jz * bz) / sums.sum(torch.where(jz.isfinite(), bz**2, torch.nan)) * 1e6 / p,
        "meanjzh": sums.mean(jz * bz) / p,
        "totusjh": sums.sum((jz * bz).abs()) / p,
        "absnjzh": sums.sum(jz * bz).abs() / p,
        "savncpp": per_polarity * tesla / _MU0 * (scale.rsun_ref / scale.rsun_obs) / scale.arcsec,
    }


def _excess(
    bx: Tensor, by: Tensor, bz: Tensor, model: tuple[Tensor, Tensor], sums: _Sums, scale: PatchGeometry
) -> dict[str, Tensor]:
    px, py = model
    density = ((bx - px) ** 2 + (by - py) ** 2) / (8 * math.pi)
    dot = bx * px + by * py + bz**2
    norms = torch.sqrt((bx**2 + by**2 + bz**2) * (px**2 + py**2 + bz**2))
    shear = torch.rad2deg(torch.acos((dot / norms).clamp(-1, 1)))
    sheared = torch.where(shear.isfinite(), (shear > 45).to(shear.dtype), torch.nan)
    return {
        "meanpot": sums.mean(density),
        "totpot": sums.sum(density) * scale.area,
        "meanshr": sums.mean(shear),
        "shrgt45": 100 * sums.mean(sheared),
    }


@array_or_tensor
def sharp_keywords(
    br: Tensor,
    bt: Tensor,
    bp: Tensor,
    conf_disambig: Tensor,
    bitmap: Tensor,
    scale: PatchGeometry,
    blos: Tensor | None = None,
    potential: Literal["reference kernel", "potential field"] = "reference kernel",
) -> dict[str, Tensor]:
    """Compute the space-weather keywords of one or many patches.

    Parameters
    ----------
    br, bt, bp : array or Tensor, shape (..., y, x)
        Field components up, south and west [G]; y increases to the north.
    conf_disambig, bitmap : same shape
        Segments of the same name: sums run over conf_disambig >= 70 and bitmap >= 30.
    scale : PatchGeometry
        The patch's scale.
    blos : same shape, optional
        Line-of-sight field [G], for ``r_value``.
    potential : str
        ``"reference kernel"`` reproduces the archive; ``"potential field"`` is the true one, by FFT.

    Returns
    -------
    dict
        Keyword (lower case, plus ``cmask`` and ``meanalp``) -> values of shape (...), in vocabulary units.
    """
    bx, by, bz = bp, -bt, br
    mask = (conf_disambig >= 70) & (bitmap >= 30) & bz.isfinite()
    sums = _Sums(mask)
    horizontal = torch.hypot(bx, by)
    inclination = torch.rad2deg(torch.atan(horizontal / bz.abs()))
    found = {
        "cmask": mask.sum((-2, -1)).to(bz.dtype),
        "usflux": sums.sum(bz.abs()) * scale.area,
        "meangam": sums.mean(inclination, where=(horizontal >= 100) & (bz != 0)),
        "meangbt": _gradient(torch.sqrt(horizontal**2 + bz**2), sums),
        "meangbz": _gradient(bz, sums),
        "meangbh": _gradient(horizontal, sums),
        **_currents(bx, by, bz, sums, scale),
        **_excess(
            bx,
            by,
            bz,
            reference_kernel_field(bz) if potential == "reference kernel" else potential_field(bz),
            sums,
            scale,
        ),
        # Equal-area pixels: each is (cdelt1 in rad)^2 of the unit sphere, whose hemisphere is 2 pi.
        "area_acr": (bitmap == 34).sum((-2, -1)) * math.radians(scale.cdelt1) ** 2 / (2 * math.pi) * 1e6,
    }
    if blos is not None:
        found["r_value"] = r_value(blos)
    return found
