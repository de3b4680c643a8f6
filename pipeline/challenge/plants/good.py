"""Artefacts that do no harm, and drifts that no single forecast shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.scaling import stronger
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.editing import edited
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator


def _thinned(scene: Scene, severity: Grades, random: Random) -> Scene:
    lost = [
        # never the last record: without it the forecast would be another one
        rows[:-1][random.random(len(rows[:-1])) < share]
        for rows, share in zip(scene.records(24.0), severity, strict=True)
    ]
    return scene.without("sharp", np.concatenate(lost))


def _noise(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited(
        scene,
        severity,
        24.0,
        # rounding of another printer: the seventh digit
        lambda values, grade, _: values * (1 + grade * random.uniform(-1, 1, values.shape)),
    )


def _ramp(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited(scene, severity, 1e4, lambda values, factor, _: stronger(values, SHARP_KEYWORDS, factor))


PLANTS = (
    Plant(
        "thinned records",
        "hard but good",
        "A share of the records was lost at random.",
        _thinned,
        (0.2, 0.4, 0.6),
        "accepted",
    ),
    Plant(
        "rounding", "hard but good", "Another rounding of the printed digits.", _noise, (1e-7, 1e-6, 1e-5), "accepted"
    ),
    Plant(
        "gain drift",
        "drift",
        "The gain has drifted for weeks: the whole record is weaker.",
        _ramp,
        (0.95, 0.8, 0.6, 0.4),
    ),
)
