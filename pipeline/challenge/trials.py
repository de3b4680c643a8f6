"""One plant tried: what moved, what was found. Kept as a small table, so that an interrupted challenge goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.challenge.chain import Trial, probabilities
from sunproof.pipeline.receipts import replacing

__all__ = ["kept", "moved", "table"]


def moved(trial: Trial, clean: Trial) -> NDArray[np.float64]:
    """Largest change of a probability of C1.0 or M1.0 in the first window, shape (forecast,); NaN where none is left.

    Probabilities of X flares are so small that hardly any fault moves one by 0.2.
    """
    before, after = probabilities(clean), probabilities(trial)
    names = [name for name in ("C1.0", "M1.0") if name in before] or list(before)
    return np.asarray(np.max([np.abs(after[name] - before[name]) for name in names], axis=0))


def table(trial: Trial, change: NDArray[np.float64], severity: NDArray[np.float64]) -> xr.Dataset:
    """Put together what the scores need to know of a trial."""
    forecasts, findings = trial.forecasts, trial.findings
    columns: dict[str, Any] = {
        "moved": ("forecast", change),
        "severity": ("forecast", severity),
        "verdict": ("forecast", trial.verdict.astype(str)),
        "status": ("forecast", forecasts["status"].values.astype(str)),
        "region": ("forecast", forecasts["harpnum"].values),
        "probability": ("forecast", next(iter(probabilities(trial).values()))),
        "referee": ("forecast", forecasts["probability_wheatland"].values[:, 0, 0]),
        "outcome": (("check", "forecast"), findings["outcome"].values),
        "value": (("check", "forecast"), findings["value"].values),
        "limit": (("check", "forecast"), findings["limit"].values),
        "check": ("check", findings["check"].values.astype(str)),
    }
    told = {"limits_version": findings.attrs["limits_version"], "simulated": int(forecasts.attrs.get("simulated", 0))}
    return xr.Dataset(columns, attrs=told)


def kept(path: Path, make: Callable[[], xr.Dataset]) -> xr.Dataset:
    """Read a table of a run before this one, or make and write it."""
    if not path.exists():
        made = make()
        with replacing(path) as partial:
            made.to_netcdf(partial, engine="h5netcdf")
    return xr.load_dataset(path, engine="h5netcdf")
