"""What a plant is: a fault that is put into what the forecast is made from, and that a checker should find."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.images.vector import COMPONENTS

__all__ = ["FAMILIES", "Plant"]

FAMILIES = (
    "spoilt records",
    "copied records",
    "missing records",
    "wrong scale",
    "wrong identity",
    "wrong time",
    "unphysical Sun",
    "image of something else",
    "turned image",
    "spoilt image",
    "wrong brightness",
    "X-ray flux",
    "vector field",
    "leak",
    "bad labels",
    "random weights",
    "damage",
    "confidence",
    "fabricated explanation",
    "drift",
    "hard but good",
)


def _with_frames(scene: Scene) -> bool:
    # a scene keeps the frames that some forecast may see, and no others
    return any(scene.groups[name].sizes["time"] for name in scene.images)


def _with_flux(scene: Scene) -> bool:
    now = np.sort(scene.slots["data_cutoff"].to_numpy())
    for name in scene.xrays:
        group = scene.groups[name]
        known = np.isfinite(group["xrsa"].to_numpy()) | np.isfinite(group["xrsb"].to_numpy())
        time = group["time"].to_numpy()[known]
        place = np.searchsorted(now, time, side="left")
        seen = place < len(now)
        if (now[place[seen]] - time[seen] < _DAY).any():
            return True
    return False


def _with_patches(scene: Scene) -> bool:
    # as for frames, a scene keeps no others
    return all(name in scene.groups and scene.groups[name].sizes["record"] for name in COMPONENTS)


_DAY = np.timedelta64(24, "h")
_TITLES = {"images": "images", "xrs": "X-ray flux", "vector": "vector magnetograms"}
_PRESENT: dict[str, Callable[[Scene], bool]] = {"images": _with_frames, "xrs": _with_flux, "vector": _with_patches}


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
    needs : tuple of str
        What a model must read for the plant to mean anything: modalities, or ``images``. It does not apply to others.
    together : float
        Region-times of so many days get one severity, where what is changed is of the whole disk and they share it.
    """

    name: str
    family: str
    statement: str
    apply: Callable[[Scene, NDArray[np.float64], np.random.Generator], Scene] = field(repr=False)
    severities: tuple[float, ...] = (1.0,)
    expected: Literal["rejected", "accepted"] = "rejected"
    needs: tuple[str, ...] = ()
    together: float = 0.0

    def lacking(self, modalities: Collection[str]) -> str:
        """Say why it does not apply to a model that reads these modalities; empty where it does.

        Parameters
        ----------
        modalities : collection of str
        """
        there = {*modalities} | ({"images"} if {"disk", "patch"} & {*modalities} else set())
        missing = [name for name in self.needs if name not in there]
        return f"the model does not read {', '.join(missing)}" if missing else ""

    def absent(self, scene: Scene) -> str:
        """Say why there is nothing in a scene to plant it in; empty where there is.

        Parameters
        ----------
        scene : Scene
        """
        missing = [name for name in self.needs if name in _PRESENT and not _PRESENT[name](scene)]
        return f"the forecasts' archive holds no {' or '.join(_TITLES[name] for name in missing)}" if missing else ""

    def graded(self, scene: Scene, random: np.random.Generator) -> NDArray[np.float64]:
        """Deal the severities to the region-times of a scene, each to as many.

        Parameters
        ----------
        scene : Scene
        random : numpy.random.Generator

        Returns
        -------
        ndarray, shape (region-time,)
        """
        size = len(scene)
        if not self.together:
            return np.asarray(random.permutation(np.resize(np.array(self.severities, float), size)))
        time = scene.slots["data_cutoff"].to_numpy().astype("datetime64[s]").astype(np.int64)
        # spans of so many days are dealt as one: the fault is the whole disk's, and forecasts of a day share it
        span = np.unique(time // round(self.together * 86400), return_inverse=True)[1]
        dealt = random.permutation(np.resize(np.array(self.severities, float), span.max() + 1))
        return np.asarray(dealt[span])
