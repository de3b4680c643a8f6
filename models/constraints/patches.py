"""Gates of everything that is computed from a vector magnetogram patch."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Limits
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Mask, column, is_region, text
from sunproof.models.physics.geometry import cosine_of_view, solar_tilt

__all__ = ["blank_other_records", "blank_unfit_patches", "fit_for_energy"]

_MINUTE = np.timedelta64(1, "m")


def blank_unfit_patches(batch: xr.Dataset, marks: Marks, limits: Limits) -> None:
    """Blank what has no potential-field energy, or one from a patch that is cut, gappy, too large or too oblique."""
    marks.blank(~is_region(batch), "the check is of regions, not of the full disk")
    marks.blank(np.isnan(column(batch, "potential_energy")), "no magnetogram of the region")
    mu = cosine_of_view(column(batch, "latitude"), column(batch, "longitude"), solar_tilt(batch["data_cutoff"].values))
    marks.blank(np.isnan(mu), "the position of the region is unknown")
    marks.blank(mu < limits["least_mu"], "the patch is more than 50 deg from disk centre")
    for name, words in _GATES.items():
        values = np.abs(column(batch, name))
        marks.blank(np.isnan(values), f"{name} of the patch is unknown")
        marks.blank(values > limits[name], words)


_GATES = {
    "flux_imbalance": "the patch is not balanced enough for a potential-field energy",
    "patch_missing": "more than 5 % of the patch has no field",
    "patch_span": "the patch is too large for a flat Sun",
}


def fit_for_energy(batch: xr.Dataset, limits: Limits) -> Mask:
    """Tell which potential-field energies no gate speaks against; an unknown gate does not, a failed one does."""
    fit = np.isfinite(column(batch, "potential_energy"))
    for name in _GATES:
        fit &= ~(np.abs(column(batch, name)) > limits[name])
    return np.asarray(fit)


def blank_other_records(batch: xr.Dataset, marks: Marks, limits: Limits) -> None:
    """Blank where keywords and magnetogram are not of one record of one processing."""
    own = np.char.find(text(batch, "keyword_source"), "RECOMPUTED") >= 0
    marks.blank(own, "the keywords were computed from a magnetogram themselves: agreeing with oneself is no test")
    apart = np.abs((_time(batch, "keyword_time") - _time(batch, "magnetogram_time")) / _MINUTE)
    marks.blank(np.isnan(apart), "the time of the keywords or of the magnetogram is unknown")
    marks.blank(apart > limits["minutes"], "keywords and magnetogram are of different records")
    one, other = text(batch, "keyword_series"), text(batch, "magnetogram_series")
    mixed = (one != "") & (other != "") & (one != other)
    marks.blank(mixed, "one of keywords and magnetogram is near-real-time, the other definitive")


def _time(batch: xr.Dataset, name: str) -> np.ndarray:
    if name not in batch.variables:
        return np.full(batch.sizes["forecast"], np.datetime64("NaT", "ns"))
    return np.asarray(batch[name].values)
