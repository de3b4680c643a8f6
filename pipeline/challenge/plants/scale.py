"""Right patterns on a wrong scale: units, gain, another instrument, fields that no Sun has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.scaling import SUMS, stronger
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.editing import Table, edited, places
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator

_ALL = 72.0
_SUMS = places(SUMS)
_AREA, _R = SHARP_KEYWORDS.index("area_acr"), SHARP_KEYWORDS.index("r_value")
# Another magnetograph: coarser pixels smooth gradients, the line of sight is calibrated higher (Liu et al. 2012,
# Sol. Phys. 279, 295: MDI/HMI 1.40), inversion lines are shorter.
_OTHER: Mapping[str, float] = {
    "usflux": 1.4,
    "meangbt": 0.5,
    "meangbz": 0.5,
    "meangbh": 0.5,
    "totusjz": 0.6,
    "totusjh": 0.6,
    "absnjzh": 0.6,
    "savncpp": 0.6,
    "totpot": 1.6,
    "meanpot": 1.6,
}


def _gain(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited(scene, severity, _ALL, lambda values, factor, _: stronger(values, SHARP_KEYWORDS, factor))


def _units(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, count: float, _: int) -> Table:
        values[:, random.permutation(_SUMS)[: round(count)]] *= 1000
        return values

    return edited(scene, severity, _ALL, edit)


def _instrument(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, strength: float, _: int) -> Table:
        for name, factor in _OTHER.items():
            values[:, places([name])] *= factor**strength
        # R_VALUE is a logarithm, and 0 where no inversion line was found: nothing to shorten.
        values[:, _R] = np.where(values[:, _R] > 0, values[:, _R] - 0.3 * strength, values[:, _R])
        return values

    return edited(scene, severity, _ALL, edit)


def _cut(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, share: float, _: int) -> Table:
        values[:, _SUMS] *= share
        # R_VALUE is a logarithm, and a cut bipole loses its inversion line faster than its flux.
        values[:, _R] = np.where(values[:, _R] > 0, values[:, _R] + 2 * np.log10(share), values[:, _R])
        return values

    return edited(scene, severity, _ALL, edit)


def _strong(scene: Scene, severity: Grades, random: Random) -> Scene:
    area = [place for place in _SUMS if place != _AREA]

    def edit(values: Table, factor: float, _: int) -> Table:
        values[:, area] *= factor
        values[:, places(["meanpot"])] *= factor
        return values

    return edited(scene, severity, _ALL, edit)


def _twisted(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, factor: float, _: int) -> Table:
        values[:, places(["absnjzh", "savncpp", "meanjzh"])] *= factor
        return values

    return edited(scene, severity, _ALL, edit)


def _limb(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(values: Table, degrees: float, _: int) -> Table:
        # a false inversion line where the transverse field turns the sign of the line of sight
        stretch = 1 / np.cos(np.radians(degrees))
        values[:, places(["usflux", "totusjz", "totusjh", "totpot", "area_acr"])] *= stretch
        values[:, _R] = np.maximum(values[:, _R], 3) + np.log10(stretch)
        return values

    return edited(scene, severity, _ALL, edit)


PLANTS = (
    Plant("units", "wrong scale", "So many sums are written in a unit a thousand times smaller.", _units, (1, 2, 4)),
    Plant("gain", "wrong scale", "The magnetograph's gain is wrong by a factor.", _gain, (0.5, 0.7, 1.5)),
    Plant(
        "other instrument", "wrong scale", "Records of another magnetograph, unlabelled.", _instrument, (0.5, 1, 1.5)
    ),
    Plant(
        "cut region", "unphysical Sun", "The patch holds a share of the region: half a bipole.", _cut, (0.6, 0.4, 0.2)
    ),
    Plant("too strong", "unphysical Sun", "Fields so many times as strong on the same pixels.", _strong, (2, 4, 8)),
    Plant("more net than total", "unphysical Sun", "Net helicity and current above the unsigned.", _twisted, (2, 4, 8)),
    Plant(
        "limb artefact",
        "unphysical Sun",
        "Projection to so many degrees makes false inversion lines.",
        _limb,
        (60, 70, 78),
    ),
)
