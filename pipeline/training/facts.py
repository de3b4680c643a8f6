"""Facts of a training run that the bundle keeps: blocks, base rates, skill on validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.verification.bootstrap import bootstrap_skill, interval, make_blocks
from sunproof.pipeline.verification.cases import region_key

if TYPE_CHECKING:
    from sunproof.pipeline.training.config import TrainConfig

__all__ = ["block_facts", "running", "scores", "setting"]

# Enough for the ends of a 95 % interval.
_RESAMPLES = 1000


def block_facts(samples: xr.Dataset, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return samples, regions, first and last issue time, and cadence (h; None for a single time) of a block."""
    chosen = samples.isel(sample=rows)
    times = np.unique(chosen["issue_time"].to_numpy().astype("datetime64[s]"))
    steps = np.diff(times).astype(float) / 3600
    return {
        "samples": len(rows),
        "regions": len(np.unique(region_key(chosen))),
        "first": str(times.min()),
        "last": str(times.max()),
        "cadence_hours": float(np.median(steps)) if steps.size else None,
    }


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


def running(config: TrainConfig) -> dict[str, Any]:
    """List what decides the weights beside data and code: the configuration, and whether kernels are deterministic."""
    # paths decide nothing: the same training elsewhere is the same bundle
    told = config.model_dump(mode="json", exclude={"archive", "samples", "output"})
    if config.optimiser.physics.auxiliary is None:
        # what a model does not have leaves no trace in its bundle
        del told["optimiser"]["physics"]["auxiliary"]
    if not config.model.encoders:
        del told["model"]["encoders"]
    return {
        "config": told,
        "seeds": list(config.seeds),
        # a few operations have no deterministic kernel on a GPU
        "deterministic": config.trainer.deterministic and config.trainer.accelerator == "cpu",
        "threads": config.trainer.threads,
    }


def scores(
    probability: NDArray[np.float64],
    events: NDArray[np.floating],
    training: NDArray[np.floating],
    architecture: Mapping[str, Any],
    regions: NDArray[np.int64],
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
    regions : ndarray of int, shape (sample,)
        Region of each validation sample: whole regions are resampled for the intervals.

    Returns
    -------
    list of dict
        One a threshold and window: ``threshold``, ``window``, ``base_rate``, ``validation_rate``, ``brier_skill`` and
        its 95 % ``interval``; None where nothing is known or nothing happened.
    """
    rows = []
    for i, threshold in enumerate(architecture["thresholds"]):
        for j, window in enumerate(architecture["windows"]):
            base, rate = _mean(training[:, i, j]), _mean(events[:, i, j])
            skill, ends = None, None
            # without an event the reference is nearly perfect, and a ratio to it means nothing
            if base is not None and rate:
                skill, ends = _skill(probability[:, i, j], base, events[:, i, j], regions)
            rows.append(
                {
                    "threshold": threshold,
                    "window": window,
                    "base_rate": base,
                    "validation_rate": rate,
                    "brier_skill": skill,
                    "interval": ends,
                }
            )
    return rows


def _skill(
    probability: NDArray[np.float64], base: float, event: NDArray[np.floating], regions: NDArray[np.int64]
) -> tuple[float, list[float] | None]:
    known = np.isfinite(event)
    blocks = make_blocks(regions[known], _RESAMPLES, seed=0)
    shown, happened = probability[known], event[known].astype(np.float64)
    found = interval(bootstrap_skill(blocks, shown, np.full(len(shown), base), happened))
    return found.value, None if np.isnan(found.low) else [found.low, found.high]


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)].astype(float)
    return float(known.mean()) if known.size else None
