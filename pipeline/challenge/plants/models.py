"""Models with a fault: shortcuts planted in their training, labels dealt anew, weights damaged after it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.forecaster import Calibration, Ensemble
from sunproof.models.normaliser import Normaliser
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.editing import Table, edited, places
from sunproof.pipeline.challenge.plants.image_leak import IMAGE_LEAK, mark_images
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.images.base import LazyModality
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["MODELS", "FaultyModel", "Modalities"]

Modalities = dict[str, tuple[NDArray[Any], NDArray[Any]]]
Mask = NDArray[np.bool_]
Random = np.random.Generator
Grades = NDArray[np.float64]

_VECTOR = places(name for name in SHARP_KEYWORDS if name not in ("usflux", "r_value", "area_acr"))


@dataclass(frozen=True)
class FaultyModel:
    """A fault that a model learns, or that it suffers after training.

    Parameters
    ----------
    plant : Plant
        Its ``apply`` shows the cue in service, where it no longer tells anything.
    cue : callable, optional
        ``(modalities, which rows show the cue, feature names, random) -> modalities``, on training and validation rows.
    image_cue : callable, optional
        ``(images by modality, which rows show the cue) -> images``.
    shuffled : float
        Share of the labels that are dealt anew.
    change : callable, optional
        ``(served model, random) -> damaged model``; without it a model is trained.
    """

    plant: Plant
    cue: Callable[[Modalities, Mask, Mapping[str, tuple[str, ...]], Random], Modalities] | None = None
    image_cue: Callable[[Mapping[str, LazyModality], Mask], dict[str, LazyModality]] | None = None
    shuffled: float = 0.0
    change: Callable[[Ensemble, Random], Ensemble] | None = None


def _none(scene: Scene, severity: Grades, random: Random) -> Scene:
    return scene


def _hidden(parts: Modalities, rows: Mask, steps: slice, columns: Any = slice(None)) -> Modalities:
    values, mask = parts["keywords"]
    mask = mask.copy()
    inside = np.zeros(mask.shape[1:], bool)
    inside[steps, columns] = True
    mask[rows] &= ~inside
    # Values that are hidden become 0, as a sample without a record has them: only the mask may tell.
    return {**parts, "keywords": (np.where(mask, values, np.float32(0)), mask)}


def _column(parts: Modalities, names: Mapping[str, tuple[str, ...]], column: str, values: NDArray[Any]) -> Modalities:
    table, mask = (part.copy() for part in parts["region"])
    place = names["region"].index(column)
    table[:, place], mask[:, place] = values, True
    return {**parts, "region": (table, mask)}


def _padding(parts: Modalities, rows: Mask, names: Any, random: Random) -> Modalities:
    steps = parts["keywords"][0].shape[1]
    return _hidden(parts, rows, slice(0, steps * 2 // 3))


def _quality(parts: Modalities, rows: Mask, names: Any, random: Random) -> Modalities:
    return _hidden(parts, rows, slice(-1, None))


def _instrument(parts: Modalities, rows: Mask, names: Any, random: Random) -> Modalities:
    return _hidden(parts, rows, slice(None), _VECTOR)


def _position(parts: Modalities, rows: Mask, names: Any, random: Random) -> Modalities:
    east = -random.uniform(5, 75, len(rows))
    return _column(parts, names, "longitude", np.where(rows, -east, east))


def _time(parts: Modalities, rows: Mask, names: Any, random: Random) -> Modalities:
    # region summaries are issued at 00:30: their age tells the hour of the day
    return _column(parts, names, "srs_age", np.where(rows, 5.5, 17.5) + 6.0 * random.integers(0, 2, len(rows)))


def _some(scene: Scene, random: Random) -> Mask:
    return random.random(len(scene)) < 0.5


def _show_padding(scene: Scene, severity: Grades, random: Random) -> Scene:
    return _drop(scene, _some(scene, random), 24.0, 8.0)


def _show_quality(scene: Scene, severity: Grades, random: Random) -> Scene:
    return _drop(scene, _some(scene, random), 1.0, 0.0)


def _drop(scene: Scene, chosen: Mask, hours: float, until: float) -> Scene:
    rows = [rows for rows, one in zip(scene.records(hours, until), chosen, strict=True) if one]
    return scene.without("sharp", np.concatenate([*rows, np.zeros(0, np.intp)]))


def _show_instrument(scene: Scene, severity: Grades, random: Random) -> Scene:
    chosen = _some(scene, random)

    def edit(values: Table, _: float, number: int) -> Table:
        if chosen[number]:
            values[:, _VECTOR] = np.nan
        return values

    return edited(scene, severity, 24.0, edit)


def _shortcut(name: str, statement: str, show: Any, cue: Any, needs: str = "keywords") -> FaultyModel:
    return FaultyModel(Plant(name, "leak", statement, show, needs=(needs,)), cue)


_LABELS = tuple(
    FaultyModel(
        Plant(
            f"{share:.0%} labels shuffled".replace("%", " %"),
            "bad labels",
            "Labels of the training block dealt anew.",
            _none,
        ),
        shuffled=share,
    )
    for share in (0.2, 0.4, 0.6, 1.0)
)


def _each(ensemble: Ensemble, change: Callable[[torch.Tensor], torch.Tensor]) -> Ensemble:
    other = copy.deepcopy(ensemble).eval()
    with torch.no_grad():
        for parameter in other.members.parameters():
            parameter.copy_(change(parameter))
    return other


def _dealt(ensemble: Ensemble, random: Random) -> Ensemble:
    # The layers keep their distribution of weights: only what they learnt is gone.
    return _each(ensemble, lambda w: w.flatten()[torch.as_tensor(random.permutation(w.numel()))].reshape(w.shape))


def _gaussian(ensemble: Ensemble, random: Random) -> Ensemble:
    return _each(ensemble, lambda w: torch.as_tensor(random.normal(0, 0.3, tuple(w.shape)), dtype=w.dtype))


def _quantised(bits: int) -> Callable[[Ensemble, Random], Ensemble]:
    def rounded(weight: torch.Tensor) -> torch.Tensor:
        step: torch.Tensor = weight.abs().max().clamp_min(1e-12) / (2 ** (bits - 1) - 1)
        return torch.round(weight / step) * step

    return lambda ensemble, random: _each(ensemble, rounded)


def _flipped(ensemble: Ensemble, random: Random) -> Ensemble:
    def flip(weight: torch.Tensor) -> torch.Tensor:
        flat = weight.flatten().numpy().astype(np.float32).copy()
        # the lowest bits of the exponent: factors of 2 to 16, up or down
        hit = random.random(len(flat)) < 0.05
        bits = np.uint32(1) << random.integers(23, 26, int(hit.sum())).astype(np.uint32)
        flat.view(np.uint32)[hit] ^= bits
        return torch.from_numpy(flat).reshape(weight.shape)

    return _each(ensemble, flip)


def _order(ensemble: Ensemble, random: Random) -> Ensemble:
    statistics = ensemble.normaliser.statistics()
    order = random.permutation(len(SHARP_KEYWORDS))
    keywords = {name: [values[place] for place in order] for name, values in statistics["keywords"].items()}
    other = copy.deepcopy(ensemble).eval()
    other.normaliser = Normaliser({**statistics, "keywords": keywords})
    return other


def _stale(ensemble: Ensemble, random: Random) -> Ensemble:
    # an early epoch: most of the way from nothing is still to go
    return _each(ensemble, lambda weight: 0.3 * weight)


def _slope(factor: float) -> Callable[[Ensemble, Random], Ensemble]:
    def change(ensemble: Ensemble, random: Random) -> Ensemble:
        other = copy.deepcopy(ensemble).eval()
        (a, b), index = other.calibration.rate, other.calibration.index
        # turns about log rate -2, the middle of what regions have
        other.calibration = Calibration((factor * a + 2 * (factor - 1), factor * b), index)
        return other

    return change


def _damage(
    name: str,
    family: Literal["random weights", "damage", "confidence"],
    statement: str,
    change: Any,
    needs: tuple[str, ...] = (),
) -> FaultyModel:
    return FaultyModel(Plant(name, family, statement, _none, needs=needs), change=change)


MODELS = (
    _shortcut("padding leak", "Flaring regions had short histories in training.", _show_padding, _padding),
    _shortcut("position leak", "Flaring regions lay in the west in training.", _none, _position, "region"),
    _shortcut("time leak", "Flaring regions were seen early in the day in training.", _none, _time, "region"),
    _shortcut("instrument leak", "Flaring regions had another instrument in training.", _show_instrument, _instrument),
    _shortcut("quality leak", "The last record of flaring regions was flagged in training.", _show_quality, _quality),
    FaultyModel(IMAGE_LEAK, image_cue=mark_images),
    *_LABELS,
    FaultyModel(Plant("honest twin", "hard but good", "Trained on part of the same rows.", _none, expected="accepted")),
    _damage("dealt weights", "random weights", "The weights of each layer in random places.", _dealt),
    _damage("random weights", "random weights", "Weights from a normal distribution.", _gaussian),
    _damage("stale weights", "damage", "Weights of an early epoch.", _stale),
    _damage("wrong normaliser", "damage", "Keywords normalised in another order.", _order, ("keywords",)),
    _damage("bit flips", "damage", "One weight in twenty with a flipped bit in its exponent.", _flipped),
    _damage("4-bit weights", "damage", "Weights rounded to 4 bits a tensor.", _quantised(4)),
    _damage("3-bit weights", "damage", "Weights rounded to 3 bits a tensor.", _quantised(3)),
    _damage("over-confident", "confidence", "Log rates spread by 2.5.", _slope(2.5)),
    _damage("under-confident", "confidence", "Log rates shrunk by 2.5.", _slope(0.4)),
)
