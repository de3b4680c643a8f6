"""Alarms at a stated rate of false ones, learnt from good forecasts alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome

__all__ = ["Rule", "explained", "fired"]

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_FALSE = 0.05
# Families that ask one thing in several ways: sizes and counts of flares (G), one explanation (H), one model's answers
# to other inputs (I). Their objections come together, on good forecasts too.
_ONCE = ("G", "H", "I")
# K3 looks at nothing but the probabilities, as G does: where they say little, their ratios are odd, too.
_OF_NUMBERS = "K3"
# A rate of one in twenty shows in twenty forecasts at the earliest: from so many on a rate counts.
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class Rule:
    """Alarms at a stated rate of false ones, learnt from good forecasts alone.

    Every check that asks for review weighs the logarithm of one over the rate at which it does so on the good forecasts
    that it could judge, so that a check which never fires on them weighs most. A check that could judge fewer than
    twenty has no rate, and raises no alarm. Objections are added, of the families G (and K3), H and I the gravest, and
    an alarm is raised above the level that a twentieth of the good forecasts reaches, as they come, explained or not.
    No plant is looked at: every family is one that the rule has never seen.

    Parameters
    ----------
    weights : ndarray, shape (check,)
        NaN for a check without a rate.
    levels : dict
        ``checks``, ``confidence`` (the forecast's own uncertainty) and ``referee`` (its distance to the referee) ->
        level.
    """

    weights: Floats
    levels: dict[str, float]

    @classmethod
    def learn(cls, good: xr.Dataset) -> Rule:
        """Learn from good forecasts that no test is held on."""
        judged = (good["outcome"].values != Outcome.NOT_EVALUABLE).sum(axis=1)
        rate = (fired(good).sum(axis=1) + 0.5) / (judged + 1)
        rule = cls(np.where(judged >= _FEWEST, -np.log(rate), np.nan), {})
        return replace(rule, levels={name: _level(values) for name, values in rule.scores(good).items()})

    def scores(self, trial: xr.Dataset) -> dict[str, Floats]:
        """Suspicion of the checks, of the forecast's own uncertainty, and of the referee, shape (forecast,) each."""
        probability, referee = trial["probability"].values, trial["referee"].values
        weighed = np.nan_to_num(self.weights)[:, None] * fired(trial)
        names = [str(name) for name in trial["check"].values]
        family = np.array(["G" if name == _OF_NUMBERS else name[:1] for name in names])
        checks = weighed[~np.isin(family, _ONCE)].sum(axis=0)
        checks = checks + sum(weighed[family == letter].max(axis=0, initial=0) for letter in _ONCE)
        # a slot without a forecast is an answer that harms nobody
        checks = np.where(trial["verdict"].values.astype(str) == "NO_FORECAST", np.inf, checks)
        return {
            "checks": checks,
            "confidence": 1 - np.abs(2 * np.nan_to_num(probability, nan=0.5) - 1),
            "referee": np.abs(np.nan_to_num(probability - referee)),
        }

    def alarms(self, trial: xr.Dataset) -> dict[str, Mask]:
        """Alarms of each; strictly above the level, so that no more than a twentieth of the good ones is."""
        return {name: values > self.levels[name] for name, values in self.scores(trial).items()}

    def unweighed(self, trial: xr.Dataset) -> list[str]:
        """Name the checks that object to a forecast of a trial and have no rate."""
        silent = np.isnan(self.weights) & fired(trial).any(axis=1)
        return [str(name) for name in trial["check"].values[silent]]


def _level(values: Floats) -> float:
    return float(np.quantile(values, 1 - _FALSE, method="higher"))


def fired(trial: xr.Dataset) -> Floats:
    """Which checks ask for review or more, shape (check, forecast): 1 or 0."""
    return np.asarray(trial["outcome"].values >= Outcome.REVIEW, np.float64)


def explained(trial: xr.Dataset) -> Mask:
    """Which forecasts the model was asked about: a check on explanations (H) could judge them, shape (forecast,)."""
    own = np.char.startswith(trial["check"].values.astype(str), "H")
    return np.asarray((trial["outcome"].values[own] != Outcome.NOT_EVALUABLE).any(axis=0))
