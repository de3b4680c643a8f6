"""Facts of a training run that the bundle keeps: blocks, base rates, skill on validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

__all__ = ["block_facts", "scores", "setting"]


def block_facts(samples: xr.Dataset, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return number, first and last issue time of a block's samples."""
    times = samples["issue_time"].to_numpy()[rows].astype("datetime64[s]")
    return {"samples": len(rows), "first": str(times.min()), "last": str(times.max())}


def setting(samples: xr.Dataset, architecture: Mapping[str, Any]) -> dict[str, Any]:
    """List what stood fixed before training: the semantics of labels, inputs and outputs."""
    named = ("catalogue", "goes_scale", "unassigned", "classes", "windows", "flare_time")
    return {
        "thresholds": architecture["thresholds"],
        "windows": architecture["windows"],
        "modalities": list(architecture["modalities"]),
        "labels": {name: str(samples.attrs[name]) for name in named if name in samples.attrs},
        "simulated": bool(samples.attrs.get("simulated", 0)),
    }


def scores(
    probability: NDArray[np.float64],
    events: NDArray[np.floating],
    training: NDArray[np.floating],
    architecture: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Compute base rates, and the Brier skill on validation against the training base rate.

    Parameters
    ----------
    probability, events : ndarray, shape (sample, threshold, window)
        Calibrated forecasts and labels (1, 0, NaN) of the validation block.
    training : ndarray, shape (sample, threshold, window)
        Labels of the training block; their means are the pre-registered thresholds.
    architecture : mapping
        ``thresholds`` and ``windows``.

    Returns
    -------
    list of dict
        One a threshold and window: ``threshold``, ``window``, ``base_rate``, ``validation_rate``, ``brier_skill``; None
        where nothing is known or nothing happened.
    """
    rows = []
    for i, threshold in enumerate(architecture["thresholds"]):
        for j, window in enumerate(architecture["windows"]):
            base, rate = _mean(training[:, i, j]), _mean(events[:, i, j])
            skill = None
            # without an event the reference is nearly perfect, and a ratio to it means nothing
            if base is not None and rate:
                reference = np.nanmean((base - events[:, i, j]) ** 2)
                skill = float(1 - np.nanmean((probability[:, i, j] - events[:, i, j]) ** 2) / reference)
            rows.append(
                {
                    "threshold": threshold,
                    "window": window,
                    "base_rate": base,
                    "validation_rate": rate,
                    "brier_skill": skill,
                }
            )
    return rows


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)].astype(float)
    return float(known.mean()) if known.size else None
