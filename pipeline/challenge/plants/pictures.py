"""How faults take hold of the images that region-times see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.scene import Scene

__all__ = ["Edit", "Image", "View", "edited_frames", "image_plant", "instruments", "pixels", "seen_frames"]

Image = NDArray[np.float32]


class View(NamedTuple):
    """A frame that some region-times see as their latest.

    Parameters
    ----------
    group : str
    slot : int
        Of the group.
    rows : ndarray of int
        The region-times.
    signed : bool
        Whether its pixels have a sign that means something.
    """

    group: str
    slot: int
    rows: NDArray[np.intp]
    signed: bool


Edit = Callable[[Image, float, View], Image]
"""``(pixels, severity, which frame) -> pixels``; the pixels given are a copy."""


def instruments(scene: Scene) -> dict[str, list[str]]:
    """Instrument -> its groups, of a scene: ``aia``, ``hmi``, ``suvi16``, ``euvi_a``."""
    found: dict[str, list[str]] = {}
    for name in scene.images:
        found.setdefault(name.rsplit("_", 1)[0], []).append(name)
    return found


def pixels(scene: Scene, name: str) -> Image:
    """All frames of a group, shape (slot, y, x)."""
    group = scene.groups[name]
    return np.asarray(group[group.attrs["quantity"]].to_numpy(), np.float32)


def seen_frames(scene: Scene, name: str) -> NDArray[np.intp]:
    """Slot of the latest frame observed by the data cut-off of each region-time, shape (region-time,); -1 for none."""
    observed = scene.groups[name]["time_observed"].to_numpy()
    order = np.argsort(observed, kind="stable")
    place = np.searchsorted(observed[order], scene.slots["data_cutoff"].to_numpy(), side="right") - 1
    # The last -1 is what an index of -1 finds where no frame is early enough.
    return np.where(place >= 0, np.append(order, -1)[place], -1)


def edited_frames(scene: Scene, severity: NDArray[np.float64], edit: Edit, names: Sequence[str] | None = None) -> Scene:
    """Change the latest frames that the region-times see; what several see is changed once.

    Parameters
    ----------
    scene : Scene
    severity : ndarray, shape (region-time,)
        Of a frame that several see, the first one's counts.
    edit : callable
        See `Edit`.
    names : sequence of str, optional
        Groups; all by default.

    Returns
    -------
    Scene
    """
    groups = dict(scene.groups)
    for name in scene.images if names is None else names:
        group = scene.groups[name]
        quantity = str(group.attrs["quantity"])
        stack, latest = pixels(scene, name).copy(), seen_frames(scene, name)
        for slot in np.unique(latest[latest >= 0]).tolist():
            rows = np.flatnonzero(latest == slot)
            # Region-times that share a frame share the severity, too (`together`): the first one's is everybody's.
            view = View(name, slot, rows, quantity == "magnetic_field")
            stack[slot] = edit(stack[slot].copy(), float(severity[rows[0]]), view)
        groups[name] = group.assign({quantity: (group[quantity].dims, stack, group[quantity].attrs)})
    return replace(scene, groups=groups)


def image_plant(
    name: str,
    family: str,
    statement: str,
    apply: Callable[[Scene, NDArray[np.float64], np.random.Generator], Scene],
    severities: tuple[float, ...] = (1.0,),
) -> Plant:
    """Make a plant in images: region-times of one day share frames, and so the severity."""
    return Plant(name, family, statement, apply, severities, needs=("images",), together=1.0)
