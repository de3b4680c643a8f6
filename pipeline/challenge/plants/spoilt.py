"""Records with particle hits, copied records, records that are not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.scaling import SUMS
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.editing import Table, edited, places
from sunproof.pipeline.challenge.scene import Scene

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator

_HISTORY = 24.0
_SUMS = places(SUMS)


def _spikes(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, share: float, _: int) -> Table:
        # no two bits of a hit record are hit alike
        hit = random.random(len(values)) < share
        rows = np.flatnonzero(hit)[:, None]
        values[rows, _SUMS] *= 10 ** random.uniform(0.5, 1.5, (len(rows), len(_SUMS)))
        return values

    return edited(scene, severity, _HISTORY, edit)


def _hot(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, factor: float, _: int) -> Table:
        # Not all sums: one factor on everything is what the plant of a wrong gain does.
        chosen = random.random(len(_SUMS)) < 0.6
        values[:, np.array(_SUMS)[chosen]] *= factor
        return values

    return edited(scene, severity, 1.0, edit)


def _stuck(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, hours: float, _: int) -> Table:
        # of a region with one record there is nothing to repeat
        start = len(values) - min(len(values), max(1, round(len(values) * hours / 48)))
        values[start:] = values[start]
        return values

    return edited(scene, severity, 48.0, edit)


def _shuffled(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, hours: float, _: int) -> Table:
        start = len(values) - min(len(values), round(len(values) * hours / 72))
        values[start:] = values[start:][random.permutation(len(values) - start)]
        return values

    return edited(scene, severity, 72.0, edit)


def _zeros(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, share: float, _: int) -> Table:
        values[random.random(values.shape) < share] = 0
        return values

    return edited(scene, severity, _HISTORY, edit)


def _zero_record(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited(scene, severity, _HISTORY, _blackout)


def _blackout(values: Table, hours: float, _: int) -> Table:
    values[-max(1, round(len(values) * hours / _HISTORY)) :] = 0
    return values


def _lost(scene: Scene, severity: Grades, random: Random) -> Scene:
    rows = [
        rows[len(rows) - round(len(rows) * hours / 72) :]
        for rows, hours in zip(scene.records(72), severity, strict=True)
    ]
    return scene.without("sharp", np.concatenate(rows))


def _blanks(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, share: float, _: int) -> Table:
        values[:, random.permutation(values.shape[1])[: round(share * values.shape[1])]] = np.nan
        return values

    return edited(scene, severity, _HISTORY, edit)


PLANTS = (
    Plant("spikes", "spoilt records", "Particles hit a share of the records of a day.", _spikes, (0.1, 0.3, 0.6)),
    Plant("hot record", "spoilt records", "The records of the last hour are too high by a factor.", _hot, (3, 10, 30)),
    Plant("stuck", "copied records", "The last records repeat one of so many hours before.", _stuck, (6, 12, 24)),
    Plant("shuffled", "copied records", "The records of so many hours stand in disorder.", _shuffled, (24, 48, 72)),
    Plant("zeros", "missing records", "A share of the values is 0 in place of missing.", _zeros, (0.1, 0.3, 0.7)),
    Plant("zero record", "missing records", "The last hours' records are all zeros.", _zero_record, (1, 3, 12)),
    Plant("lost records", "missing records", "The last hours were never delivered.", _lost, (8, 14, 20)),
    Plant(
        "blank keywords", "missing records", "A share of the keywords is missing all day.", _blanks, (0.25, 0.5, 0.75)
    ),
)
