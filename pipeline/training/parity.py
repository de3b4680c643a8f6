"""Parity: how far another version of a model is from the one that was trained, and whether it may stand for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.training.strata import Strata
from sunproof.pipeline.verification.bootstrap import bootstrap_skill, interval, make_blocks

__all__ = ["ENOUGH", "LIMITS", "Parity", "compare", "objections", "worst_layer"]

# Engineering defaults, fixed before any export was compared: far inside what two seeds of one model differ by.
LIMITS = {"probability": 0.02, "flips": 0.001, "flips_of_x": 0, "skill": 0.005}
# Fewer tell nothing about a thousandth of the decisions.
ENOUGH = {"samples": 5000, "flares": 300}

_RESAMPLES = 1000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parity:
    """One version beside the float32 model.

    Parameters
    ----------
    probability : float
        Largest difference of a probability.
    flips : float
        Largest share, over thresholds and windows, of decisions at the registered base rates that came out otherwise.
    flips_of_x : int
        Decisions that came out otherwise for samples that an X flare followed.
    skill : dict
        Threshold -> (difference of the Brier skill in the first window, low, high of its 95 % interval over regions);
        None where no sample has the event, so that there is no skill to compare.
    layers : dict
        Layer -> relative root mean square error.
    """

    probability: float
    flips: float
    flips_of_x: int
    skill: Mapping[str, tuple[float, float, float] | None]
    layers: Mapping[str, float]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def compare(logit: Floats, other: Floats, strata: Strata, scores: Sequence[Mapping[str, Any]], layers: Any) -> Parity:
    """Compare two versions on the same samples.

    Parameters
    ----------
    logit, other : ndarray, shape (sample, threshold, window)
        Of the trained model and of its other version.
    strata : Strata
    scores : sequence of mapping
        ``scores`` of ``training.json``: thresholds, windows and their registered base rates.
    layers : mapping
        Layer -> error.
    """
    before, after = (1 / (1 + np.exp(-part)) for part in (logit, other))
    names, windows = (list(dict.fromkeys(row[key] for row in scores)) for key in ("threshold", "window"))
    rates = np.full(logit.shape[1:], np.nan)
    for row in scores:
        rate = row["base_rate"]
        rates[names.index(row["threshold"]), windows.index(row["window"])] = np.nan if rate is None else rate
    # a version that gives no number decides otherwise
    flipped = ((before >= rates) != (after >= rates)) | ~np.isfinite(after)
    difference = np.where(np.isfinite(after), np.abs(after - before), np.inf)
    large = strata.largest == "X1.0"
    return Parity(
        float(difference.max()),
        float(flipped.mean(axis=0).max()),
        int(flipped[large].sum()),
        {name: _skill(before[:, i, 0], after[:, i, 0], strata, i) for i, name in enumerate(names)},
        dict(layers),
    )


def _skill(before: Floats, after: Floats, strata: Strata, place: int) -> tuple[float, float, float] | None:
    event = strata.events[:, place, 0]
    known = np.isfinite(event)
    if not (event[known] == 1).any():
        return None
    blocks = make_blocks(strata.regions[known], _RESAMPLES, seed=0)
    reference = np.full(int(known.sum()), event[known].mean())
    first, second = (bootstrap_skill(blocks, part[known], reference, event[known]) for part in (before, after))
    # versions that are equal have no interval but the point
    found = interval(second - first)
    low, high = (found.value if np.isnan(end) else end for end in (found.low, found.high))
    return found.value, low, high


def objections(parity: Parity) -> list[str]:
    """Say which limits are exceeded; an empty list is parity."""
    found = []
    for name, told in (
        ("probability", "largest difference of a probability"),
        ("flips", "share of decisions that came out otherwise"),
        ("flips_of_x", "decisions that came out otherwise before an X flare"),
    ):
        value = getattr(parity, name)
        # written so that a NaN objects
        if not value <= LIMITS[name]:
            found.append(f"{told} {value:.3g}, at most {LIMITS[name]:g}")
    for threshold, change in parity.skill.items():
        if change is None:
            continue
        _, low, high = change
        if not (-LIMITS["skill"] <= low and high <= LIMITS["skill"]):
            ends = f"{low:+.4f} to {high:+.4f}"
            found.append(f"Brier skill of {threshold} changes by {ends}, within {LIMITS['skill']:g}")
    return found


def worst_layer(parity: Parity) -> str:
    """Name the layer of the largest error, with the error."""
    if not parity.layers:
        return "no layer was compared"
    name = max(parity.layers, key=lambda key: (parity.layers[key] != parity.layers[key], parity.layers[key]))
    return f"{name} ({parity.layers[name]:.2g} relative error)"
