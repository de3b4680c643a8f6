"""What a plant is: a fault that is put into what the forecast is made from, and that a checker should find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.scene import Scene

__all__ = ["FAMILIES", "Plant"]

FAMILIES = (
    "spoilt records",
    "copied records",
    "missing records",
    "wrong scale",
    "wrong identity",
    "wrong time",
    "unphysical Sun",
    "leak",
    "bad labels",
    "random weights",
    "damage",
    "confidence",
    "fabricated explanation",
    "drift",
    "hard but good",
)


@dataclass(frozen=True)
class Plant:
    """One fault, or one kind of good case that looks like a fault.

    Parameters
    ----------
    name : str
        Short and unique.
    family : str
        One of `FAMILIES`; scores leave out one family at a time.
    statement : str
        What happened, as an operator would tell it afterwards.
    apply : callable
        ``(scene, severity, random) -> Scene``; ``severity`` has one number a region-time, of ``severities``.
    severities : tuple of float
        From light to grave, in what the statement says.
    expected : str
        ``rejected``: not accepted where the forecast was moved by it; ``accepted``: a good case.
    """

    name: str
    family: str
    statement: str
    apply: Callable[[Scene, NDArray[np.float64], np.random.Generator], Scene] = field(repr=False)
    severities: tuple[float, ...] = (1.0,)
    expected: Literal["rejected", "accepted"] = "rejected"
