"""Probabilities against what else a model issues: expected counts, peak-flux distribution, exclusive bins."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Finding, Limits, Outcome, by_definition
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Probabilities

__all__ = ["CHECKS"]


def _counts(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    everyone = np.ones(len(view.values), bool)
    if view.cumulative is None or "C1.0" not in view.thresholds:
        marks.blank(everyone, view.unknown if view.cumulative is None else "the batch has no threshold C1.0")
        return marks.finding()
    issued = view.cumulative[:, view.thresholds.index("C1.0")]
    count = np.asarray(batch["rate"].values, np.float64)
    # expm1 keeps the digits of small counts that 1 - exp(-N) loses.
    mixture = -np.expm1(-count)
    worst = Worst(issued - mixture)
    value, limit = worst.pick(issued), worst.pick(mixture)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no expected count beside a probability")
    tolerance = limits["tolerance"] + view.quantum / 2
    markov = Worst(issued - count)
    marks.offence(
        markov.excess > tolerance,
        Outcome.INVALID,
        "probability above the expected number of flares (Markov's inequality)",
        markov.pick(issued),
        markov.pick(count),
    )
    marks.offence(
        worst.excess > limits["mixture_tolerance"] + view.quantum / 2,
        Outcome.IMPLAUSIBLE,
        "probability above 1-exp(-N), the most that any mixture of Poisson processes allows",
        value,
        limit,
    )
    return marks.finding()


def _peak_flux(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    if view.cumulative is None:
        marks.blank(np.ones(len(view.values), bool), view.unknown)
        return marks.finding()
    flux = np.asarray(batch["flux_quantile"].values, np.float64)
    level = np.asarray(batch["quantile"].values, np.float64)
    falling = Worst(flux[:, :, :-1] - flux[:, :, 1:])
    low, high = _bracket(flux, level, np.asarray(batch["threshold_flux"].values, np.float64))
    edges = np.stack([low, high], axis=-1)
    issued = np.repeat(view.cumulative[..., None], 2, axis=-1)
    worst = Worst((edges - issued) * np.array([1.0, -1.0]))
    value, limit = worst.pick(issued), worst.pick(edges)
    marks.measure(value, limit)
    marks.blank(worst.empty, "no peak-flux quantiles beside a probability")
    lowered = falling.excess > 0
    marks.offence(
        lowered, Outcome.INVALID, "peak-flux quantiles cross: a higher quantile has a lower flux", value, limit
    )
    marks.offence(
        worst.excess > limits["tolerance"] + view.quantum / 2,
        Outcome.INVALID,
        "probability contradicts the issued peak-flux distribution",
        value,
        limit,
    )
    return marks.finding()


def _bracket(flux: Floats, level: Floats, thresholds: Floats) -> tuple[Floats, Floats]:
    """Return the least and largest P(F >= threshold), shape (forecast, threshold, window), that the quantiles allow."""
    below = flux[:, None] < thresholds[None, :, None, None]
    known = ~np.isnan(flux)[:, None]
    # G(f) >= q for every quantile flux below f, and G(f) <= q for every quantile flux at or above f.
    high = 1 - np.where(below & known, level, 0.0).max(axis=-1)
    low = 1 - np.where(~below & known, level, 1.0).min(axis=-1)
    blank = ~known.any(axis=-1)
    return np.where(blank, np.nan, low), np.where(blank, np.nan, high)


def _bins(batch: xr.Dataset, limits: Limits) -> Finding:
    view = Probabilities(batch)
    marks = Marks(len(view.values))
    if view.classes != "exclusive":
        marks.blank(np.ones(len(view.values), bool), f"classes are {view.classes}, not exclusive")
        return marks.finding()
    total = view.values.sum(axis=1) + np.asarray(batch["probability_quiet"].values, np.float64)
    worst = Worst(np.abs(total - 1))
    value = worst.pick(total)
    marks.measure(value, 1.0)
    marks.blank(worst.empty, "not every bin has a probability")
    # Every bin may be off by half a rounding step.
    tolerance = limits["tolerance"] + (view.values.shape[1] + 1) * view.quantum / 2
    marks.offence(worst.excess > tolerance, Outcome.INVALID, "exclusive bins do not add up to 1", value, 1.0)
    return marks.finding()


CHECKS = (
    by_definition(
        id="A5",
        name="expected counts",
        statement="The probability of a flare is not above what the issued expected number of flares allows.",
        equation="P(>=C1) <= N; P(>=C1) <= 1-exp(-N) for every mixture of Poisson processes",
        reference="Markov's inequality; Jensen's inequality; Wheatland 2000, ApJ 536, L109 (time-dependent "
        "Poisson process)",
        prerequisites="An expected count is issued; threshold C1.0; classes cumulative, or exclusive and converted.",
        requires=("probability", "rate"),
        evaluate=_counts,
    ),
    by_definition(
        id="A6",
        name="peak-flux distribution",
        statement="The probabilities agree with the issued quantiles of the largest peak flux, and those do not cross.",
        equation="1 - q_(j+1) <= P(F >= f) <= 1 - q_j where Q(q_j) < f <= Q(q_(j+1))",
        reference="Definition of a quantile",
        prerequisites="Quantiles of the largest 0.1-0.8 nm flux in the window are issued (a median is the "
        "quantile 0.5).",
        requires=("probability", "flux_quantile", "quantile"),
        evaluate=_peak_flux,
    ),
    by_definition(
        id="A7",
        name="exclusive bins",
        statement="Quiet and the exclusive classes of the largest flare add up to one.",
        equation="P(quiet) + P(C) + P(M) + P(X) = 1",
        reference="Definition of a partition",
        prerequisites="Classes declared exclusive, and the probability of no flare is issued.",
        requires=("probability", "probability_quiet"),
        evaluate=_bins,
    ),
)
