"""A stream of forecasts: what is watched of each, and the activity of the Sun that it is conditional on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.verification.matching import match

__all__ = ["Stream", "make_stream", "read_stream"]

Array = NDArray[np.float64]

# Fields over areas: intensive, so that regions of all sizes are alike. Keyword -> power of the area it is divided by.
_PHYSICAL = {"usflux": 1, "meangbz": 0, "meangbt": 0, "meangbh": 0, "totusjz": 1, "totpot": 1, "meanshr": 0}
# Angles have no logarithm.
_PLAIN = ("meanshr",)
_CLASSES = ("C1.0", "M1.0")
_SUREST = 1e-4


@dataclass(frozen=True, eq=False)
class Stream:
    """Forecasts of regions in order of issue time.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (forecast,)
    quantities : dict
        Name -> values, shape (forecast,), NaN where unknown.
    activity : ndarray, shape (forecast, covariate)
        Place, size, spots and flares: what changes with the solar cycle, and comes from elsewhere than the
        magnetograph's gain (GOES, spots) except the area. NaN where unknown: no spots is not the same as no summary.
    """

    time: NDArray[np.datetime64]
    quantities: dict[str, Array]
    activity: Array

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.int64]) -> Stream:
        """Return some forecasts in the given order."""
        return Stream(
            self.time[rows], {name: values[rows] for name, values in self.quantities.items()}, self.activity[rows]
        )


def read_stream(paths: Sequence[Path], samples: Path | None = None, verdicts: Sequence[Path] = ()) -> Stream:
    """Read forecasts, with outcomes and verdicts where given.

    Parameters
    ----------
    paths : sequence of Path
        Forecast files.
    samples : Path, optional
        Labelled samples.
    verdicts : sequence of Path
        ``verdicts.csv`` of audits, one a forecast file; none if empty.

    Returns
    -------
    Stream

    Raises
    ------
    InputError
        If a file is not there or not readable, or if samples or verdicts are not those of the forecasts.
    """
    labels = open_netcdf(samples) if samples is not None else None
    parts = []
    for place, path in enumerate(paths):
        forecasts = check_forecasts(open_netcdf(path), str(path))
        event = None if labels is None else _outcomes(forecasts, labels, path)
        accepted = None
        if verdicts:
            accepted = _accepted(verdicts[place], forecasts, path)
        parts.append(make_stream(forecasts, event, accepted))
    # what one file lacks cannot be watched over all of them
    names = set.intersection(*(set(part.quantities) for part in parts))
    joined = Stream(
        np.concatenate([part.time for part in parts]),
        {name: np.concatenate([part.quantities[name] for part in parts]) for name in sorted(names)},
        np.concatenate([part.activity for part in parts]),
    )
    # stable: of one issue time the order of the files stays
    return joined.take(np.argsort(joined.time, kind="stable"))


def make_stream(forecasts: xr.Dataset, event: Array | None = None, accepted: NDArray[np.bool_] | None = None) -> Stream:
    """Take what is watched out of a batch.

    Parameters
    ----------
    forecasts : xarray.Dataset
        As in docs/architecture.md, with evidence.
    event : ndarray, shape (forecast, threshold, window), optional
        What happened; NaN where unknown.
    accepted : ndarray of bool, shape (forecast,), optional
        Verdict ACCEPT.

    Returns
    -------
    Stream
        Issued forecasts of regions, by issue time.
    """
    own = (forecasts["entity"].values == "region") & (forecasts["status"].values == "ISSUED")
    rows = np.flatnonzero(own)
    rows = rows[np.argsort(forecasts["issue_time"].values[rows], kind="stable")]
    found = _physical(forecasts, rows) | _scores(forecasts, rows)
    if accepted is not None:
        found["abstention rate"] = (~accepted[rows]).astype(float)
    if event is not None:
        probability = forecasts["probability"].values
        for name, place in _places(forecasts).items():
            # an outcome minus its probability has mean 0 while the model is calibrated, however active the Sun
            apart = event[rows, place, 0] - probability[rows, place, 0]
            found[f"outcome minus P({name}) rate"] = np.asarray(apart, float)
    return Stream(forecasts["issue_time"].values[rows], found, _activity(forecasts, rows))


def _accepted(path: Path, forecasts: xr.Dataset, of: Path) -> NDArray[np.bool_]:
    """Verdicts of an audit, one a forecast, in the forecasts' order."""
    try:
        table = pd.read_csv(path, usecols=["verdict", "harpnum", "issue_time"])
    except (OSError, ValueError) as error:
        raise InputError(Problem("no verdicts", str(path), str(error), "verdicts.csv of `sunproof audit`")) from error
    times = np.datetime_as_string(forecasts["issue_time"].values, unit="s")
    theirs = [f"{time}Z" for time in times], forecasts["harpnum"].values.tolist()
    # verdicts have no key of their own: number and order must be those of the forecasts
    if (table["issue_time"].tolist(), table["harpnum"].tolist()) != theirs:
        got, wanted = f"{len(table)} verdicts", f"the {len(times)} forecasts of {of}, in their order"
        raise InputError(Problem("verdicts of other forecasts", str(path), got, wanted, "Audit that file."))
    return np.asarray(table["verdict"] == "ACCEPT")


