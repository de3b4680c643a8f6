"""How near forecasts come to what could be known: their skill beside that of the true probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Ceiling", "skill_ceiling"]

_KEYS = ("harpnum", "noaa_ar", "issue_time")


class Ceiling(NamedTuple):
    """Brier skill over the training base rate on the same slots, one event.

    Parameters
    ----------
    threshold : str
    cases, events : int
        Labelled slots, and those with an event.
    model, truth : float
        Brier skill score of the forecasts and of the true probabilities; NaN without an event.
    """

    threshold: str
    cases: int
    events: int
    model: float
    truth: float


def skill_ceiling(forecasts: xr.Dataset, samples: xr.Dataset, truth: xr.Dataset, window: float = 24.0) -> list[Ceiling]:
    """Score region forecasts beside the truth, which no model can beat but by chance or by a leak.

    Parameters
    ----------
    forecasts, samples, truth : xarray.Dataset
        As written by ``sunproof forecast``, ``label`` and ``simulate``.
    window : float
        Hours.

    Returns
    -------
    list of Ceiling
        One for each threshold of the forecasts, over the slots that all three know.
    """
    keys = _index(forecasts)
    places = [_index(dataset).get_indexer(keys) for dataset in (samples, truth)]
    region = (forecasts["entity"].values == "region") & (places[0] >= 0) & (places[1] >= 0)
    # the truth on the very slots that the model was asked about
    rows, labelled, known = np.flatnonzero(region), places[0][region], places[1][region]
    train = (samples["block"].values == "train") & (samples["entity"].values == "region")
    found = []
    for threshold in map(str, forecasts["threshold"].values):
        event = samples["event"].sel(threshold=threshold, window=window).values
        outcome = event[labelled]
        judged = np.isfinite(outcome)
        issued, true = (
            dataset["probability"].sel(threshold=threshold, window=window).values[place][judged]
            for dataset, place in ((forecasts, rows), (truth, known))
        )
        base = float(np.nanmean(event[train]))
        outcome = outcome[judged]
        skills = [_skill(probability, outcome, base) for probability in (issued, true)]
        found.append(Ceiling(threshold, len(outcome), int(outcome.sum()), *skills))
    return found


def _index(dataset: xr.Dataset) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([dataset[name].values for name in _KEYS], names=_KEYS)


def _skill(probability: npt.NDArray[np.float64], outcome: npt.NDArray[np.float64], base: float) -> float:
    """Brier skill score against a constant probability; slots without a forecast are left out."""
    issued = np.isfinite(probability)
    if not outcome[issued].any():
        return float("nan")
    score = np.mean((probability[issued] - outcome[issued]) ** 2)
    return float(1.0 - score / np.mean((base - outcome[issued]) ** 2))
