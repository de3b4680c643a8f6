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
_Vector = tuple[Tensor, Tensor, Tensor]


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
    bx, by = torch.full_like(bz, torch.nan), torch.full_like(bz, torch.nan)
    bx[..., :, 1:-1] = (potential[..., :, :-2] - potential[..., :, 2:]) / 2
    by[..., 1:-1, :] = (potential[..., :-2, :] - potential[..., 2:, :]) / 2
    return bx, by


class _Active:
    """The active pixels of all patches as one vector, a sixth of the whole; sums and means go back to patches."""

    def __init__(self, mask: Tensor) -> None:
        self.shape = mask.shape
        ny, nx = mask.shape[-2:]
        self.index = mask.flatten().nonzero().squeeze(1)
        # The pixels of a patch are neighbours in the vector, so its sum is that of a segment: in a fixed order on a GPU
        # too, where adding by index would depend on the order in which threads arrive.
        self.lengths = mask.sum((-2, -1)).flatten()
        row, column = self.index // nx % ny, self.index % nx
        self.inside_x, self.inside_y = (column > 0) & (column < nx - 1), (row > 0) & (row < ny - 1)

    def at(self, field: Tensor, shift: int = 0) -> Tensor:
        place = (self.index + shift).clamp(0, field.numel() - 1) if shift else self.index
        return field.flatten().take(place)

    def slopes(self, field: Tensor) -> tuple[Tensor, Tensor]:
        """Central differences [per pixel]; NaN on the edges, which never enter a sum."""
        nx = self.shape[-1]
        dx = (self.at(field, 1) - self.at(field, -1)) / 2
        dy = (self.at(field, nx) - self.at(field, -nx)) / 2
        return dx.where(self.inside_x, torch.nan), dy.where(self.inside_y, torch.nan)

    def sum(self, values: Tensor, where: Tensor | None = None) -> Tensor:
        use = values.isfinite() if where is None else values.isfinite() & where
        return self._add(values.where(use, 0.0))

    def mean(self, values: Tensor, where: Tensor | None = None) -> Tensor:
        use = values.isfinite() if where is None else values.isfinite() & where
        return self._add(values.where(use, 0.0)) / self._add(use.to(values.dtype))

    def _add(self, values: Tensor) -> Tensor:
        # unsafe: lengths that add up are ours to guarantee, and checking them would wait for the GPU at every sum
        total = torch.segment_reduce(values, "sum", lengths=self.lengths, unsafe=True)
        return total.reshape(self.shape[:-2])


def _gradient(field: Tensor, active: _Active) -> Tensor:
    dx, dy = active.slopes(field)
    return active.mean(torch.hypot(dx, dy), where=dx + dy != 0)  # the reference code skips pixels whose slopes cancel


def _currents(bx: Tensor, by: Tensor, bz: Tensor, active: _Active, scale: PatchGeometry) -> dict[str, Tensor]:
    jz = active.slopes(by)[0] - active.slopes(bx)[1]  # G per pixel
    vertical = active.at(bz)
    helicity = active.sum(jz * vertical)
    p, tesla = scale.metres, 1e-4
    up = vertical > 0
    per_polarity = active.sum(jz, up).abs() + active.sum(jz, ~up).abs()
    return {
        "meanjzd": active.mean(jz) * tesla / (_MU0 * p) * 1e3,
        "totusjz": active.sum(jz.abs()) * p * tesla / _MU0,
        "meanalp": helicity / active.sum(vertical**2, where=jz.isfinite()) * 1e6 / p,
        "meanjzh": active.mean(jz * vertical) / p,
        "totusjh": active.sum((jz * vertical).abs()) / p,
        "absnjzh": helicity.abs() / p,
        "savncpp": per_polarity * tesla / _MU0 * (scale.rsun_ref / scale.rsun_obs) / scale.arcsec,
    }


def _excess(field: _Vector, model: tuple[Tensor, Tensor], active: _Active, scale: PatchGeometry) -> dict[str, Tensor]:
    bx, by, bz = (active.at(component) for component in field)
    px, py = (active.at(component) for component in model)
    density = ((bx - px) ** 2 + (by - py) ** 2) / (8 * math.pi)
    dot = bx * px + by * py + bz**2
    norms = torch.sqrt((bx**2 + by**2 + bz**2) * (px**2 + py**2 + bz**2))
    # rounding takes the cosine of parallel fields above 1
    shear = torch.rad2deg(torch.acos((dot / norms).clamp(-1, 1)))
    # pixels without a shear angle are neither above nor below 45 degrees
    sheared = (shear > 45).to(shear.dtype).where(shear.isfinite(), torch.nan)
    return {
        "meanpot": active.mean(density),
        "totpot": active.sum(density) * scale.area,
        "meanshr": active.mean(shear),
        "shrgt45": 100 * active.mean(sheared),
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
    # of CEA components: southward is minus y
    bx, by, bz = bp, -bt, br
    # The reference code's choice: disambiguated with confidence, and inside the HARP's outline.
    active = _Active((conf_disambig >= 70) & (bitmap >= 30) & bz.isfinite())
    horizontal, vertical = torch.hypot(bx, by), active.at(bz)
    across = active.at(horizontal)
    inclination = torch.rad2deg(torch.atan(across / vertical.abs()))
    model = reference_kernel_field(bz) if potential == "reference kernel" else potential_field(bz)
    found = {
        "cmask": active.sum(torch.ones_like(vertical)),
        "usflux": active.sum(vertical.abs()) * scale.area,
        "meangam": active.mean(inclination, where=(across >= 100) & (vertical != 0)),
        "meangbt": _gradient(torch.hypot(horizontal, bz), active),
        "meangbz": _gradient(bz, active),
        "meangbh": _gradient(horizontal, active),
        **_currents(bx, by, bz, active, scale),
        **_excess((bx, by, bz), model, active, scale),
        # Equal-area pixels: each is (cdelt1 in rad)^2 of the unit sphere, whose hemisphere is 2 pi.
        "area_acr": (bitmap == 34).sum((-2, -1), dtype=bz.dtype) * math.radians(scale.cdelt1) ** 2 / math.tau * 1e6,
    }
    if blos is not None:
        found["r_value"] = r_value(blos)
    return found
