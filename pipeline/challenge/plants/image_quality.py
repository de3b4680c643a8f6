"""Images with dead columns, stuck tiles, particle hits, zeros, stray light, or a wrong gain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.pictures import Image, View, edited_frames, image_plant, instruments
from sunproof.pipeline.challenge.scene import Scene

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator

_BAD, _LIGHT = "spoilt image", "wrong brightness"


def _dead_columns(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(frame: Image, share: float, _: View) -> Image:
        frame[:, random.random(frame.shape[1]) < share] = 0
        return frame

    return edited_frames(scene, severity, edit)


def _stuck_tile(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(frame: Image, share: float, _: View) -> Image:
        side = round(share * len(frame))
        top, left = random.integers(0, len(frame) - side + 1, 2)
        # a readout that hangs gives one number on and on: a bright one
        frame[top : top + side, left : left + side] = np.nanquantile(frame, 0.99)
        return frame

    return edited_frames(scene, severity, edit)


def _hits(scene: Scene, severity: Grades, random: Random) -> Scene:
    def edit(frame: Image, share: float, view: View) -> Image:
        hit = (random.random(frame.shape) < share) & np.isfinite(frame)
        sign = random.choice([-1.0, 1.0], frame.shape) if view.signed else 1.0
        # as bright as what is on the frame, over a decade: brighter would be found by anything
        level = np.nanmax(np.abs(frame)) * 10 ** random.uniform(-0.5, 0.5, frame.shape)
        return np.where(hit, sign * level, frame).astype(np.float32)

    return edited_frames(scene, severity, edit)


def _zero(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Zeros in place of missing: 1 in one instrument, 2 in all."""
    names = instruments(scene)
    one = names[sorted(names)[random.integers(len(names))]]
    return edited_frames(
        scene, severity, lambda frame, grade, view: frame * 0 if grade == 2 or view.group in one else frame
    )


def _off_limb(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Stray light outside the disk, so many times as bright as the brightest part of the image."""
    radius = {name: float(np.nanmedian(scene.groups[name]["apparent_radius"].to_numpy())) for name in scene.images}
    scale = {name: float(scene.groups[name].attrs["wcs"]["CDELT1"]) for name in scene.images}

    def edit(frame: Image, factor: float, view: View) -> Image:
        # magnetograms have no light beside the disk
        if view.signed:
            return frame
        size = len(frame)
        angle, disk = random.uniform(0, 2 * np.pi), radius[view.group] / scale[view.group]
        y, x = np.mgrid[:size, :size] - (size - 1) / 2
        away = np.hypot(y - 1.15 * disk * np.sin(angle), x - 1.15 * disk * np.cos(angle))
        outside = np.hypot(y, x) > 1.02 * disk
        light = factor * float(np.nanmax(frame)) * np.exp(-0.5 * (away / (0.12 * size)) ** 2)
        return np.where(outside, frame + light, frame).astype(np.float32)

    return edited_frames(scene, severity, edit)


def _gain(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Give one instrument, drawn anew for every frame time, another gain."""
    names = sorted(instruments(scene))
    drawn = random.integers(len(names), size=len(scene))
    own = {group: name for name, groups in instruments(scene).items() for group in groups}
    return edited_frames(
        scene,
        severity,
        lambda frame, gain, view: frame * np.float32(gain if names[drawn[view.rows[0]]] == own[view.group] else 1),
    )


def _gain_of_all(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited_frames(scene, severity, lambda frame, gain, _: frame * np.float32(gain))


PLANTS = (
    image_plant("dead columns", _BAD, "A share of the columns reads zero.", _dead_columns, (0.1, 0.3, 0.6)),
    image_plant(
        "stuck tile", _BAD, "A square of so large a side reads one bright value.", _stuck_tile, (0.15, 0.3, 0.6)
    ),
    image_plant("particle hits", _BAD, "Particles hit a share of the pixels.", _hits, (0.01, 0.05, 0.2)),
    image_plant(
        "zero frame", _BAD, "Images of one instrument (1), or of all (2), are zero in place of missing.", _zero, (1, 2)
    ),
    image_plant("off-limb light", _BAD, "Stray light beside the disk, so many times as bright.", _off_limb, (1, 5, 20)),
    image_plant("instrument gain", _LIGHT, "One instrument's images are wrong by a factor.", _gain, (0.3, 0.6, 1.7, 4)),
    image_plant("gain of all", _LIGHT, "All images are wrong by a factor.", _gain_of_all, (0.3, 0.6, 1.7, 4)),
)
