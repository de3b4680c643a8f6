"""What was found of what was planted, at how many false rejects, with intervals over regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.rule import Rule
from sunproof.pipeline.verification.bootstrap import interval, make_blocks

__all__ = ["INPUT", "plant_row", "pooled", "separation"]

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

INPUT = (
    "spoilt records",
    "copied records",
    "missing records",
    "wrong scale",
    "wrong identity",
    "wrong time",
    "unphysical Sun",
    "image of something else",
    "turned image",
    "spoilt image",
    "wrong brightness",
    "X-ray flux",
    "vector field",
)


def found(trial: xr.Dataset) -> Mask:
    """Forecasts that the gate does not accept."""
    return np.asarray(trial["verdict"].values.astype(str) != "ACCEPT")


def rejected(trial: xr.Dataset) -> Mask:
    """Forecasts that the gate withholds."""
    return np.isin(trial["verdict"].values.astype(str), ("REJECT", "NO_FORECAST"))


def harmed(trial: xr.Dataset, config: ChallengeConfig) -> Mask:
    """Forecasts that the fault moved. One that is not issued any more was taken away by it."""
    moved = trial["moved"].values
    # a forecast that was taken away has no probability that could have moved
    return np.asarray((moved > config.harm) | (np.isnan(moved) & (trial["status"].values.astype(str) == "NO_FORECAST")))


def plant_row(
    name: str, family: str, expected: str, trial: xr.Dataset, rule: Rule, config: ChallengeConfig
) -> dict[str, Any]:
    """Score one plant.

    Returns
    -------
    dict
        ``harm`` (share of forecasts moved), ``potent``; ``found`` and ``rejected`` by the gate of the harmed (of all,
        for good cases) with interval over regions; ``at_5``: by the rule; ``found_all``, ``found_harmless``; the
        ``baselines``; ``severities``: severity -> [share harmed, share of the harmed found].
    """
    bad = harmed(trial, config)
    # of a plant that harmed nobody all are told, so that the row has numbers; it is not potent, and pools with none
    counted = np.ones(len(bad), bool) if expected == "accepted" or not bad.any() else bad
    alarms = rule.alarms(trial)
    quiet = trial["moved"].values < config.harmless
    grades = trial["severity"].values
    return {
        "plant": name,
        "family": family,
        "expected": expected,
        "forecasts": len(bad),
        "harm": float(bad.mean()),
        "harmed": int(bad.sum()),
        "potent": bool(expected == "rejected" and bad.mean() >= config.potent),
        "found": _share(found(trial), counted, trial, config),
        "rejected": _share(rejected(trial), counted, trial, config),
        "at_5": _share(alarms["checks"], counted, trial, config),
        "found_all": float(found(trial).mean()),
        "rejected_all": float(rejected(trial).mean()),
        "found_harmless": float(found(trial)[quiet].mean()) if quiet.any() else float("nan"),
        "baselines": {key: float(alarms[key][counted].mean()) for key in ("confidence", "referee")},
        "severities": {
            f"{grade:g}": [float(bad[grades == grade].mean()), _mean(found(trial)[bad & (grades == grade)])]
            for grade in np.unique(grades)
        },
    }


def _mean(values: Mask) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _share(alarm: Mask, counted: Mask, trial: xr.Dataset, config: ChallengeConfig) -> dict[str, float]:
    """Share with its 95 % interval; regions are resampled."""
    # regions, not forecasts: those of one region are found or missed together
    blocks = make_blocks(trial["region"].values.astype(np.int64), config.resamples, 0)
    sums = blocks.sums(np.stack([(alarm & counted), counted], axis=1).astype(float))
    shares = np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)
    ends = interval(shares)
    # all or none found leaves no spread to resample: Wilson's bound on as many regions
    if np.isnan(ends.low):
        size = len(np.unique(trial["region"].values[counted]))
        return {"value": ends.value, **_wilson(ends.value, size)}
    return {"value": ends.value, "low": ends.low, "high": ends.high}


def _wilson(share: float, size: int) -> dict[str, float]:
    if not size or np.isnan(share):
        return {"low": float("nan"), "high": float("nan")}
    z2 = 1.96**2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = 1.96 / (1 + z2 / size) * np.sqrt(share * (1 - share) / size + z2 / (4 * size**2))
    return {"low": float(max(0, middle - half)), "high": float(min(1, middle + half))}


def pooled(rows: Sequence[Mapping[str, Any]], families: Sequence[str]) -> dict[str, float]:
    """Pool the potent plants of some families: detection of all their harmed forecasts together."""
    chosen = [row for row in rows if row["potent"] and row["family"] in families]
    weight = np.array([row["harmed"] for row in chosen], float)
    result: dict[str, Any] = {"plants": len(chosen)}
    for name in ("found", "rejected", "at_5"):
        values = np.array([row[name]["value"] for row in chosen])
        result[name] = float((values * weight).sum() / weight.sum()) if len(chosen) else float("nan")
    for name in ("confidence", "referee"):
        values = np.array([row["baselines"][name] for row in chosen])
        result[name] = float((values * weight).sum() / weight.sum()) if len(chosen) else float("nan")
    return result


def separation(trial: xr.Dataset, good: xr.Dataset, signs: Floats) -> Floats:
    """Area under the ROC curve of each check's measure, harmed forecasts of a plant against good ones.

    Parameters
    ----------
    trial, good : xarray.Dataset
        The first holds the forecasts that count.
    signs : ndarray, shape (check,)
        +1 where large values are suspicious, -1 where small ones are.

    Returns
    -------
    ndarray, shape (check,)
        0.5 for no separation; a forecast that a check cannot judge is one that it does not tell apart.
    """
    from scipy.stats import rankdata

    result = np.full(len(signs), 0.5)
    for check, sign in enumerate(signs):
        parts = [sign * (table["value"].values[check] - table["limit"].values[check]) for table in (trial, good)]
        sides = [values[np.isfinite(values)] for values in parts]
        if all(len(values) for values in sides):
            ranks = rankdata(np.concatenate(sides))
            number = len(sides[0])
            area = (ranks[:number].sum() - number * (number + 1) / 2) / (number * len(sides[1]))
            # what a check does not judge it cannot tell apart: those count as chance
            judged = len(sides[0]) / len(parts[0]) * len(sides[1]) / len(parts[1])
            result[check] = 0.5 + (area - 0.5) * judged
    return result


def directions(trials: Sequence[xr.Dataset]) -> Floats:
    """On which side of its limit each check takes offence, read off every offence there is, if it but informs."""
    total = np.zeros(trials[0].sizes["check"])
    for trial in trials:
        with np.errstate(invalid="ignore"):
            # a check that is broken above its limit and one broken below are brought to one side
            side = np.sign(trial["value"].values - trial["limit"].values)
        total += np.nansum(np.where(trial["outcome"].values >= Outcome.INFO, side, 0), axis=1)
    return np.where(total < 0, -1.0, 1.0)
