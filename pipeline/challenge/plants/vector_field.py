"""Vector magnetograms with a wrong sign, exchanged components, a wrong scale, or of another region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.samples.images.vector import COMPONENTS

__all__ = ["PLANTS", "seen_patches"]

Grades = NDArray[np.float64]
Random = np.random.Generator
Field = NDArray[np.float32]
Edit = Callable[[Field, float, int], Field]
"""``(field outward, southward and westward of shape (3, y, x), severity, number of the region-time) -> field``"""


def seen_patches(scene: Scene) -> list[dict[str, int]]:
    """Record of the latest patch that all components have, by each data cut-off; group -> record, empty for none."""
    known: list[dict[tuple[int, int], int]] = []
    for name in COMPONENTS:
        group = scene.groups[name]
        time = group["time"].to_numpy().astype("datetime64[ns]").astype(np.int64)
        keys = zip(group["harpnum"].to_numpy().tolist(), time.tolist(), strict=True)
        known.append({key: record for record, key in enumerate(keys)})
    common = sorted(set.intersection(*map(set, known)))
    cutoff = scene.slots["data_cutoff"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    found = []
    for harp, now in zip(scene.slots["harpnum"].to_numpy().tolist(), cutoff.tolist(), strict=True):
        last = max((key for key in common if key[0] == harp and key[1] <= now), default=None)
        found.append({} if last is None else {name: at[last] for name, at in zip(COMPONENTS, known, strict=True)})
    return found


def _pixels(group: Any, record: int) -> tuple[slice, tuple[int, int]]:
    first, rows, columns = (
        int(group[name].to_numpy()[record]) for name in ("patch_first", "patch_rows", "patch_columns")
    )
    return slice(first, first + rows * columns), (rows, columns)


def _field(scene: Scene, records: dict[str, int]) -> Field:
    parts = []
    for name, record in records.items():
        group = scene.groups[name]
        inside, shape = _pixels(group, record)
        parts.append(group[group.attrs["quantity"]].to_numpy()[inside].reshape(shape))
    return np.stack(parts).astype(np.float32)


def _edited(scene: Scene, severity: Grades, edit: Edit) -> Scene:
    """Change the patches that the region-times see last; the archive vouches for what it was given."""
    groups = dict(scene.groups)
    pixels = {name: groups[name][groups[name].attrs["quantity"]].to_numpy().copy() for name in COMPONENTS}
    digests = {name: groups[name]["pixel_digest"].to_numpy().astype(object) for name in COMPONENTS}
    changed = set()
    for number, (records, grade) in enumerate(zip(seen_patches(scene), severity, strict=True)):
        # what several region-times see is changed once
        if not records or records[COMPONENTS[0]] in changed:
            continue
        changed.add(records[COMPONENTS[0]])
        for (name, record), part in zip(records.items(), edit(_field(scene, records), grade, number), strict=True):
            flat = np.ascontiguousarray(part, "<f4").ravel()
            pixels[name][_pixels(groups[name], record)[0]] = flat
            digests[name][record] = digest_bytes(flat.tobytes())
    for name in COMPONENTS:
        field = groups[name][groups[name].attrs["quantity"]]
        columns = {field.name: (field.dims, pixels[name], field.attrs), "pixel_digest": ("record", digests[name])}
        groups[name] = groups[name].assign(columns)
    return replace(scene, groups=groups)


def _southward(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Take the southward component for a northward one: all twist changes its hand."""
    return _edited(scene, severity, lambda field, *_: field * np.array([1, -1, 1], np.float32)[:, None, None])


def _exchanged(scene: Scene, severity: Grades, random: Random) -> Scene:
    order = {1: [0, 2, 1], 2: [1, 0, 2], 3: [2, 1, 0]}
    return _edited(scene, severity, lambda field, grade, _: field[order[round(grade)]])


def _scaled(scene: Scene, severity: Grades, random: Random) -> Scene:
    return _edited(scene, severity, lambda field, factor, _: field * np.float32(factor))


def _another(scene: Scene, severity: Grades, random: Random) -> Scene:
    """Put the patch of another region of the scene into the frame of the own one."""
    seen = seen_patches(scene)
    harp = scene.slots["harpnum"].to_numpy()
    full = np.flatnonzero([bool(records) for records in seen])

    def edit(field: Field, _: float, number: int) -> Field:
        others = full[harp[full] != harp[number]]
        return _framed(_field(scene, seen[random.choice(others)]), field.shape) if len(others) else field

    return _edited(scene, severity, edit)


def _framed(field: Field, shape: tuple[int, ...]) -> Field:
    """Centre a patch in a frame; what it does not reach is missing, what is outside is cut off."""
    made = np.full(shape, np.nan, np.float32)
    sides = zip(field.shape[1:], shape[1:], strict=True)
    cuts = [(min(own, other), max(0, (own - other) // 2), max(0, (other - own) // 2)) for own, other in sides]
    from_, to = ([slice(part[place], part[place] + part[0]) for part in cuts] for place in (1, 2))
    made[:, to[0], to[1]] = field[:, from_[0], from_[1]]
    return made


def _plant(name: str, statement: str, apply: Any, severities: tuple[float, ...] = (1.0,)) -> Plant:
    return Plant(name, "vector field", statement, apply, severities, needs=("vector",))


PLANTS = (
    _plant("southward sign", "The southward component of the field was written northward.", _southward),
    _plant(
        "exchanged components",
        "Two components of the field stand under each other's name: the tangential ones (1), or one and the radial.",
        _exchanged,
        (1, 2, 3),
    ),
    _plant("field scale", "The field is wrong by a factor.", _scaled, (0.1, 0.4, 2.5, 10)),
    _plant("vector patch of another region", "The vector magnetogram is another region's.", _another),
)
