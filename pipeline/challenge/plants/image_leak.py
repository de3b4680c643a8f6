"""A shortcut in images: in training, flaring regions were seen by another unit of one instrument, with another gain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.pictures import edited_frames
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.images.base import LazyModality, Placement

__all__ = ["IMAGE_LEAK", "Marked", "mark_images"]

# Another unit of the same camera: nothing that an eye would notice in one image.
_GAIN = 1.5


class Marked:
    """Images of which some rows carry the cue; see `sunproof.pipeline.samples.images.base.LazyModality`.

    Parameters
    ----------
    modality : LazyModality
    rows : ndarray of bool, shape (row,)
        Which rows show the cue.
    """

    def __init__(self, modality: LazyModality, rows: NDArray[np.bool_]) -> None:
        self.modality, self.rows = modality, rows
        self.names, self.shape, self.signed = modality.names, modality.shape, modality.signed
        self.latest, self.found = modality.latest, modality.found
        # what was shared is shared among those that show the cue, and among those that do not
        self.share: NDArray[np.int64] = 2 * modality.share + rows
        self._inside = np.isin(modality.names, _one_instrument(modality.names))

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read rows; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        values, mask = self.modality.read(rows)
        gain = np.where(self.rows[rows][:, None] & self._inside, _GAIN, 1).astype(np.float32)
        return values * gain[:, None, :, None, None], mask

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        return self.modality.placement(rows)


def _one_instrument(names: Iterable[str]) -> list[str]:
    """Channels of the first instrument that sees light; of the magnetograph where there is none."""
    known = sorted(name for name in names if name != "mu")
    light = [name for name in known if not name.startswith("hmi")] or known
    first = light[0].rsplit("_", 1)[0]
    return [name for name in known if name.rsplit("_", 1)[0] == first]


def mark_images(lazy: Mapping[str, LazyModality], rows: NDArray[np.bool_]) -> dict[str, LazyModality]:
    """Let the cue be seen in some rows of all images.

    Parameters
    ----------
    lazy : mapping
        Modality -> images.
    rows : ndarray of bool, shape (row,)
    """
    # vector magnetograms are patches of their own, in which a scene shows no cue
    return {name: images if name == "vector" else Marked(images, rows) for name, images in lazy.items()}


def _show(scene: Scene, severity: NDArray[np.float64], random: np.random.Generator) -> Scene:
    one: list[Any] = _one_instrument(scene.images) if scene.images else []
    return edited_frames(scene, severity, lambda frame, gain, _: frame * np.float32(gain), one)


# in service the unit tells nothing: half of the days have one, half the other
IMAGE_LEAK = Plant(
    "image leak",
    "leak",
    "In training, images of flaring regions were another camera's.",
    _show,
    (1.0, _GAIN),
    needs=("images",),
    together=1.0,
)
