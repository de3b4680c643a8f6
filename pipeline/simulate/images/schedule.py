"""When an image instrument exposes, which frames are missing, and which are planted faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["Exposure", "exposures"]

# Share of frames that never reached the ground.
_LOST = 0.04


class Exposure(NamedTuple):
    """One frame that an instrument takes.

    Parameters
    ----------
    hours : float
        Start, hours from the start of the observations.
    time : numpy.datetime64
        The same, UTC.
    number : int
        Counts the frames of one product, lost ones included.
    """

    hours: float
    time: np.datetime64
    number: int


def exposures(scene: Scene, name: str, seconds: float = 0.0) -> list[Exposure]:
    """List the frames of one product that reached the ground; none where no images are asked for.

    Parameters
    ----------
    scene : Scene
    name : str
        Product; each loses other frames.
    seconds : float
        Delay of this product behind full slots.
    """
    images = scene.config.images
    if images is None:
        return []
    start = np.datetime64(images.start or scene.config.sun.start, "ns")
    first = float((start - np.datetime64(scene.config.sun.start, "ns")) / np.timedelta64(1, "h"))
    hours = (
        first + np.arange(round(images.days * 24.0 / images.cadence_hours)) * images.cadence_hours + seconds / 3600.0
    )
    lost = scene.generator(f"lost {name}").random(len(hours)) < _LOST
    kept = np.flatnonzero(~lost & (hours >= 0.0) & (hours < scene.sun.duration))
    times = scene.sun.times(hours.astype(np.float64))
    return [Exposure(float(hours[index]), times[index], int(index)) for index in kept]
