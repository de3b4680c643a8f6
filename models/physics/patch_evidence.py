"""Everything the checks want to know of one vector magnetogram patch, under vocabulary names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.physics.effective_field import effective_field
from sunproof.models.physics.inversion_line import inversion_line, inversion_line_length
from sunproof.models.physics.potential_field import potential_energy
from sunproof.models.physics.sharp_keywords import PatchGeometry, sharp_keywords
from sunproof.models.physics.virial import virial_energy

__all__ = ["SEGMENTS", "patch_evidence"]

SEGMENTS = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")

_FORCE_FREE = 0.1  # net force over magnetic pressure force (Metcalf et al. 1995, ApJ 439, 474)


def patch_evidence(segments: Mapping[str, NDArray[Any]], scale: PatchGeometry) -> dict[str, float]:
    """Recompute keywords and energies of one patch.

    Parameters
    ----------
    segments : mapping
        `SEGMENTS` -> array of shape (y, x): field [G] up, south, west and along the line of sight, masks as delivered.
    scale : PatchGeometry
        The patch's scale.

    Returns
    -------
    dict
        ``recomputed_*`` for the 16 keywords and ``cmask``, ``r_value_computed``, ``meanshr_potential`` and
        ``totpot_potential`` against the true potential field, ``potential_energy``, ``virial_energy`` with its range
        over origins, ``net_force``, ``free_energy``, ``effective_field``, ``flux_imbalance``,
        ``inversion_line_length``, ``inversion_line_area``, ``patch_missing``, ``patch_span``. ``free_energy`` is NaN
        where the field is not force-free or the virial energy falls below the potential energy for some origin: then
        the theorem does not hold, and nothing is known.

    Raises
    ------
    KeyError
        If a segment is missing.
    """
    br, bt, bp, conf, bitmap, blos = (_double(segments[name]) for name in SEGMENTS)
    found = sharp_keywords(br, bt, bp, conf, bitmap, scale, blos=blos)
    r_value = float(found.pop("r_value"))
    found.pop("meanalp")
    true = sharp_keywords(br, bt, bp, conf, bitmap, scale, potential="potential field")
    centimetres, megametres = 100 * scale.metres, scale.metres / 1e6
    potential = float(potential_energy(br, centimetres))
    virial = virial_energy(bp, -bt, br, centimetres)
    free = float(virial.lowest) - potential
    # The virial theorem is of force-free boundaries; less energy than the potential field's shows that this is none.
    known = free >= 0 and float(virial.net_force) <= _FORCE_FREE
    return {
        **{f"recomputed_{name}": float(value) for name, value in found.items()},
        "r_value_computed": r_value,
        "meanshr_potential": float(true["meanshr"]),
        "totpot_potential": float(true["totpot"]),
        "potential_energy": potential,
        "virial_energy": float(virial.energy),
        "virial_energy_low": float(virial.lowest),
        "virial_energy_high": float(virial.highest),
        "net_force": float(virial.net_force),
        "free_energy": free if known else math.nan,
        "effective_field": effective_field(br.numpy(), centimetres),
        "flux_imbalance": float(br.nansum().abs() / br.abs().nansum()),
        "inversion_line_length": float(inversion_line_length(br, megametres)),
        "inversion_line_area": int(inversion_line(br).sum()) * megametres**2,
        "patch_missing": float(br.isnan().double().mean()),
        "patch_span": max(br.shape) * scale.cdelt1,
    }


def _double(array: NDArray[Any]) -> torch.Tensor:
    # Sums over a quarter of a million pixels: float32 would lose the digits that the header has.
    return torch.from_numpy(np.array(array, dtype=np.float64))
