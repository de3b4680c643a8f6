"""What the forecast would have been: other inputs of the same kind, given to the same model, all outputs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.symmetric import symmetric
from sunproof.models.attribution.together import Parts, answer_together
from sunproof.models.forecaster import Ensemble
from sunproof.models.physics.scaling import stronger

__all__ = ["Stock", "counterfactuals"]

_FACTORS = (1.1, 1.2, 1.3)
_GROWN = {f"field x {factor:g}": factor for factor in _FACTORS}
# Groups that speak of the region itself beside its magnetogram, and those that speak of neither Sun nor region.
_REPORTED = ("flares of the region", "region summary")
_FRAME = ("place", "time")
# Flux near inversion lines with strong gradients, a logarithm (Schrijver 2007).
_LINE = "r_value"

_Infill = tuple[Parts, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Stock:
    """What is put in the place of what is taken away: rows of the training block, in raw units.

    Parameters
    ----------
    quiet : Parts
        Regions of little flux without flares: what is left when an active region is taken away.
    others : Parts
        Any regions.
    low, high : ndarray, shape (feature,)
        Least and largest value of each keyword in the training block; beyond them nothing can be said.
    """

    quiet: Parts
    others: Parts
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def pick(cls, parts: Parts, architecture: Mapping[str, Any], count: int, seed: int) -> Stock:
        """Draw the stock from the training block.

        Parameters
        ----------
        parts : Parts
            Training rows, without images.
        architecture : mapping
            See `sunproof.models.network.Network`.
        count : int
            Rows of each kind at most.
        seed : int

        Returns
        -------
        Stock
            Without quiet rows where the model reads no keywords, without any where it reads images alone.
        """
        size = len(next(iter(parts.values()))[0]) if parts else 0
        random = np.random.default_rng(seed)
        quiet, low, high = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        if "keywords" in parts:
            values, mask = parts["keywords"]
            values = np.where(mask & np.isfinite(values), values, np.nan).astype(np.float64)
            quiet = _quiet_rows(values, architecture["modalities"]["keywords"]["features"])
            # fmin and fmax pass over NaN: the range is of what was observed
            low, high = (end.reduce(values.reshape(-1, values.shape[-1]), axis=0) for end in (np.fmin, np.fmax))
        quiet, others = (random.permutation(rows)[:count] for rows in (quiet, np.arange(size)))
        return cls(_rows(parts, quiet), _rows(parts, others), low, high)


def _quiet_rows(values: NDArray[np.float64], names: list[str]) -> NDArray[np.int64]:
    """Rows whose last record is complete, in the lowest tenth of unsigned flux: plages, which hardly ever flare."""
    flux, whole = values[:, -1, names.index("usflux")], np.isfinite(values[:, -1]).all(axis=1)
    if not whole.any():
        return np.zeros(0, np.int64)
    return np.flatnonzero(whole & (flux <= np.quantile(flux[whole], 0.1)))


def counterfactuals(
    ensemble: Ensemble, parts: Parts, stock: Stock, fillings: int = 5
) -> dict[str, NDArray[np.float64]]:
    """Ask the model what it would have said.

    Parameters
    ----------
    ensemble : Ensemble
        The served model; put into eval mode.
    parts : Parts
        Inputs of the batch, raw units; images may be shared: (values, mask, index).
    stock : Stock
    fillings : int
        Rows of the stock that are tried; the median counts, because every filling is a little unlike the Sun.

    Returns
    -------
    dict
        Intervention -> logit, shape (sample, threshold, window), float64; NaN where it cannot be made: nothing to take
        away, nothing to put in, or inputs beyond all of training. ``served`` is the forecast itself; ``quiet Sun``:
        the magnetogram of a quiet region, its flares, summary and images unknown; ``no flare history``: unknown;
        ``without MODALITY``; ``other place and time``: position and ages of another region; ``stale``, ``future``: the
        history one step late or early; ``field x K``: magnetic field K times as strong, in keywords and images;
        ``no inversion line``: R_VALUE 0; and those of `sunproof.models.attribution.symmetric`.
    """
    ensemble.eval()
    images = {name: part for name, part in parts.items() if ensemble.architecture["modalities"][name].get("grid")}
    rows = {
        name: (np.asarray(part[0]), np.asarray(part[1], bool)) for name, part in parts.items() if name not in images
    }
    asked: list[tuple[str, Parts, NDArray[np.bool_]]] = []
    interventions = _interventions(ensemble, rows, stock, fillings) if rows else {}
    for name, variants in interventions.items():
        # of a region taken away nothing may be seen; all else but a stronger field leaves the images as they were
        kept = {} if name == "quiet Sun" else _stronger(ensemble, images, _GROWN[name]) if name in _GROWN else images
        asked += [(name, other | kept, able) for other, able in variants]
    for name in images:
        # images have no summary to replace: a modality of them is taken away as a whole
        others = {other: part for other, part in images.items() if other != name}
        asked.append((f"without {name}", rows | others, _observed(images[name])))
    asked += symmetric(ensemble.architecture["modalities"], rows | images)
    served, *logits = answer_together(ensemble, [rows | images, *(other for _, other, _ in asked)])
    found = {"served": served}
    # an intervention with nothing to put in was asked of nobody, and is unknown
    for name in dict.fromkeys([*interventions, *(name for name, _, _ in asked)]):
        answers = [
            np.where(able[:, None, None], logit, np.nan)
            for logit, (own, _, able) in zip(logits, asked, strict=True)
            if own == name
        ]
        # the median over fillings: one unlucky donor decides nothing
        found[name] = np.median(np.stack(answers), axis=0) if answers else np.full_like(served, np.nan)
    return found


def _stronger(ensemble: Ensemble, images: Parts, factor: float) -> Parts:
    """Multiply the channels of a magnetic field; images without one stay the same arrays."""
    grown = dict(images)
    for name, (values, *rest) in images.items():
        signed = np.array(ensemble.architecture["modalities"][name]["signed"], bool)
        if signed.any():
            gain = np.where(signed, factor, 1.0).astype(np.float32)[:, None, None]
            grown[name] = (np.asarray(values) * gain, *rest)
    return grown


def _observed(images: tuple[Any, ...]) -> NDArray[np.bool_]:
    """Rows with any pixel."""
    seen = _any(np.asarray(images[1]))
    return seen[np.asarray(images[2])] if len(images) > 2 else seen


def _interventions(ensemble: Ensemble, parts: Parts, stock: Stock, fillings: int) -> dict[str, Iterable[_Infill]]:
    scene = _Scene(ensemble.architecture, parts)
    found: dict[str, Iterable[_Infill]] = {}
    if "keywords" in parts:
        found["quiet Sun"] = [scene.quiet(_rows(stock.quiet, [row])) for row in _first(stock.quiet, fillings)]
        found |= {name: [scene.stronger(factor, stock)] for name, factor in _GROWN.items()}
        if _LINE in scene.blocks["keywords"]["features"]:
            found["no inversion line"] = [scene.without_line()]
    if scene.has("flares of the region"):
        found["no flare history"] = [scene.without(("flares of the region",))]
    if len(ensemble.architecture["modalities"]) > 1:
        found |= {f"without {name}": [scene.off(name)] for name in parts}
    if any(map(scene.has, _FRAME)):
        found["other place and time"] = [
            scene.swap(_rows(stock.others, [row])) for row in _first(stock.others, fillings)
        ]
    if scene.steps:
        found["stale"] = [scene.shift(lambda step: np.maximum(step - 1, 0))]
        found["future"] = [scene.shift(lambda step: np.minimum(step + 1, len(step) - 1))]
    return found


class _Scene:
    """The inputs of a batch with their physical groups, and what can be done to them."""

    def __init__(self, architecture: Mapping[str, Any], parts: Parts) -> None:
        self.parts = parts
        self.size = len(next(iter(parts.values()))[0])
        self.blocks = {name: architecture["modalities"][name] for name in parts}
        self.steps = [name for name, block in self.blocks.items() if block.get("steps")]
        self.groups = {name: partition({"modalities": {name: block}}, "physics") for name, block in self.blocks.items()}

    def has(self, group: str) -> bool:
        return any(group in groups.names for groups in self.groups.values())

    def _where(self, modality: str, chosen: Iterable[str]) -> NDArray[np.bool_]:
        """Elements of a modality in the chosen groups, in the shape of one row."""
        groups = self.groups[modality]
        inside = np.isin(groups.index, [groups.names.index(name) for name in chosen if name in groups.names])
        return np.asarray(inside.reshape(self.parts[modality][0].shape[1:]))

    def _seen(self, chosen: Iterable[str]) -> NDArray[np.bool_]:
        """Rows in which anything of the chosen groups was observed."""
        chosen = tuple(chosen)
        rows = [_any(mask & self._where(name, chosen)) for name, (_, mask) in self.parts.items()]
        return np.asarray(np.any(rows, axis=0))

    def without(self, chosen: tuple[str, ...]) -> _Infill:
        hidden = {
            # untouched ones stay the same arrays, which are then encoded once
            name: (values, mask & ~inside) if (inside := self._where(name, chosen)).any() else (values, mask)
            for name, (values, mask) in self.parts.items()
        }
        return hidden, self._seen(chosen)

    def off(self, modality: str) -> _Infill:
        values, mask = self.parts[modality]
        return self.parts | {modality: (values, np.zeros_like(mask))}, _any(mask)

    def quiet(self, donor: Parts) -> _Infill:
        values, mask = (np.repeat(part, self.size, axis=0) for part in donor["keywords"])
        # without what others report, or a quiet field would stand beside a report of a large region
        hidden, _ = self.without(_REPORTED)
        # nothing observed stays nothing: a donor must not invent a record
        return hidden | {"keywords": (values, mask)}, _any(self.parts["keywords"][1])

    def without_line(self) -> _Infill:
        values, mask = self.parts["keywords"]
        line = np.isin(self.blocks["keywords"]["features"], _LINE)
        # 0 is what a region without a strong gradient has: no filling is drawn
        able = _any(mask & line & (np.nan_to_num(values) > 0))
        return self.parts | {"keywords": (np.where(line & mask, np.zeros_like(values), values), mask)}, able

    def swap(self, donor: Parts) -> _Infill:
        swapped = {}
        for name, (values, mask) in self.parts.items():
            frame = self._where(name, _FRAME)
            swapped[name] = (values, mask)
            if frame.any():
                swapped[name] = (np.where(frame, donor[name][0], values), np.where(frame, donor[name][1], mask))
        return swapped, self._seen(_FRAME)

    def shift(self, order: Callable[[NDArray[Any]], NDArray[Any]]) -> _Infill:
        moved = dict(self.parts)
        for name in self.steps:
            at = order(np.arange(self.blocks[name]["steps"]))
            moved[name] = (self.parts[name][0][:, at], self.parts[name][1][:, at])
        return moved, np.ones(self.size, bool)

    def stronger(self, factor: float, stock: Stock) -> _Infill:
        values, mask = self.parts["keywords"]
        names = self.blocks["keywords"]["features"]
        grown = stronger(values, names, factor).astype(values.dtype)
        seen = mask & np.isfinite(values)
        # the training block's range is not known: whatever grows may leave it
        if not len(stock.high):
            return self.parts, np.zeros(self.size, bool)
        # a stronger field takes net currents and helicities further from zero on either side; nothing nearer to it
        beyond = seen & ~((grown >= np.minimum(stock.low, 0)) & (grown <= stock.high))
        return self.parts | {"keywords": (grown, mask)}, ~_any(beyond) & _any(seen)


def _any(elements: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows with any element."""
    return np.asarray(elements.reshape(len(elements), -1).any(axis=1))


def _rows(parts: Parts, index: Any) -> Parts:
    return {name: (values[index], mask[index]) for name, (values, mask) in parts.items()}


def _first(parts: Parts, count: int) -> range:
    return range(min(count, len(next(iter(parts.values()))[0])))