def _outcomes(forecasts: xr.Dataset, labels: xr.Dataset, path: Path) -> Array:
    pairs = match(forecasts, labels, str(path))
    event = np.full(forecasts["probability"].shape, np.nan)
    event[pairs.forecast] = labels["event"].transpose("sample", "threshold", "window").values[pairs.sample]
    return event


def _physical(forecasts: xr.Dataset, rows: NDArray[np.int64]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    area = _column(forecasts, "area_acr", rows)
    for name, power in _PHYSICAL.items():
        values: Array = np.asarray(_column(forecasts, name, rows) / np.where(area > 0, area, np.nan) ** power, float)
        found[f"{name} / area" if power else name] = values if name in _PLAIN else _log(values)
    if "domain_physical" in forecasts:
        found["domain, physical"] = _column(forecasts, "domain_physical", rows)
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


def _scores(forecasts: xr.Dataset, rows: NDArray[np.int64]) -> dict[str, Array]:
    found = {}
    for name, place in _places(forecasts).items():
        p = forecasts["probability"].values[rows, place, 0].astype(float)
        found[f"logit P({name})"] = _logit(p)
        # a model that leaves its referee drifts, though its own probabilities may look as before
        if "probability_regression" in forecasts:
            referee = forecasts["probability_regression"].values[rows, place, 0].astype(float)
            found[f"|P - referee| ({name})"] = _log(np.abs(p - referee) + _SUREST)
    return found


def _activity(forecasts: xr.Dataset, rows: NDArray[np.int64]) -> Array:
    time = forecasts["issue_time"].values
    slots, slot, number = np.unique(time[rows], return_inverse=True, return_counts=True)
    disk = np.flatnonzero(forecasts["entity"].values == "full_disk")
    of_disk = pd.Series(_column(forecasts, "flares_24h", disk), index=time[disk]).groupby(level=0).first()
    flares = of_disk.reindex(slots).to_numpy(float)[slot]
    # about one, as the other columns: one ridge holds them all; latitude squared alone, for hemispheres are alike
    longitude, latitude = (_column(forecasts, name, rows) / 60 for name in ("longitude", "latitude"))
    area, spots = (_column(forecasts, name, rows) for name in ("area_acr", "srs_area"))
    size = np.log1p(np.maximum(area, 0))
    columns = [longitude, longitude**2, latitude**2, size, size**2, np.log1p(spots)]
    columns += [np.log1p(_column(forecasts, name, rows)) for name in ("flares_24h", "history_events")]
    columns += [np.log(number[slot]), np.log1p(flares)]
    return np.stack(columns, axis=1).astype(np.float64)


def _places(forecasts: xr.Dataset) -> dict[str, int]:
    names = [str(name) for name in forecasts["threshold"].values]
    return {name: names.index(name) for name in _CLASSES if name in names}


def _column(forecasts: xr.Dataset, name: str, rows: NDArray[np.int64]) -> Array:
    if name not in forecasts:
        return np.full(len(rows), np.nan)
    return np.asarray(forecasts[name].values[rows], float)


def _log(values: Array) -> Array:
    return np.asarray(np.log(np.where(values > 0, values, np.nan)), float)


def _logit(p: Array) -> Array:
    # the logit of a probability of 0 would be infinite
    held = np.clip(p, _SUREST, 1 - _SUREST)
    return np.asarray(np.log(held / (1 - held)), float)
