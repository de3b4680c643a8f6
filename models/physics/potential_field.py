"""Potential magnetic field and its energy from the vertical field on a plane, by FFT.

Half-space z > 0, B = -grad(phi): the transform of phi at z = 0 is that of Bz divided by k (Alissandrakis 1981,
A&A 100, 197; Gary 1989, ApJS 69, 323). Exact for periodic fields; isolated fields are padded with zeros.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sunproof.models.physics.arrays import array_or_tensor

__all__ = ["potential_energy", "potential_field"]


def _transform(bz: Tensor, pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """Transform of the padded field and its wave numbers kx, ky in rad per pixel."""
    # padding keeps the copies apart that a Fourier series has beside the patch
    ny, nx = bz.shape[-2] * pad, bz.shape[-1] * pad
    spectrum = torch.fft.rfft2(torch.nan_to_num(bz), s=(ny, nx))
    kx = 2 * math.pi * torch.fft.rfftfreq(nx, dtype=bz.dtype, device=bz.device)
    ky = 2 * math.pi * torch.fft.fftfreq(ny, dtype=bz.dtype, device=bz.device)[:, None]
    return spectrum, kx, ky


@array_or_tensor
def potential_field(bz: Tensor, pad: int = 2) -> tuple[Tensor, Tensor]:
    """Horizontal components of the potential field on the plane z = 0.

    Parameters
    ----------
    bz : array or Tensor, shape (..., y, x)
        Vertical field [G]; NaN counts as zero (outside the patch nothing is known, and the pad is zero too).
    pad : int
        Factor by which each side is extended with zeros; 1 for periodic fields.

    Returns
    -------
    bx, by : same type and shape
        Field towards +x and +y [G].
    """
    ny, nx = bz.shape[-2:]
    spectrum, kx, ky = _transform(bz, pad)
    k = torch.hypot(kx, ky)
    k[0, 0] = 1.0  # the mean has no horizontal field: its numerator is zero
    size = (ny * pad, nx * pad)
    # A first derivative has no defined sign at the Nyquist frequency; keeping it would break the mirror symmetry.
    kx, ky = kx.where(kx < math.pi, 0.0), ky.where(ky > -math.pi, 0.0)
    scaled = -1j * spectrum / k
    bx = torch.fft.irfft2(scaled * kx, s=size)[..., :ny, :nx]
    by = torch.fft.irfft2(scaled * ky, s=size)[..., :ny, :nx]
    return bx, by


@array_or_tensor
def potential_energy(bz: Tensor, pixel: float, pad: int = 2) -> Tensor:
    """Energy of the potential field above the plane.

    E = dA p / (8 pi N M) sum_{k != 0} |F_k|^2 / k, with F the unnormalised transform of Bz, p the pixel's side and k in
    rad per pixel. A patch with net flux is biased low: the field of a monopole does not fit into a periodic box.

    Parameters
    ----------
    bz : array or Tensor, shape (..., y, x)
        Vertical field [G]; NaN counts as zero.
    pixel : float
        Side of a pixel [cm].
    pad : int
        Factor by which each side is extended with zeros; 1 for periodic fields.

    Returns
    -------
    array or Tensor, shape (...)
        Energy [erg].
    """
    spectrum, kx, ky = _transform(bz, pad)
    k = torch.hypot(kx, ky)
    k[0, 0] = torch.inf  # the mean field has no finite energy in an infinite half-space; it is left out
    power = (spectrum.real**2 + spectrum.imag**2) / k
    nx = bz.shape[-1] * pad
    # The half spectrum stands for both signs of kx, but its first (and for even nx last) column has no mirror image.
    last = power[..., -1] if nx % 2 == 0 else torch.zeros_like(power[..., -1])
    total = 2 * power.sum((-2, -1)) - (power[..., 0] + last).sum(-1)
    return total * pixel**3 / (8 * math.pi * bz.shape[-2] * pad * nx)
