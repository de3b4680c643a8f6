"""Whether the referee answers from what it was fitted to, or extrapolates: as marks and words beside its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.auditing.report.figures import percent, power

__all__ = ["EXTRAPOLATED", "FEW", "Fit", "extrapolates", "referee_fit"]

EXTRAPOLATED, FEW = "extrapolated", "few flares"
# Regions (days of the full disk) with a flare, below which a fit is told to be one of few; engineering default, as many
# as the model itself is asked to have flared before it is held against the referee (L1).
_LEAST = 10
# e-fold of the odds beyond which a factor is no number to read: 10^12.
_COUNTABLE = 27.6
_UNKNOWN = "The range of its fit is not known: these forecasts were made before it was kept."

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """What is to be told beside the referee's numbers.

    Parameters
    ----------
    marks : list of list of str
        By threshold and window: `EXTRAPOLATED`, `FEW` or nothing.
    words : list of str
        Sentences: where and why it extrapolates, and what it was fitted to.
    """

    marks: list[list[str]]
    words: list[str]


def extrapolates(certificate: Mapping[str, Any]) -> bool:
    """Whether any number of the referee is beyond what it was fitted to; False where that is not known."""
    held = certificate["evidence"].get("regression_beyond")
    return held is not None and bool(np.nan_to_num(_numbers(held)).any())


def referee_fit(certificate: Mapping[str, Any]) -> Fit | None:
    """Tell how the referee of a certificate stands to what it was fitted to.

    Parameters
    ----------
    certificate : mapping
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    Fit or None
        None where no referee stands beside the forecast.
    """
    table = certificate["baselines"].get("regression")
    if table is None or not np.isfinite(shown := np.array(table, float)).any():
        return None
    shared, beyond = certificate["facts"].get("shared", {}), certificate["evidence"].get("regression_beyond")
    if beyond is None or "regression_events" not in shared:
        return Fit([[""] * shown.shape[1] for _ in shown], [_UNKNOWN])
    entity = int(certificate["key"]["entity"] == "full_disk")
    fit = {name: _numbers(shared[f"regression_{name}"][1])[entity] for name in ("highest", "lowest", "samples")}
    counts = {name: _numbers(shared[f"regression_{name}"][1])[entity] for name in ("events", "flaring")}
    far = np.nan_to_num(_numbers(beyond))
    outside, few = _carried(far, shown), counts["flaring"] < _LEAST
    marks = np.where(outside, EXTRAPOLATED, np.where(few, FEW, "")).tolist()
    facts = certificate["facts"]
    words = _beyond(far, shown, fit, facts, str(certificate["evidence"].get("regression_cause") or ""))
    words.append(_fitted(fit["samples"], counts, facts, bool(entity)))
    return Fit(marks, words)


def _numbers(held: Any) -> Array:
    # decimal texts of a certificate; null is NaN
    return np.array(held, dtype=object).astype(float)


def _carried(far: Array, shown: Array) -> NDArray[np.bool_]:
    """Mark what is beyond, and what only repeats it: nesting carries a number over to the cells it bounds."""
    outside: NDArray[np.bool_] = far != 0
    for row, column in np.argwhere(far != 0):
        same = np.zeros_like(outside)
        same[row:, column:] = shown[row:, column:] == shown[row, column]
        outside = outside | same
    return outside


def _beyond(far: Array, shown: Array, fit: Mapping[str, Array], facts: Mapping[str, Any], cause: str) -> list[str]:
    """One sentence a class that is beyond, with the window that is furthest; then the input that takes it there."""
    told = []
    for row, threshold in enumerate(facts["thresholds"]):
        columns = np.flatnonzero(far[row])
        if not len(columns):
            continue
        worst = int(columns[np.argmax(np.abs(far[row, columns]))])
        windows = ", ".join(f"{float(facts['windows'][column]):g}" for column in columns)
        above = far[row, worst] > 0
        end = float(fit["highest" if above else "lowest"][row, worst])
        own, bound = percent(_share(end + far[row, worst])), percent(_share(end))
        # the rarer class and the longer window give way to those that bound them
        held = percent(shown[row, worst])
        nested = "" if held == own else f"; nested with the others, it is shown as {held}"
        side = "above the largest" if above else "below the smallest"
        span = f" ({float(facts['windows'][worst]):g} h)" if len(columns) > 1 else ""
        told.append(
            f"Extrapolated for {_sign(facts)}{threshold}, {windows} h: by itself it says {own}{span}, odds "
            f"{_factor(abs(far[row, worst]))} {side} it gave in training, {bound}{nested}."
        )
    return [*told, f"Furthest outside: {cause}."] if told and cause else told


def _fitted(samples: Array, counts: Mapping[str, Array], facts: Mapping[str, Any], disk: bool) -> str:
    """Count what the first window's regressions were fitted to."""
    what, group = ("times", "days") if disk else ("region-times", "regions")
    events = ", ".join(
        f"{_sign(facts)}{threshold} {_count(counts['events'][row, 0])} of {_count(counts['flaring'][row, 0])} {group}"
        + (" (few)" if counts["flaring"][row, 0] < _LEAST else "")
        for row, threshold in enumerate(facts["thresholds"])
    )
    whole, hours = _count(np.nanmax(samples)), float(facts["windows"][0])
    return f"Fitted to {whole} {what} of the training block; with a flare in {hours:g} h: {events}."


def _sign(facts: Mapping[str, Any]) -> str:
    return "≥ " if facts["forecasts"]["classes"] == "cumulative" else ""


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def _factor(far: float) -> str:
    """Odds as a factor."""
    if far > _COUNTABLE:
        return "over 10¹² times"
    factor = math.exp(far)
    return f"{factor:.2f} times" if factor < 10 else f"{factor:.0f} times" if factor < 1e4 else f"{power(factor)} times"


def _count(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"
