"""Reference tables: counted frequencies with their source, period and GOES scale, brought to the scale of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike

from sunproof.models.constraints.views import Floats
from sunproof.models.physics.rates import probability_of_rate, rate_of_probability, scale_ratio

__all__ = ["load_table", "on_scale", "wilson"]

_FOLDER = Path(__file__).parent / "tables"
# 97.5 % quantile of the normal distribution: 95 % intervals.
_Z = 1.959964


@cache
def load_table(name: str) -> Mapping[str, Any]:
    """Read ``models/constraints/tables/<name>.yaml``; it holds source, period, GOES scale and the numbers."""
    tree: Mapping[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return tree


def on_scale(probability: ArrayLike, source: str, target: str) -> tuple[Floats, Floats]:
    """Bring tabulated probabilities to the GOES scale of a batch.

    Parameters
    ----------
    probability : array_like
        Probability of at least one flare at or above a nominal class.
    source, target : str
        Scale of the table and of the batch; a target ``"unknown"`` is answered with both.

    Returns
    -------
    low, high : ndarray
        Equal where the target is declared; else the values on the two scales, lower one first.
    """
    rate = rate_of_probability(probability)
    targets = ("operational", "science") if target == "unknown" else (target,)
    scaled = [probability_of_rate(rate * scale_ratio(source, name)) for name in targets]
    return np.minimum.reduce(scaled), np.maximum.reduce(scaled)


def wilson(probability: ArrayLike, size: ArrayLike) -> tuple[Floats, Floats]:
    """95 % Wilson interval of a frequency counted on ``size`` cases (Wilson 1927, J. Am. Stat. Assoc. 22, 209)."""
    p, n = np.asarray(probability, np.float64), np.asarray(size, np.float64)
    centre = p + _Z**2 / (2 * n)
    half = _Z * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # At p = 0 and 1 the closed form leaves rounding errors of either sign.
    return np.clip((centre - half) / scale, 0, 1) * (p > 0), np.clip((centre + half) / scale, 0, 1)
