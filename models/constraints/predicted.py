"""The flare that a forecast predicts, and the energy it takes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Limits
from sunproof.models.constraints.views import Floats, Probabilities, printed_share
from sunproof.models.physics.rates import OPERATIONAL_FACTOR

__all__ = ["needed_energy", "operational_flux", "predicted_flux"]


def predicted_flux(batch: xr.Dataset) -> Floats:
    """Peak flux that a forecast predicts: the issued median, else the highest class with P > 0.5; NaN where neither."""
    if {"flux_quantile", "quantile"} <= set(batch.variables):
        level = np.asarray(batch["quantile"].values, np.float64)
        if (level == 0.5).any():
            medians = np.asarray(batch["flux_quantile"].values, np.float64)[:, :, np.argmax(level == 0.5)]
            # A median that is missing in one window says nothing against that of another.
            return np.asarray(np.where(np.isnan(medians), -np.inf, medians).max(axis=1, initial=-np.inf), np.float64)
    cumulative = Probabilities(batch).cumulative
    if cumulative is None:
        return np.full(batch.sizes["forecast"], np.nan)
    likely = (cumulative > 0.5).any(axis=2)
    flux = np.where(likely, np.asarray(batch["threshold_flux"].values, np.float64), -np.inf).max(axis=1)
    return np.where(np.isfinite(flux), flux, np.nan)


def operational_flux(batch: xr.Dataset, flux: Floats) -> Floats:
    """Flux on the scale of GOES 8-15, on which the energies were fitted; of an unknown scale the smaller flux."""
    printed = printed_share(batch)
    return np.asarray(flux * OPERATIONAL_FACTOR / np.where(np.isnan(printed), 1.0, printed))


def needed_energy(batch: xr.Dataset, limits: Limits) -> Floats:
    """Energy in erg that the predicted flare radiates, less the scatter; NaN where no flare is predicted."""
    # The energies are shared with the forecast head, which needs torch; nothing else here does.
    from sunproof.models.physics.energy import bolometric_energy

    flux = predicted_flux(batch)
    flux = np.where(np.isfinite(flux), flux, np.nan)
    return np.asarray(bolometric_energy(operational_flux(batch, flux)) * 10 ** -limits["scatter_dex"])
