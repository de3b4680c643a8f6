"""Images of another time, of another region, of another channel, or turned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.pictures import Image, View, edited_frames, image_plant, pixels, seen_frames
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.samples.images.projection import project

__all__ = ["PLANTS"]

Grades = NDArray[np.float64]
Random = np.random.Generator

_DAY = np.timedelta64(24, "h")
# Half the side of what is cut out around a region, degrees of arc on the Sun, and arcsec a degree seen from the Earth.
_HALF, _ARCSEC = 10.0, 16.7
_ELSE, _FORM = "image of something else", "turned image"


def _other_time(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Put the frame of some days earlier or later under this time, in all channels alike."""
    later = random.random(len(scene)) < 0.5
    stacks = {name: pixels(scene, name) for name in scene.images}
    times = {name: scene.groups[name]["time_observed"].to_numpy() for name in scene.images}

    def edit(_: Image, days: float, view: View) -> Image:
        apart = (times[view.group] - times[view.group][view.slot]) / _DAY
        wanted = days if later[view.rows[0]] else -days
        # near the wanted time, and never near this one
        distance = np.abs(apart - wanted) + np.where(np.abs(apart) < 0.6 * days, 1e6, 0.0)
        other: Image = stacks[view.group][int(distance.argmin())]
        return other

    return edited_frames(scene, severity, edit)


def _stale(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Serve a frame again that was served so many frames before."""
    stacks = {name: pixels(scene, name) for name in scene.images}
    times = {name: scene.groups[name]["time_observed"].to_numpy() for name in scene.images}

    def edit(frame: Image, back: float, view: View) -> Image:
        order = np.argsort(times[view.group], kind="stable")
        place = int(np.flatnonzero(order == view.slot)[0]) - round(back)
        return stacks[view.group][order[place]] if place >= 0 else frame

    return edited_frames(scene, severity, edit)


def _mirrored(scene: Scene, severity: Grades, random: Random) -> Scene:
    # the field is mirrored as a picture would be: its sign is forgotten
    return edited_frames(scene, severity, lambda frame, axis, _: np.flip(frame, 1 if axis == 1 else 0))


def _turned(scene: Scene, severity: Grades, random: Random) -> Scene:
    return edited_frames(scene, severity, lambda frame, degrees, _: np.rot90(frame, round(degrees / 90)))


def _exchanged(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Put the frames of each channel under the name of another: 1 of its neighbour in the list, 2 of the one after."""
    stacks = {name: pixels(scene, name) for name in scene.images}
    latest = {name: seen_frames(scene, name) for name in scene.images}
    names = scene.images

    def edit(frame: Image, steps: float, view: View) -> Image:
        other = names[(names.index(view.group) + round(steps)) % len(names)]
        slot = latest[other][view.rows[0]]
        return stacks[other][slot] if slot >= 0 and stacks[other].shape[1:] == frame.shape else frame

    return edited_frames(scene, severity, edit)


def _places(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of each region-time's latest record; NaN where there is none."""
    sharp = scene.groups["sharp"]
    last = [rows[-1] if len(rows) else -1 for rows in scene.records(72.0)]
    both = []
    for name in ("latitude", "longitude"):
        values = sharp[name].to_numpy().astype(float) if name in sharp else np.full(sharp.sizes["record"], np.nan)
        both.append(np.append(values, np.nan)[np.array(last)])
    return both[0], both[1]


def _another(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Paste what surrounds another region of the scene over the own one, in every channel."""
    latitude, longitude = _places(scene)
    stacks = {name: pixels(scene, name) for name in scene.images}
    latest = {name: seen_frames(scene, name) for name in scene.images}
    harp = scene.slots["harpnum"].to_numpy()
    inside = np.flatnonzero(np.abs(longitude) < 60)
    if not len(inside):
        return scene
    donors = random.choice(inside, len(scene))

    def edit(frame: Image, _: float, view: View) -> Image:
        for row in view.rows.tolist():
            donor = int(donors[row])
            slot = int(latest[view.group][donor])
            if slot < 0 or harp[donor] == harp[row] or not abs(longitude[row]) < 60:
                continue
            there = _box(scene.groups[view.group], slot, latitude[donor], longitude[donor], len(frame))
            here = _box(scene.groups[view.group], view.slot, latitude[row], longitude[row], len(frame))
            if there is None or here is None:
                continue
            # the smaller of both boxes: the piece must fit where it comes from and where it goes
            half = min(*here[2:], *there[2:])
            cut = stacks[view.group][slot][_around(there, half)]
            frame[_around(here, half)] = cut
        return frame

    return edited_frames(scene, severity, edit)


def _around(box: tuple[int, int, int, int], half: int) -> tuple[slice, slice]:
    row, column = box[:2]
    return slice(row - half, row + half + 1), slice(column - half, column + half + 1)


def _box(group: Any, slot: int, latitude: float, longitude: float, size: int) -> tuple[int, int, int, int] | None:
    """Pixel of a place, and how far one may go from it in both directions; None where it is not seen."""
    values: Mapping[str, Any] = {name: group[f"observer_{name}"].to_numpy()[slot] for name in Viewpoint._fields}
    seen = project(np.array(latitude), np.array(longitude), Viewpoint(**values))
    scale = float(group.attrs["wcs"]["CDELT1"])
    if not seen.mu > 0.3:
        return None
    row, column = (round(float(part) / scale + (size - 1) / 2) for part in (seen.y, seen.x))
    half = round(_HALF * _ARCSEC / scale)
    room = min(row, column, size - 1 - row, size - 1 - column)
    return (row, column, half, room) if room > 0 else None


PLANTS = (
    image_plant(
        "frame of another time",
        _ELSE,
        "Images of so many days earlier or later under this time.",
        _other_time,
        (3, 6, 10),
    ),
    image_plant("stale frame", _ELSE, "Images are those of so many frames before.", _stale, (1, 2, 3)),
    image_plant("patch of another region", _ELSE, "In the images another region stands in this one's place.", _another),
    image_plant(
        "exchanged channels",
        _ELSE,
        "Images stand under the name of the channel so many places further.",
        _exchanged,
        (1, 2, 3),
    ),
    image_plant(
        "mirrored image", _FORM, "East and west (1), or north and south (2), are exchanged.", _mirrored, (1, 2)
    ),
    image_plant("rotated image", _FORM, "Images are turned by so many degrees.", _turned, (90, 180, 270)),
)
