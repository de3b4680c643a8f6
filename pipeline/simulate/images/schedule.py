"""When an image instrument exposes, which frames never came down, and which are planted faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.sun import generator

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["Exposure", "exposures"]

# Share of frames that never reached the ground.
_LOST = 0.06


class Exposure(NamedTuple):
    """One frame that an instrument takes.

    Parameters
    ----------
    time : numpy.datetime64
        Start, UTC.
    shown : numpy.datetime64
        The moment that its pixels show, UTC: the same unless the frame is stale.
    hours : float
        That moment in hours from the start of the observations.
    noise : numpy.random.Generator
        Random numbers of its pixels; those of the frame before where it is stale.
    fault : str
        What is planted: ``"eclipse"``, ``"truncated"``, ``"copy"`` (the file before under a new name), ``"stale"`` (the
        pixels before under a new time), or nothing.
    """

    time: np.datetime64
    shown: np.datetime64
    hours: float
    noise: np.random.Generator
    fault: str

    @property
    def number(self) -> int:
        """Minutes of its time since 1970, of which some keywords are made."""
        return int(self.time.astype("datetime64[m]").astype(np.int64))


def exposures(scene: Scene, name: str, seconds: float, faults: Mapping[int, str]) -> list[Exposure]:
    """List the frames of one product that reached the ground; none where no images are asked for.

    Parameters
    ----------
    scene : Scene
    name : str
        Product; each loses other frames.
    seconds : float
        Delay of this product behind full slots.
    faults : mapping of int to str
        Slot -> what is planted into it, where the configuration plants faults.
    """
    images = scene.config.images
    if images is None:
        return []
    slots = _slots(scene, seconds)
    planted = faults if images.faults else {}
    # A repetition needs what it repeats.
    needed = {slot - step for slot in planted for step in (0, 1)}
    lost = scene.generator(f"{name} lost").random(len(slots)) < _LOST
    times = scene.sun.times(slots)
    found = []
    for slot, hours in enumerate(slots.tolist()):
        if (lost[slot] and slot not in needed) or not 0.0 <= hours < scene.sun.duration:
            continue
        fault = planted.get(slot, "")
        shown = slot - 1 if fault == "stale" else slot
        noise = generator(scene.config.seed, f"{name} {shown}")
        found.append(Exposure(times[slot], times[shown], float(slots[shown]), noise, fault))
    return found


def _slots(scene: Scene, seconds: float) -> npt.NDArray[np.float64]:
    """Hours of all slots."""
    images, begin = scene.config.images, np.datetime64(scene.config.sun.start, "ns")
    if images is None:
        return np.empty(0)
    start = np.datetime64(images.start, "ns") if images.start is not None else begin
    first = float((start - begin) / np.timedelta64(1, "h")) + seconds / 3600.0
    hours = scene.sun.duration - first if images.days is None else images.days * 24.0
    count = round(hours / images.cadence_hours)
    return np.asarray(first + np.arange(count, dtype=np.float64) * images.cadence_hours, np.float64)
