"""Every score of one forecaster on one set of cases, and of two forecasters against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.bootstrap import (
    Blocks,
    Interval,
    bootstrap_auc,
    bootstrap_skill,
    bootstrap_true_skill,
    interval,
)
from sunproof.pipeline.verification.categorical import best_threshold, tabulate
from sunproof.pipeline.verification.reliability import reliability_slope
from sunproof.pipeline.verification.scores import area_under_roc, brier, brier_skill, log_score

__all__ = ["compare", "score", "uncertainty"]

Array = NDArray[np.float64]
Row = dict[str, Any]


def score(probability: Array, event: Array, base_rate: float, references: Mapping[str, Array]) -> Row:
    """Score a forecaster.

    Parameters
    ----------
    probability, event : array of float, shape (case,)
        Without NaN.
    base_rate : float
        Of the training block: reference of the first skill score, and the probability threshold registered for
        warnings before the outcomes were known.
    references : mapping
        Name -> probabilities on the same cases; each adds ``bss_<name>``.

    Returns
    -------
    dict
        ``cases``, ``events``, ``non_events``, ``rate`` and every score of `sunproof.pipeline.verification`; NaN where
        a score is undefined.
    """
    # the registered threshold is the base rate, fixed before the test; the best one knows the answers
    registered = tabulate(probability, event, base_rate)
    best = best_threshold(probability, event)
    return {
        "cases": len(event),
        "events": int(event.sum()),
        "non_events": int((event == 0).sum()),
        "rate": float(event.mean()) if len(event) else float("nan"),
        "base_rate": base_rate,
        "brier": brier(probability, event),
        "bss": brier_skill(probability, event, base_rate),
        **{f"bss_{name}": brier_skill(probability, event, values) for name, values in references.items()},
        "auc": area_under_roc(probability, event),
        "log_score": log_score(probability, event),
        "slope": reliability_slope(probability, event),
        "mean_probability": float(probability.mean()) if len(event) else float("nan"),
        "tss": registered.true_skill,
        "hss": registered.heidke,
        "apss": registered.appleman,
        "bias": registered.bias,
        "tss_best": tabulate(probability, event, best).true_skill,
        "best_threshold": best,
    }


def uncertainty(
    probability: Array, event: Array, base_rate: float, blocks: Mapping[str, Blocks], level: float
) -> dict[str, dict[str, Interval]]:
    """Bootstrap intervals of the headline scores.

    Parameters
    ----------
    probability, event : array of float, shape (case,)
    base_rate : float
        Of the training block.
    blocks : mapping
        Kind of block (``rotation``, ``region``) -> blocks of these cases.
    level : float
        Probability content.

    Returns
    -------
    dict
        Score (``bss``, ``auc``, ``tss``) -> kind of block -> interval.
    """
    reference = np.full(len(event), base_rate)
    found: dict[str, dict[str, Interval]] = {"bss": {}, "auc": {}, "tss": {}}
    for kind, grouped in blocks.items():
        found["bss"][kind] = interval(bootstrap_skill(grouped, probability, reference, event), level)
        found["auc"][kind] = interval(bootstrap_auc(grouped, probability, event), level)
        found["tss"][kind] = interval(bootstrap_true_skill(grouped, probability, event, base_rate), level)
    return found


def compare(
    probability: Array, other: Array, event: Array, base_rate: float, blocks: Mapping[str, Blocks], level: float
) -> dict[str, dict[str, Interval]]:
    """Differences of the headline scores, this forecaster minus the other, resampled in pairs.

    Parameters
    ----------
    probability, other, event : array of float, shape (case,)
        Without NaN.
    base_rate, blocks, level
        As in `uncertainty`.

    Returns
    -------
    dict
        Score -> kind of block -> interval of the difference; positive is better than the other.
    """
    reference = np.full(len(event), base_rate)
    found: dict[str, dict[str, Interval]] = {"bss": {}, "auc": {}, "tss": {}}
    for kind, grouped in blocks.items():
        skill = [bootstrap_skill(grouped, values, reference, event) for values in (probability, other)]
        area = [bootstrap_auc(grouped, values, event) for values in (probability, other)]
        true = [bootstrap_true_skill(grouped, values, event, base_rate) for values in (probability, other)]
        for name, (ours, theirs) in {"bss": skill, "auc": area, "tss": true}.items():
            # resampled in pairs: both see the same draws, and what they share cancels
            found[name][kind] = interval(ours - theirs, level)
    return found
