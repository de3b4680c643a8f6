"""Scores of probabilities for yes-or-no events; cases without a label or a probability are left out and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scores.probability import brier_score, roc_auc

__all__ = ["Pairs", "area_under_roc", "brier", "brier_skill", "log_score", "pair", "ranked_probability_score"]

Array = NDArray[np.float64]

# A probability of exactly 0 or 1 that fails would cost infinitely much; a hundred thousand to one is as sure as
# any sample here can tell (the largest has some 5e4 cases).
_SUREST = 1e-5


@dataclass(frozen=True)
class Pairs:
    """Probabilities with what happened.

    Parameters
    ----------
    probability : array of float, shape (case,)
    event : array of float, shape (case,)
        1 or 0.
    kept : array of bool, shape (all,)
        Which of the given cases are among these.
    unlabelled, unforecast : int
        How many were left out because the label, or only the probability, is missing.
    """

    probability: Array
    event: Array
    kept: NDArray[np.bool_]
    unlabelled: int
    unforecast: int

    @property
    def events(self) -> int:
        """Number of cases with an event."""
        return int(self.event.sum())

    @property
    def non_events(self) -> int:
        """Number of cases without: the negative population."""
        return len(self.event) - self.events


def pair(probability: Array, event: Array) -> Pairs:
    """Keep the cases that have both a probability and a label.

    Parameters
    ----------
    probability : array of float, shape (all,)
        NaN where nothing was forecast.
    event : array of float, shape (all,)
        1, 0, or NaN where unknown.

    Returns
    -------
    Pairs
    """
    labelled, forecast = np.isfinite(event), np.isfinite(probability)
    kept = labelled & forecast
    return Pairs(
        probability[kept].astype(float),
        event[kept].astype(float),
        kept,
        int((~labelled).sum()),
        int((labelled & ~forecast).sum()),
    )


def _data(values: Array) -> xr.DataArray:
    return xr.DataArray(values, dims="case")


def brier(probability: Array, event: Array) -> float:
    r"""Brier score.

    .. math:: BS = \frac{1}{n}\sum_i (p_i - o_i)^2

    Parameters
    ----------
    probability, event : array of float, shape (case,)

    Returns
    -------
    float
        0 is perfect; NaN without cases.

    References
    ----------
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    if len(event) == 0:
        return float("nan")
    return float(brier_score(_data(probability), _data(event)))


def brier_skill(probability: Array, event: Array, reference: Array | float) -> float:
    r"""Brier skill score against the reference's own Brier score on the same cases.

    .. math:: BSS = 1 - BS / BS_{ref}

    The reference is a probability a case (a prior climatology, a persistence) or one number (the base rate of the
    training block, never of the cases themselves: that would reward knowing the solar cycle).

    Parameters
    ----------
    probability, event : array of float, shape (case,)
    reference : array of float, shape (case,), or float
        Cases where it is NaN are left out of both scores.

    Returns
    -------
    float
        1 is perfect, 0 as good as the reference; NaN without cases or with a perfect reference.

    References
    ----------
    Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2
    """
    reference = np.broadcast_to(np.asarray(reference, float), event.shape)
    known = np.isfinite(reference)
    own, theirs = brier(probability[known], event[known]), brier(reference[known], event[known])
    # a reference that is right throughout leaves nothing to be better at
    return 1 - own / theirs if theirs > 0 else float("nan")


def area_under_roc(probability: Array, event: Array) -> float:
    r"""Area under the relative operating characteristic.

    .. math:: AUC = P(p_{event} > p_{none}) + \tfrac12 P(p_{event} = p_{none})

    Parameters
    ----------
    probability, event : array of float, shape (case,)

    Returns
    -------
    float
        1 is perfect, 0.5 no discrimination; NaN unless there are both events and non-events. Twice it minus 1 is Gini.

    References
    ----------
    Mason and Graham 2002, doi:10.1256/003590002320603584
    """
    if len(event) == 0:
        return float("nan")
    return float(roc_auc(_data(probability), _data(event)))


def log_score(probability: Array, event: Array) -> float:
    r"""Mean negative logarithm of the probability given to what happened.

    .. math:: LS = -\frac{1}{n}\sum_i \left[o_i \ln p_i + (1-o_i)\ln(1-p_i)\right]

    Probabilities are held within [1e-5, 1 - 1e-5] for this score alone.

    Parameters
    ----------
    probability, event : array of float, shape (case,)

    Returns
    -------
    float
        0 is perfect; nats a case; NaN without cases.

    References
    ----------
    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x
    """
    if len(event) == 0:
        return float("nan")
    given = np.where(event == 1, probability, 1 - probability)
    return float(-np.log(np.clip(given, _SUREST, 1)).mean())


def ranked_probability_score(probability: Array, event: Array) -> float:
    r"""Ranked probability score over cumulative classes (>= C, >= M, >= X).

    .. math:: RPS = \frac{1}{n}\sum_i \sum_k (p_{ik} - o_{ik})^2

    Parameters
    ----------
    probability, event : array of float, shape (case, threshold)
        Probability and occurrence of at least each threshold; cases with any NaN are left out.

    Returns
    -------
    float
        0 is perfect, the number of thresholds the worst; NaN without cases.

    References
    ----------
    Epstein 1969, doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2
    """
    known = np.isfinite(probability).all(1) & np.isfinite(event).all(1)
    if not known.any():
        return float("nan")
    return float(((probability[known] - event[known]) ** 2).sum(1).mean())
