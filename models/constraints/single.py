"""Checks of one number a forecast against one limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Mask, column, cube

__all__ = ["at_least", "at_most", "compared", "unchanged"]

Evaluate = Callable[[xr.Dataset, Limits], Finding]


def compared(
    value: Floats, limit: Floats | float, wrong: Mask, reason: str, blank: str, outcome: Outcome = Outcome.REVIEW
) -> Finding:
    """Judge one number a forecast.

    Parameters
    ----------
    value : ndarray, shape (forecast,)
        NaN where it is unknown.
    limit : float or ndarray of the same shape
    wrong : ndarray of bool, same shape
        Where the limit is not kept.
    reason, blank : str
        Why it is judged so, and why it cannot be where it is unknown.
    outcome : Outcome
        Of those that are wrong.
    """
    marks = Marks(len(value))
    marks.blank(np.isnan(value), blank)
    marks.measure(value, limit)
    marks.offence(wrong, outcome, reason, value, limit)
    return marks.finding()


def at_least(name: str, reason: str, blank: str, outcome: Outcome = Outcome.REVIEW) -> Evaluate:
    """Build a check that a variable of the batch is not below its limit ``least``; see `compared`."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        value = column(batch, name)
        return compared(value, limits["least"], value < limits["least"], reason, blank, outcome)

    return evaluate


def at_most(name: str, reason: str, blank: str, *, either_sign: bool = False) -> Evaluate:
    """Build a check that a variable, or its size, is not above its limit ``review``; see `compared`."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        value = column(batch, name)
        size = np.abs(value) if either_sign else value
        return compared(value, limits["review"], size > limits["review"], reason, blank)

    return evaluate


def unchanged(name: str, reason: str, blank: str) -> Evaluate:
    """Build a check that another answer is the forecast's: in no class and window further from it than its limits.

    What lies beyond the limit ``review`` is to be reviewed, beyond ``info`` it is told; either may be missing.

    Parameters
    ----------
    name : str
        Variable of the batch, probability of each class and window.
    reason, blank : str
        See `compared`.
    """

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        worst = Worst(np.abs(cube(batch, name) - cube(batch, "probability"))).excess
        marks = Marks(len(worst))
        marks.blank(np.isnan(worst), blank)
        marks.measure(worst, min(limits.values()))
        for level in (Outcome.REVIEW, Outcome.INFO):
            limit = limits.get(level.name.lower(), np.inf)
            marks.offence(worst > limit, level, reason, worst, limit)
        return marks.finding()

    return evaluate
