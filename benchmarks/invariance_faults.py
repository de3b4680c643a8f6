"""Faulty models that benchmarks/invariance.py asks: those of the challenge, and shortcuts that break a symmetry.

Inputs are of the validation block and as they are, or show the challenge's cue: the fault is the model's. Models kept
in OUTPUT/NAME/challenge/models are used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.symmetries import MIRROR, OPPOSITE, Symmetry
from sunproof.pipeline.challenge.arena import Arena
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.models import FaultyModel
from sunproof.pipeline.challenge.trials import kept, moved, table
from sunproof.pipeline.console import say
from sunproof.pipeline.training.bundle import load_bundle

__all__ = ["World", "faults"]


@dataclass(frozen=True)
class World:
    """A Sun, real or simulated, and the model that is asked."""

    name: str
    archive: Path
    samples: Path
    bundle: Path

    @classmethod
    def of(cls, name: str, folder: Path, bundle: Path) -> Self:
        """Find archive and samples in a folder."""
        return cls(name, folder / "archive.zarr", folder / "samples.nc", bundle)


def faults(world: World, output: Path, size: dict[str, Any], families: Iterable[str]) -> list[dict[str, Any]]:
    """Try model plants of some families of the challenge, and the shortcuts of this file, in the validation block."""
    folder = output / world.name.replace(" ", "_") / "challenge"
    paths = {"archive": world.archive, "samples": world.samples, "bundle": world.bundle, "output": folder}
    config = ChallengeConfig(**paths, block="validation", seed="invariance", **size)
    arena = Arena(config, config.seed)
    reads = load_bundle(world.bundle).ensemble.architecture["modalities"]
    plants = {one.name: one.make for one in arena.entries() if one.family in families and not one.lacking}
    plants |= {one.plant.name: partial(_own, arena, one) for one in _SHORTCUTS if not one.plant.lacking(reads)}
    rows = []
    for name, make in plants.items():
        say(f"{world.name}: {name}")
        rows.append({"set": world.name, "plant": name, "trial": kept(folder / f"{name.replace(' ', '_')}.nc", make)})
    return rows


def _own(arena: Arena, model: FaultyModel) -> xr.Dataset:
    """Train a model with a shortcut, unless it is there, and audit what it says of the fields as they are."""
    path = arena.config.output / "models" / model.plant.name.replace(" ", "_")
    if not path.exists():
        arena.workshop.make(model, path)
    scene, clean = arena.planted_scene(), arena.clean()
    trial = arena.chain.run(scene, path)
    return table(trial, moved(trial, clean), np.ones(len(scene)))


def _signs(symmetry: Symmetry, modality: str) -> Any:
    """Build a cue: the odd features of a modality have the sign that tells the label."""

    def cue(parts: Any, shown: NDArray[np.bool_], names: Any, random: np.random.Generator) -> Any:
        values, mask = parts[modality]
        odd = np.isin(names[modality], symmetry.odd)
        sign = np.where(shown, 1, -1).reshape(-1, *[1] * (values.ndim - 1))
        return {**parts, modality: (np.where(odd, np.abs(values) * sign, values).astype(values.dtype), mask)}

    return cue


def _unmarked(scene: Any, severity: Any, random: Any) -> Any:
    return scene


def _shortcut(name: str, statement: str, symmetry: Symmetry, modality: str) -> FaultyModel:
    plant = Plant(name, "leak", f"In training, {statement}.", _unmarked, needs=(modality,))
    return FaultyModel(plant, cue=_signs(symmetry, modality))


_SHORTCUTS = (
    _shortcut("sign of the current", "the net current of flaring regions had one sign", OPPOSITE, "keywords"),
    _shortcut("sense of the twist", "the twist of flaring regions had one sense", MIRROR, "keywords"),
    _shortcut("hemisphere", "flaring regions lay in one hemisphere", MIRROR, "region"),
)
