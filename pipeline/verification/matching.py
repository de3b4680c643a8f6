"""Which forecast belongs to which sample: the same region (or the disk) at the same issue time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.verification.cases import region_key

__all__ = ["Match", "match"]


@dataclass(frozen=True)
class Match:
    """Rows that belong together.

    Parameters
    ----------
    forecast, sample : array of int, shape (pair,)
        Row numbers in the forecasts and in the samples, in the samples' order.
    unlabelled : int
        Forecasts that no sample answers: nobody knows what happened.
    silent : int
        Of the pairs, those whose forecast is NO_FORECAST.
    """

    forecast: NDArray[np.intp]
    sample: NDArray[np.intp]
    unlabelled: int
    silent: int


def match(forecasts: xr.Dataset, samples: xr.Dataset, where: str) -> Match:
    """Match forecasts to samples by region, entity and start of the windows.

    Parameters
    ----------
    forecasts, samples : xarray.Dataset
        As in docs/architecture.md.
    where : str
        Name of the forecasts, for messages.

    Returns
    -------
    Match

    Raises
    ------
    InputError
        If their Sun, semantics, thresholds or windows differ, slots repeat, or nothing matches.
    """
    _check_semantics(forecasts, samples, where)
    left, right = _keys(forecasts), _keys(samples)
    for name, keys in (("forecasts", left), ("samples", right)):
        if keys.duplicated().any():
            row = int(np.flatnonzero(keys.duplicated())[0])
            slot = dict(zip(keys.columns, map(str, keys.iloc[row]), strict=True))
            raise InputError(
                Problem(f"a slot appears twice in the {name}", f"{where}, row {row}", slot, "each slot once")
            )
    pairs = left.assign(forecast=range(len(left))).merge(right.assign(sample=range(len(right))), sort=False)
    if pairs.empty:
        got = f"{len(left)} forecasts, {len(right)} samples"
        raise InputError(Problem("no forecast belongs to a sample", where, got, "the same regions and issue times"))
    # in the order of the samples, so that both sides are picked alike
    pairs = pairs.sort_values("sample")
    forecast, sample = (pairs[name].to_numpy(np.intp) for name in ("forecast", "sample"))
    silent = forecasts["status"].to_numpy().astype(str)[forecast] == "NO_FORECAST"
    return Match(forecast, sample, len(left) - len(pairs), int(silent.sum()))


def _keys(dataset: xr.Dataset) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": region_key(dataset),
            "entity": dataset["entity"].to_numpy().astype(str),
            # by the start of the windows: forecasts of another latency mean the same flares
            "window_start": dataset["window_start"].to_numpy().astype("datetime64[ns]"),
        }
    )


def _check_semantics(forecasts: xr.Dataset, samples: xr.Dataset, where: str) -> None:
    """Only like is scored against like: >= M1.0 is not M1.0 to M9.9, and scales differ by 0.7."""
    problems = ProblemList(where, InputError)
    # rows of the full disk have their time alone: they would find those of any Sun
    ours, theirs = ("simulated" if one.attrs.get("simulated", 0) else "real" for one in (forecasts, samples))
    if ours != theirs:
        problems.add("another Sun than the labels'", "simulated", ours, theirs, "Give labels of the same archive.")
    for name in ("classes", "windows", "goes_scale"):
        if forecasts.attrs.get(name) != samples.attrs.get(name):
            problems.add(
                "semantics differ from the labels'", name, forecasts.attrs.get(name), str(samples.attrs.get(name))
            )
    for name in ("threshold", "window"):
        own, labelled = forecasts[name].to_numpy().tolist(), samples[name].to_numpy().tolist()
        if own != labelled:
            problems.add(f"{name}s differ from the labels'", name, own, str(labelled), "Label with the same ones.")
    problems.check()
