"""What a check is: one statement about a forecast, evaluated over a batch, with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Check", "Finding", "Limits", "Outcome", "by_definition", "not_evaluable"]

Limits = Mapping[str, Any]


class Outcome(IntEnum):
    """What a check says of one forecast, in order of severity; NOT_EVALUABLE is outside the order and never a pass."""

    NOT_EVALUABLE = -1
    PASS = 0
    INFO = 1
    REVIEW = 2
    IMPLAUSIBLE = 3
    INVALID = 4


@dataclass(frozen=True)
class Finding:
    """The result of one check on a batch of forecasts.

    Parameters
    ----------
    outcome : ndarray of int8, shape (forecast,)
        Values of `Outcome`.
    value : ndarray of float64, shape (forecast,)
        What was measured, in the check's unit; NaN where not evaluable.
    limit : ndarray of float64, shape (forecast,)
        The limit it was held against, in the same unit.
    reason : ndarray of int16, shape (forecast,)
        Index into ``reasons``.
    reasons : tuple of str
        Sentences; the first is empty. A NOT_EVALUABLE forecast always has one.
    reference_size : ndarray of int64, shape (forecast,), optional
        Size of the reference set where it differs between forecasts; else the check's own.
    """

    outcome: NDArray[np.int8]
    value: NDArray[np.float64]
    limit: NDArray[np.float64]
    reason: NDArray[np.int16]
    reasons: tuple[str, ...] = ("",)
    reference_size: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Check:
    """One check: what it states, on what grounds, and the function that evaluates it.

    The checks of a module are its ``CHECKS`` tuple; the folder is the registry. All texts are required: a check
    without statement, equation, unit, reference, severity ceiling and prerequisites fails a test.

    Parameters
    ----------
    id : str
        As in docs/checks.md, e.g. ``"A2"``.
    name : str
        Short name, e.g. ``"class nesting"``.
    statement : str
        One sentence that is true of every forecast that passes.
    equation : str
        The same as a formula.
    unit : str
        Unit of value and limit, astropy-parsable, empty for pure numbers.
    reference : str
        Source of the law and of the limit.
    reference_set : str
        The events behind an empirical limit with period and GOES scale. Without such: ``"none (arithmetic)"`` of
        definitions, ``"the model's training samples"`` or ``"the validation samples"`` where these are what a
        forecast is held against, else ``"no reference events"``.
    reference_size : int
        Their number; 0 where there are none, and of samples, which each model has its own of.
    ceiling : Outcome
        Gravest outcome it may give. Only arithmetic, definitions and units may reach INVALID.
    prerequisites : str
        What must hold for it to be evaluated, in words.
    requires : tuple of str
        Variables of the batch it reads; a missing one makes the whole batch NOT_EVALUABLE before ``evaluate`` runs.
    evaluate : callable
        ``(batch, limits) -> Finding``; ``limits`` is this check's block of limits.yaml.
    """

    id: str
    name: str
    statement: str
    equation: str
    unit: str
    reference: str
    reference_set: str
    reference_size: int
    ceiling: Outcome
    prerequisites: str
    requires: tuple[str, ...]
    evaluate: Callable[[xr.Dataset, Limits], Finding] = field(repr=False)


def by_definition(**fields: Any) -> Check:
    """Build a check of probabilities that needs no reference set: only such a one may find a forecast INVALID.

    Parameters
    ----------
    **fields
        Of `Check`; what is given counts, also in place of what holds of most.
    """
    most: dict[str, Any] = {
        "unit": "",
        "reference_set": "none (arithmetic)",
        "reference_size": 0,
        "ceiling": Outcome.INVALID,
        "requires": ("probability",),
    }
    return Check(**most | fields)


def not_evaluable(size: int, reason: str) -> Finding:
    """Return a finding that says for every forecast why the check could not be evaluated."""
    return Finding(
        # signed bytes: NOT_EVALUABLE is below 0
        outcome=np.full(size, Outcome.NOT_EVALUABLE, np.int8),
        value=np.full(size, np.nan),
        limit=np.full(size, np.nan),
        reason=np.ones(size, np.int16),
        reasons=("", reason),
    )
