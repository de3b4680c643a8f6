"""Magnetic energy against flare energy: how large a flare a region can pay for.

Everything here errs on the generous side: the limit tapers the size distribution of the forecast head, and an honest
forecast must never be cut by the scatter of an empirical relation.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["available_energy", "bolometric_energy", "flux_limit", "flux_of_energy", "potential_energy_proxy"]

Array = TypeVar("Array", NDArray[np.floating], Tensor)

# E ~ B^2 L^3 with flux ~ B L^2 at fixed B gives E_pot ~ flux^1.5; anchored on HARP 377 (AR 11158, 2011-02-15), whose
# potential energy by FFT is 9e32 erg at a total unsigned flux of 2.7e22 Mx. One anchor: good to +-0.5 dex.
_ANCHOR_ENERGY, _ANCHOR_FLUX = 9.0e32, 2.7e22
# Fluence of SWPC events: log10(fluence / J m-2) = -1.110 + 0.993 log10(peak / 1e-4 W m-2), scatter 0.36 dex; times
# 4 pi AU^2 (2.812e23 m^2, 1e7 erg J-1), times 100 for all radiation over soft X-rays (Kretzschmar et al. 2010, Nat.
# Phys. 6, 690).
_ENERGY_X1 = 10**-1.110 * 2.812e23 * 1e7 * 100
_ENERGY_SLOPE = 0.993
# Free over potential energy is 1-25 % in some 400 M and X flares (Aschwanden et al. 2014, ApJ 797, 50): the upper end.
_FREE_FRACTION = 0.25
# Half a decade for the proxy's anchor and half a decade for the scatter of flare energies at one peak flux.
_MARGIN = 10.0
# Above the largest flare on record (SOL2003-11-04, 4.3e-3 W m-2: Hudson, Cliver et al. 2024).
_CEILING = 5.0e-3
# Regions emerge within the window, lie half behind the limb, or share their energy with a neighbour, so even the
# faintest may not be excluded from an X1.0 flare: an issued zero has an infinite log score, and no reference
# population supports it.
_FLOOR = 1.25e-4


def potential_energy_proxy(usflux: Array) -> Array:
    """Estimate the potential-field energy of a region from its total unsigned flux alone.

    Parameters
    ----------
    usflux : ndarray or Tensor
        Total unsigned flux, Mx.

    Returns
    -------
    ndarray or Tensor
        Energy, erg; NaN where ``usflux`` is NaN. Good to +-0.5 dex.
    """
    return _ANCHOR_ENERGY * (usflux / _ANCHOR_FLUX) ** 1.5


def bolometric_energy(peak_flux: Array) -> Array:
    """Radiated energy of a flare of this 0.1-0.8 nm peak flux (operational GOES scale).

    Parameters
    ----------
    peak_flux : ndarray or Tensor
        W m-2.

    Returns
    -------
    ndarray or Tensor
        Energy, erg; 0.36 dex scatter between flares. Without the energy of an ejection, which can equal it.
    """
    return _ENERGY_X1 * (peak_flux / 1e-4) ** _ENERGY_SLOPE


def flux_of_energy(energy: Array) -> Array:
    """Inverse of `bolometric_energy`: peak flux, W m-2, of a flare that radiates this many erg."""
    return 1e-4 * (energy / _ENERGY_X1) ** (1 / _ENERGY_SLOPE)


def available_energy(usflux: Array) -> Array:
    """Magnetic energy that one flare of the region may draw on, with all margins in the region's favour.

    Parameters
    ----------
    usflux : ndarray or Tensor
        Total unsigned flux, Mx.

    Returns
    -------
    ndarray or Tensor
        Energy, erg: a quarter of the potential energy, times ten for the scatter of both relations.
    """
    return potential_energy_proxy(usflux) * (_FREE_FRACTION * _MARGIN)


def flux_limit(usflux: Tensor) -> Tensor:
    """Largest peak flux that a region of this flux may reach, with all margins in the region's favour.

    Parameters
    ----------
    usflux : Tensor
        Total unsigned flux, Mx; NaN where unknown.

    Returns
    -------
    Tensor
        W m-2 between 1.25e-4 and 5e-3; 5e-3, the largest flare on record rounded up, where ``usflux`` is NaN.
    """
    # float64: an energy of 1e36 erg stays finite in float32, a further square on the way back would not
    limit = flux_of_energy(available_energy(usflux.double())).clamp(_FLOOR, _CEILING)
    return torch.where(torch.isnan(usflux), torch.full_like(limit, _CEILING), limit).to(usflux.dtype)
