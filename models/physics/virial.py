"""Magnetic energy from the boundary alone: the virial theorem, its force-free gate and its dependence on the origin.

E = 1/(4 pi) int (x Bx + y By) Bz dA holds for a field that is force-free above the plane and isolated (Low 1982;
Klimchuk et al. 1992). Where the photosphere is not force-free the value depends on the origin, so it is a range.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sunproof.models.physics.arrays import array_or_tensor

__all__ = ["Virial", "virial_energy"]


class Virial(NamedTuple):
    """Virial energy of a patch.

    Attributes
    ----------
    energy : shape (...)
        With the patch centre as origin [erg].
    lowest, highest : shape (...)
        Over all origins inside the patch [erg].
    net_force : shape (...)
        Largest of |Fx|, |Fy|, |Fz| over F0; force-free enough up to 0.1 (Metcalf et al. 1995, ApJ 439, 474).
    """

    energy: Tensor
    lowest: Tensor
    highest: Tensor
    net_force: Tensor


@array_or_tensor
def virial_energy(bx: Tensor, by: Tensor, bz: Tensor, pixel: float) -> Virial:
    """Virial energy, its range over origins, and how far the boundary is from force-free.

    Parameters
    ----------
    bx, by, bz : array or Tensor, shape (..., y, x)
        Field towards west, north and up [G]; NaN counts as zero. For SHARP patches: Bp, -Bt, Br.
    pixel : float
        Side of a pixel [cm].

    Returns
    -------
    Virial
        Energies [erg] and the force ratio.
    """
    bx, by, bz = (torch.nan_to_num(field) for field in (bx, by, bz))
    ny, nx = bz.shape[-2:]
    area = pixel**2
    # about the patch's centre, from where both corners are equally far
    x = (torch.arange(nx, dtype=bz.dtype, device=bz.device) - (nx - 1) / 2) * pixel
    y = (torch.arange(ny, dtype=bz.dtype, device=bz.device) - (ny - 1) / 2)[:, None] * pixel
    energy = ((x * bx + y * by) * bz).sum((-2, -1)) * area / (4 * math.pi)
    force_x = (bx * bz).sum((-2, -1)) * area / (4 * math.pi)
    force_y = (by * bz).sum((-2, -1)) * area / (4 * math.pi)
    horizontal, vertical = bx**2 + by**2, bz**2
    force_z = (vertical - horizontal).sum((-2, -1)) * area / (8 * math.pi)
    pressure = (vertical + horizontal).sum((-2, -1)) * area / (8 * math.pi)
    # E(x0, y0) = E(0, 0) - x0 Fx - y0 Fy exactly, so the extremes lie in the corners.
    spread = (nx - 1) / 2 * pixel * force_x.abs() + (ny - 1) / 2 * pixel * force_y.abs()
    net = torch.stack([force_x.abs(), force_y.abs(), force_z.abs()]).amax(0) / pressure
    return Virial(energy, energy - spread, energy + spread, net)
