"""What checks read from a batch: probabilities on one footing, evidence columns, rows by kind."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Limits
from sunproof.models.physics.rates import OPERATIONAL_FACTOR

__all__ = ["Floats", "Mask", "Probabilities", "column", "cube", "is_region", "logit", "printed_share", "shift", "text"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DAY = 24.0
# GOES-16, the first satellite whose operational flux is true, replaced GOES-15 as SWPC's primary X-ray satellite then
# (SWPC's table of primary and secondary satellites, K. Moreland 2024, as kept in ktindiana/fetchsep).
_TRUE_FROM = np.datetime64("2019-12-09T17:30", "ns")
_FIRST_TRUE = 16


class Probabilities:
    """The probabilities of a batch, brought to cumulative classes where the declared semantics allow it.

    Exclusive classes become cumulative ones in two ways. If the batch also holds ``probability_quiet``, its bins are
    the class of the largest flare, exclude each other, and add up. Otherwise each is the probability of at least one
    flare of that class alone; rates of independent classes add, so P(>=C) = 1 - (1-p_C)(1-p_M)(1-p_X).

    Parameters
    ----------
    batch : xarray.Dataset
        A batch that satisfies the forecast contract.

    Attributes
    ----------
    values : ndarray, shape (forecast, threshold, window)
        As issued.
    cumulative : ndarray, shape (forecast, threshold, window), or None
        P(largest flare >= threshold); None where the classes' meaning is not declared.
    unknown : str
        Why ``cumulative`` is None.
    """

    def __init__(self, batch: xr.Dataset) -> None:
        self.values: Floats = np.asarray(batch["probability"].values, np.float64)
        self.thresholds = [str(name) for name in batch["threshold"].values]
        self.windows = [float(hours) for hours in batch["window"].values]
        self.classes = str(batch.attrs["classes"])
        self.nested = batch.attrs["windows"] == "nested"
        self.quantum = float(batch.attrs.get("probability_quantum", 0.0))
        self.sampling_error = float(batch.attrs.get("sampling_error", 0.0))
        self.unknown = "the batch does not declare whether its classes are cumulative or exclusive"
        self.cumulative = self._cumulative("probability_quiet" in batch.variables)

    def _cumulative(self, bins: bool) -> Floats | None:
        if self.classes == "cumulative":
            return self.values
        if self.classes != "exclusive":
            return None
        reverse = self.values[:, ::-1]
        # Bins with one for no flare at all add up; without it each class is taken as independent of the others.
        summed = np.cumsum(reverse, axis=1) if bins else 1 - np.cumprod(1 - reverse, axis=1)
        return np.asarray(summed[:, ::-1], np.float64)

    def tolerance(self, limits: Limits) -> float:
        """Numbers this close are equal: float rounding, half the declared rounding step, sampling errors."""
        sampling = limits.get("sampling_errors", 0.0) * self.sampling_error
        return float(limits["tolerance"] + self.quantum / 2 + sampling)

    def day(self, threshold: str) -> Floats | None:
        """Cumulative probability of the first 24 h, shape (forecast,); None where the batch does not hold it."""
        if self.cumulative is None or threshold not in self.thresholds or _DAY not in self.windows:
            return None
        return self.cumulative[:, self.thresholds.index(threshold), self.windows.index(_DAY)]


def column(batch: xr.Dataset, name: str) -> Floats:
    """Return a numeric variable a forecast, NaN throughout where the batch has none."""
    if name not in batch.variables:
        return np.full(batch.sizes["forecast"], np.nan)
    return np.asarray(batch[name].values, np.float64)


def cube(batch: xr.Dataset, name: str) -> Floats:
    """Return a variable of each class and window, shape (forecast, threshold, window).

    Raises
    ------
    KeyError
        If the batch has none.
    """
    # by name, since files of others may hold dimensions in any order
    return np.asarray(batch[name].transpose("forecast", "threshold", "window").values, np.float64)


def text(batch: xr.Dataset, name: str) -> NDArray[np.str_]:
    """Return a text variable a forecast, stripped, in upper case; empty where the batch has none."""
    if name not in batch.variables:
        return np.zeros(batch.sizes["forecast"], "U1")
    return np.char.upper(np.char.strip(batch[name].values.astype(str)))


def is_region(batch: xr.Dataset) -> Mask:
    """Rows that are forecasts of one region."""
    return np.asarray(batch["entity"].values == "region", bool)


def printed_share(batch: xr.Dataset) -> Floats:
    """Share of a true flux that the declared GOES scale prints, shape (forecast,); NaN where the scale is not declared.

    The operational scale is what the satellite in operation prints: 0.70 of the flux up to GOES-15 and all of it from
    GOES-16 on (NOAA NCEI's guides of the XRS science data, "SWPC scaling factors"). Which satellite counts is taken
    from ``satellite`` where the batch has it, else from the issue time: GOES-16 took over on 2019-12-09.
    """
    size, declared = batch.sizes["forecast"], str(batch.attrs["goes_scale"])
    if declared != "operational":
        return np.full(size, 1.0 if declared == "science" else np.nan)
    satellite = column(batch, "satellite")
    issued = batch["issue_time"].values
    is_true = np.where(satellite > 0, satellite >= _FIRST_TRUE, issued >= _TRUE_FROM)
    return np.where((satellite > 0) | ~np.isnat(issued), np.where(is_true, 1.0, OPERATIONAL_FACTOR), np.nan)


def logit(probability: Floats) -> Floats:
    """Log odds, natural logarithm; infinite at 0 and 1, NaN outside."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(probability) - np.log1p(-probability), np.float64)


def shift(probability: Floats, by: float) -> Floats:
    """Move probabilities by a number of logits; 0 and 1 stay."""
    odds = np.exp(by)
    return np.asarray(probability * odds / (1 - probability + probability * odds), np.float64)
