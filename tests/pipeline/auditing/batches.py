"""Hand-made batches and checks for the tests of the audit."""

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.forecasting.contract import new_forecasts
from sunproof.pipeline.vocabulary import describe

CLASSES = ("C1.0", "M1.0", "X1.0")
NOT_EXPLAINED = '{"reason":"not among the forecasts chosen","status":"not explained"}'
WINDOWS = (24.0, 48.0, 72.0)
# One region's plausible probabilities; forecasts of a batch are shades of it.
SHAPE = np.array([[0.40, 0.55, 0.62], [0.08, 0.14, 0.18], [0.008, 0.014, 0.018]])


def batch(size: int = 6, **changes) -> xr.Dataset:
    """A coherent batch: one region a slot every 6 hours, with baselines and a few evidence variables."""
    start = np.datetime64("2014-10-20", "ns") + np.arange(size) * np.timedelta64(6, "h")
    scale = np.linspace(0.2, 1.5, size)[:, None, None]
    probability = SHAPE * scale
    row = ("forecast",)
    cube = ("forecast", "threshold", "window")
    variables = {
        "probability": (cube, probability),
        "probability_regression": (cube, probability * 0.9),
        "probability_climatology": (cube, np.broadcast_to(SHAPE * 0.5, probability.shape).copy()),
        "issue_time": (row, start),
        "data_cutoff": (row, start),
        "window_start": (row, start),
        "entity": (row, np.full(size, "region", dtype=object)),
        "harpnum": (row, np.full(size, 4698)),
        "noaa_ar": (row, np.full(size, 12192)),
        "status": (row, np.full(size, "ISSUED", dtype=object)),
        "status_reason": (row, np.full(size, "", dtype=object)),
        "usflux": (row, np.linspace(1e22, 1.5e23, size)),
        "r_value": (row, np.full(size, 5.1)),
        "mcintosh": (row, np.full(size, "FKC", dtype=object)),
    } | changes
    semantics = {"classes": "cumulative", "windows": "nested", "goes_scale": "operational"}
    return new_forecasts(variables, CLASSES, WINDOWS, semantics, model="deep model", simulated=0)


def check(
    name: str, outcomes: list[Outcome], reference_size: int = 0, reason: str = "because", unit: str = ""
) -> Check:
    """A check that gives the outcomes it is told to."""
    wanted = np.array(outcomes, np.int8)

    def give(dataset: xr.Dataset, limits: Limits) -> Finding:
        blank = wanted == Outcome.NOT_EVALUABLE
        value = np.where(blank, np.nan, 0.5)
        return Finding(wanted, value, np.where(blank, np.nan, 0.25), (wanted != 0).astype(np.int16), ("", reason))

    texts = ("statement", "equation", unit, "reference", "12 flares", reference_size, Outcome.INVALID, "prerequisites")
    return Check(name, f"name of {name}", *texts, (), give)


def findings(dataset: xr.Dataset, *checks: Check) -> xr.Dataset:
    return evaluate(dataset, checks)


def with_fit(forecasts: xr.Dataset, beyond: dict[int, tuple[int, int, float]], cause: str = "") -> xr.Dataset:
    """Add what the referee was fitted to; forecast -> (threshold, window, logit beyond), and the cause there."""
    far = np.zeros(forecasts["probability"].shape)
    causes = np.full(len(far), "", dtype=object)
    for row, (threshold, window, value) in beyond.items():
        far[row, threshold, window], causes[row] = value, cause
    # of regions, and half as much of the full disk
    share = np.array([1.0, 0.5])[:, None, None]
    by_class = {"events": (900.0, 100.0, 7.0), "flaring": (80.0, 20.0, 4.0), "samples": (5000.0,) * 3}
    shared = {name: share * np.array(values)[None, :, None] * np.ones((1, 1, 3)) for name, values in by_class.items()}
    shared |= {"lowest": np.full((2, 3, 3), -9.0), "highest": np.full((2, 3, 3), 1.0)}
    fitted = {f"regression_{name}": (("fitted", "threshold", "window"), values) for name, values in shared.items()}
    rows = {"regression_beyond": (forecasts["probability"].dims, far), "regression_cause": (("forecast",), causes)}
    return describe(forecasts.assign(fitted | rows))
