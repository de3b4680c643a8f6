"""The forecast contract: what a batch of forecasts holds, ours or somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.vocabulary import THRESHOLDS, describe

__all__ = ["SEMANTICS", "Semantics", "check_forecasts", "new_forecasts"]

# What must be declared before probabilities mean anything; "unknown" is an answer, absence is not.
SEMANTICS: dict[str, tuple[str, ...]] = {
    "classes": ("cumulative", "exclusive", "unknown"),
    "windows": ("nested", "disjoint", "unknown"),
    "goes_scale": ("operational", "science", "unknown"),
}
Semantics = dict[Literal["classes", "windows", "goes_scale"], str]

_REQUIRED = {
    "probability": ("forecast", "threshold", "window"),
    "issue_time": ("forecast",),
    "data_cutoff": ("forecast",),
    "window_start": ("forecast",),
    "entity": ("forecast",),
    "harpnum": ("forecast",),
    "noaa_ar": ("forecast",),
    "status": ("forecast",),
    "status_reason": ("forecast",),
}


def new_forecasts(
    variables: Mapping[str, tuple[tuple[str, ...], Any]],
    thresholds: tuple[str, ...],
    windows: tuple[float, ...],
    semantics: Semantics,
    **attributes: Any,
) -> xr.Dataset:
    """Build a batch of forecasts and check it.

    Parameters
    ----------
    variables : mapping
        Vocabulary name -> (dims, values). ``probability`` has dims (forecast, threshold, window).
    thresholds : tuple of str
        GOES classes, ascending, e.g. ``("C1.0", "M1.0", "X1.0")``.
    windows : tuple of float
        Window lengths in hours from ``window_start``, ascending (for disjoint windows: ends of the windows).
    semantics : dict
        ``classes``, ``windows``, ``goes_scale``; see `SEMANTICS`.
    **attributes
        Facts on the batch: ``model``, ``simulated``, ``probability_quantum`` (rounding step of the probabilities).

    Returns
    -------
    xarray.Dataset
        With vocabulary attributes, ``threshold`` and ``window`` coordinates and ``threshold_flux``.

    Raises
    ------
    InputError
        With everything that breaks the contract.
    """
    dataset = xr.Dataset(dict(variables), attrs={**semantics, **attributes})
    dataset = dataset.assign_coords(
        threshold=np.asarray(thresholds, dtype=object),
        window=np.asarray(windows, dtype=float),
        threshold_flux=("threshold", np.array([THRESHOLDS[name] for name in thresholds])),
    )
    return check_forecasts(describe(dataset), str(attributes.get("model", "forecasts")))


def check_forecasts(dataset: xr.Dataset, where: str) -> xr.Dataset:
    """Check the contract's shape: variables, dimensions, declared semantics, statuses with reasons.

    The values of probabilities are not judged here: that is what the checks of `sunproof.models.constraints` are for.

    Raises
    ------
    InputError
        With everything that breaks the contract.
    """
    problems = ProblemList(where, InputError)
    for name, dims in _REQUIRED.items():
        if name not in dataset.variables:
            problems.add("variable is missing", name, sorted(map(str, dataset.variables)), name)
        elif dataset[name].dims != dims:
            problems.add("wrong dimensions", name, dataset[name].dims, str(dims))
    for name, values in SEMANTICS.items():
        if dataset.attrs.get(name) not in values:
            got = dataset.attrs.get(name)
            problems.add("semantics not declared", f"attribute {name}", got, f"one of {', '.join(values)}")
    problems.check()
    # later checks read these variables: what is missing is told first
    silent = (dataset["status"] != "ISSUED") & (dataset["status_reason"] == "")
    if bool(silent.any()):
        wanted = "a reason wherever status is not ISSUED"
        problems.add("forecasts without a reason", "status_reason", int(silent.sum()), wanted)
    problems.check()
    return dataset
