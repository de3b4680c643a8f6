"""The result of a challenge: every plant, every family, the worst, the false rejects, and the stated targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.rule import Rule, explained, fired
from sunproof.pipeline.challenge.scores import INPUT, directions, harmed, plant_row, pooled, separation

__all__ = ["summarise"]

Row = dict[str, Any]


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def statement(self) -> str: ...
    @property
    def expected(self) -> str: ...


def summarise(
    entries: Sequence[_Named], trials: Mapping[str, xr.Dataset], good: xr.Dataset, config: ChallengeConfig
) -> Row:
    """Score a challenge.

    Parameters
    ----------
    entries : sequence
        What was tried: ``name``, ``family``, ``statement``, ``expected``.
    trials : mapping
        Name -> trial.
    good : xarray.Dataset
        Good forecasts of another block: what the rule of 5 % is learnt from.
    config : ChallengeConfig

    Returns
    -------
    dict
        Plain values: ``rows`` (see `sunproof.pipeline.challenge.scores.plant_row`), ``families``, ``groups``,
        ``false`` (its ``kinds``: of forecasts as they come, explained or not), ``worst``, ``separation``, ``learned``,
        ``harm`` and ``potent`` of the configuration,
        ``unweighed`` (checks that object to something, but could judge too few good forecasts to have a rate).
    """
    # the level is learnt from other good forecasts than those that are counted
    rule = Rule.learn(good)
    rows = []
    for entry in entries:
        row = plant_row(entry.name, entry.family, entry.expected, trials[entry.name], rule, config)
        rows.append(row | {"statement": entry.statement})
    names = list(dict.fromkeys(row["family"] for row in rows if row["potent"]))
    families = {name: pooled(rows, [name]) for name in names}
    groups = {"input": pooled(rows, INPUT), "leak": pooled(rows, ["leak"]), "random": pooled(rows, ["random weights"])}
    potent = [row for row in rows if row["potent"]]
    worst = min(potent, key=lambda row: row["at_5"]["value"], default=None)
    result: Row = _plain(
        {
            "rows": rows,
            "families": families,
            "groups": groups,
            "false": _false(rows) | {"kinds": _kinds(rule, trials)},
            "unweighed": sorted({check for trial in trials.values() for check in rule.unweighed(trial)}),
            "worst": None if worst is None else {"plant": worst["plant"], "at_5": worst["at_5"]["value"]},
            "separation": _separation(rows, trials, good, config),
            "learned": _learned(rows, trials, good, config),
            "harm": config.harm,
            "potent": config.potent,
            "limits_version": good.attrs["limits_version"],
            "simulated": bool(good.attrs.get("simulated", 0)),
        }
    )
    return result


def _false(rows: Sequence[Row]) -> Row:
    """Share of good forecasts that are not accepted, withheld, or alarmed by the rule."""
    natural = next((row for row in rows if row["plant"] == "as they come"), None)
    hard = [row for row in rows if row["family"] == "hard but good"]
    result: Row = {}
    for name in ("found", "rejected", "at_5"):
        result[name] = None if natural is None else natural[name]["value"]
        values = [row[name]["value"] for row in hard]
        result[f"hard_{name}"] = float(np.mean(values)) if values else None
        result[f"hard_{name}_worst"] = float(np.max(values)) if values else None
    result["hard_worst"] = max(hard, key=lambda row: row["at_5"]["value"])["plant"] if hard else None
    return result


def _kinds(rule: Rule, trials: Mapping[str, xr.Dataset]) -> Row:
    """Share of false alarms among the forecasts as they come that were explained, and among the others."""
    if "as they come" not in trials:
        return {}
    natural = trials["as they come"]
    alarms, kind = rule.alarms(natural)["checks"], explained(natural)
    return {
        name: {"forecasts": int(own.sum()), "at_5": float(alarms[own].mean()) if own.any() else None}
        for name, own in (("explained", kind), ("not explained", ~kind))
    }


def _separation(
    rows: Sequence[Row], trials: Mapping[str, xr.Dataset], good: xr.Dataset, config: ChallengeConfig
) -> Row:
    """Measure how well each check tells the harmed of each plant from good ones; idle checks are left out."""
    signs = directions([*trials.values(), good])
    checks = [str(name) for name in good["check"].values]
    # fewer harmed forecasts make an area of steps
    chosen = [row["plant"] for row in rows if row["expected"] == "rejected" and row["harmed"] >= 5]
    areas = []
    for name in chosen:
        bad = np.flatnonzero(harmed(trials[name], config))
        areas.append(separation(trials[name].isel(forecast=bad), good, signs))
    matrix = np.array(areas).reshape(len(chosen), len(checks))
    # a check that is never above chance by a tenth has nothing to show
    kept = np.flatnonzero((matrix > 0.6).any(axis=0)) if len(chosen) else np.zeros(0, int)
    return {"plants": chosen, "checks": [checks[place] for place in kept], "areas": matrix[:, kept].round(3).tolist()}


def _learned(rows: Sequence[Row], trials: Mapping[str, xr.Dataset], good: xr.Dataset, config: ChallengeConfig) -> Row:
    """Train a combiner on plants: what it claims with the family among them, and what it finds without."""
    from sklearn.linear_model import LogisticRegression

    planted: dict[str, list[NDArray[np.float64]]] = {}
    for row in rows:
        if row["potent"]:
            trial = trials[row["plant"]]
            bad = harmed(trial, config)
            planted.setdefault(row["family"], []).append(fired(trial).T[bad])
    plain = fired(good).T
    result = {}
    for family, parts in planted.items():
        mine = np.concatenate(parts)
        others = [part for name, pieces in planted.items() if name != family for part in pieces]
        shares = {}
        for name, training in (("unseen", others), ("seen", [*others, mine])):
            if not training:
                continue
            # what is seen is tested on what it was trained on: the optimism that the other number lacks is the point
            bad = np.concatenate(training)
            x, y = np.concatenate([bad, plain]), np.repeat([1.0, 0.0], [len(bad), len(plain)])
            model = LogisticRegression(max_iter=1000).fit(x, y)
            # the level of 5 % is that of the good ones, by the combiner's own measure: as the checks' rule is made
            level = np.quantile(model.decision_function(plain), 0.95, method="higher")
            shares[name] = float((model.decision_function(mine) > level).mean())
        result[family] = shares
    return result


def _plain(value: Any) -> Any:
    """Values as JSON knows them: a missing number is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.floating, float)):
        return None if np.isnan(value) else round(float(value), 4)
    return value.item() if isinstance(value, np.generic) else value
