"""Small batches for the tests of checks, and how a check is asked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.forecasting.contract import new_forecasts
from sunproof.pipeline.vocabulary import describe

CLASSES = ("C1.0", "M1.0", "X1.0")
WINDOWS = (24.0, 48.0, 72.0)
SEMANTICS = {"classes": "cumulative", "windows": "nested", "goes_scale": "operational"}


def batch(
    probability: Any,
    *,
    entity: str | list[str] = "region",
    when: str | list[str] = "2014-06-01T00:00",
    start: str | list[str] | None = None,
    status: str | list[str] = "ISSUED",
    thresholds: tuple[str, ...] = CLASSES,
    windows: tuple[float, ...] = WINDOWS,
    attrs: Mapping[str, Any] | None = None,
    **evidence: Any,
) -> xr.Dataset:
    """A batch from probabilities (forecast, threshold, window); evidence lies along forecast or is (dims, values)."""
    values = np.asarray(probability, float)
    size = len(values)

    def along(value: Any) -> tuple[tuple[str, ...], Any]:
        array = np.asarray(value)
        kind = object if array.dtype.kind == "U" else array.dtype
        return ("forecast",), np.broadcast_to(array.astype(kind), (size,)).copy()

    times = np.broadcast_to(np.asarray(when, "datetime64[ns]"), (size,)).copy()
    states = np.broadcast_to(np.asarray(status, object), (size,)).copy()
    variables = {
        "probability": (("forecast", "threshold", "window"), values),
        "issue_time": (("forecast",), times),
        "data_cutoff": (("forecast",), times.copy()),
        "window_start": (("forecast",), times.copy() if start is None else np.asarray(start, "datetime64[ns]")),
        "entity": along(entity),
        "harpnum": along(evidence.pop("harpnum", 377)),
        "noaa_ar": along(evidence.pop("noaa_ar", 11158)),
        "status": (("forecast",), states),
        "status_reason": (("forecast",), np.where(states == "ISSUED", "", "no input").astype(object)),
        **{name: value if isinstance(value, tuple) else along(value) for name, value in evidence.items()},
    }
    known = {name: value for name, value in variables.items() if name != "quantile"}
    made = new_forecasts(known, thresholds, windows, {**SEMANTICS}, model="test")
    made = made.assign_attrs(attrs or {})
    return describe(made.assign_coords(quantile=variables["quantile"])) if "quantile" in variables else made


def cells(c: float, m: float, x: float, growth: tuple[float, ...] = (1.0, 1.2, 1.3)) -> np.ndarray:
    """One forecast (threshold, window) whose windows grow by fixed factors, up to 1 unless it starts above."""
    first = np.array([[c], [m], [x]])
    return np.minimum(first * np.asarray(growth), np.maximum(first, 1.0))


def ask(check: str, made: xr.Dataset) -> tuple[list[Outcome], list[str]]:
    """Outcomes and reasons of one check on a batch."""
    found = evaluate(made, all_checks([check]))
    reasons = found.reason_text.values[found.reason.values[0]]
    return [Outcome(int(code)) for code in found.outcome.values[0]], [str(reason) for reason in reasons]
