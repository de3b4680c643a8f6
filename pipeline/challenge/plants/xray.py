"""Soft X-ray flux on a wrong scale, at a wrong time, stuck, hit, or of another satellite's level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.scene import Scene

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator
Series = dict[str, NDArray[np.float64]]
Edit = Callable[[Series, Series, NDArray[Any], float], Series]
"""``(fluxes of a history, of all, its rows, severity) -> fluxes of the history``"""

_CHANNELS = ("xrsa", "xrsb")
_HISTORY = np.timedelta64(24, "h")
# What operational fluxes of GOES 8 to 15 are divided by to be true (F1): short channel, long channel.
_UNDONE = {"xrsa": 0.85, "xrsb": 0.70}


def _edited(scene: Scene, severity: Grades, edit: Edit, satellites: slice = slice(None)) -> Scene:
    """Change the flux of the day before each data cut-off; where days overlap the later region-time's word counts."""
    groups = dict(scene.groups)
    order = np.argsort(scene.slots["data_cutoff"].to_numpy(), kind="stable")
    for name in scene.xrays[satellites]:
        group = scene.groups[name]
        time = group["time"].to_numpy()
        clean: Series = {key: group[key].to_numpy().astype(np.float64) for key in _CHANNELS}
        made = {key: values.copy() for key, values in clean.items()}
        for row in order.tolist():
            now = scene.slots["data_cutoff"].to_numpy()[row]
            first, last = np.searchsorted(time, [now - _HISTORY, now], side="right")
            rows = np.arange(first, last)
            if len(rows):
                # always of what was there before: no factor is put upon a factor
                changed = edit({key: values[rows].copy() for key, values in clean.items()}, clean, rows, severity[row])
                for key, values in changed.items():
                    made[key][rows] = values
        groups[name] = group.assign({key: ("time", made[key].astype(np.float32)) for key in _CHANNELS})
    return replace(scene, groups=groups)


def _twice(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(flux: Series, _: Series, rows: NDArray[Any], times: float) -> Series:
        return {key: values / _UNDONE[key] ** times for key, values in flux.items()}

    return _edited(scene, severity, edit)


def _flat(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(flux: Series, _: Series, rows: NDArray[Any], hours: float) -> Series:
        start = len(rows) - round(len(rows) * hours / 24)
        for values in flux.values():
            # The last good value, since a gap that goes on would be another fault.
            known = values[: start + 1][np.isfinite(values[: start + 1])]
            values[start:] = known[-1] if len(known) else np.nan
        return flux

    return _edited(scene, severity, edit)


def _shifted(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(flux: Series, clean: Series, rows: NDArray[Any], hours: float) -> Series:
        # one record a minute: what the clock says of a late or an early file
        taken = np.clip(rows + round(hours * 60), 0, len(clean["xrsb"]) - 1)
        return {key: clean[key][taken] for key in flux}

    return _edited(scene, severity, edit)


def _spike(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(flux: Series, _: Series, rows: NDArray[Any], factor: float) -> Series:
        hour = max(1, len(rows) // 24)
        return {key: np.append(values[:-hour], values[-hour:] * factor) for key, values in flux.items()}

    return _edited(scene, severity, edit)


def _level(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(flux: Series, _: Series, rows: NDArray[Any], factor: float) -> Series:
        half = len(rows) // 2
        return {key: np.append(values[:half], values[half:] * factor) for key, values in flux.items()}

    return _edited(scene, severity, edit)


def _one(scene: Scene, severity: Grades, random: Random) -> Scene:
    """As `_level`, of the first satellite alone; where it is the only one, there is nobody to contradict."""

    def edit(flux: Series, _: Series, rows: NDArray[Any], factor: float) -> Series:
        return {key: values * factor for key, values in flux.items()}

    return _edited(scene, severity, edit, slice(0, 1))


def _plant(name: str, statement: str, apply: Any, severities: tuple[float, ...]) -> Plant:
    # the flux is the whole Sun's: region-times of neighbouring days share their history
    return Plant(name, "X-ray flux", statement, apply, severities, needs=("xrs",), together=10.0)


PLANTS = (
    _plant("scale undone twice", "The operational factor is divided out so many times too often.", _twice, (1, 2)),
    _plant("flat X-rays", "The flux of the last hours is stuck at one value.", _flat, (6, 12, 24)),
    _plant("shifted X-rays", "The flux is that of so many hours later, or earlier.", _shifted, (-24, -12, 12, 24)),
    _plant("X-ray spike", "The flux of the last hour is too high by a factor.", _spike, (10, 30, 100)),
    _plant("level jump", "Half a day ago the flux became another satellite's, by a factor.", _level, (0.3, 2, 4)),
    _plant("one satellite's level", "One satellite's flux is wrong by a factor for a day.", _one, (0.3, 2, 4)),
)
