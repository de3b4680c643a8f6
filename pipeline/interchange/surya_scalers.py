"""Scalers of SuryaBench: from the numbers that its models see back to physical values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from sunproof.pipeline.errors import ProblemList

__all__ = ["Scaler", "read_scalers"]


@dataclass(frozen=True)
class Scaler:
    """Scaling of one variable: z = (sign(k x) log(1 + |k x|) - mean) / (std + epsilon).

    Parameters
    ----------
    mean, std, epsilon, sl_scale_factor : float
        As in ``scalers.yaml``.
    """

    mean: float
    std: float
    epsilon: float
    sl_scale_factor: float

    def undo(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """Physical values from scaled ones."""
        logarithm = np.asarray(scaled, float) * (self.std + self.epsilon) + self.mean
        return np.asarray(np.sign(logarithm) * np.expm1(np.abs(logarithm)) / self.sl_scale_factor)


def read_scalers(path: Path) -> dict[str, Scaler]:
    """Read ``scalers.yaml``: variable -> scaler.

    Raises
    ------
    InputError
        If an entry lacks a number.
    """
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    problems = ProblemList(str(path))
    names = tuple(Scaler.__dataclass_fields__)
    found = {}
    for variable, entry in (tree if isinstance(tree, dict) else {}).items():
        missing = [name for name in names if not isinstance((entry or {}).get(name), (int, float))]
        if missing:
            problems.add("scaler lacks numbers", str(variable), missing, ", ".join(names))
        else:
            found[str(variable)] = Scaler(*(float(entry[name]) for name in names))
    if not found:
        problems.add("no scaler", "", type(tree).__name__, "variable: {mean, std, epsilon, sl_scale_factor}")
    problems.check()
    return found
