"""Explanations that are given with a forecast: drawn, copied or borrowed ones, and the true one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.nulls import random_twins

__all__ = ["FABRICATED", "Claim", "Parts", "true_explanation"]

Flat = NDArray[np.float64]
Parts = dict[str, tuple[NDArray[Any], NDArray[np.bool_]]]
Claim = Callable[[Explained, Parts, Flat, np.random.Generator], Flat]
"""``(model at the batch, raw inputs, true explanation, random) -> claimed explanation``, shape (sample, element)."""


def _scaled(claimed: Flat, true: Flat) -> Flat:
    """Give a claimed explanation the sum of the true one: forgers know that completeness is checked."""
    sums = claimed.sum(axis=1, keepdims=True)
    factor = np.divide(true.sum(axis=1, keepdims=True), sums, out=np.ones_like(sums), where=np.abs(sums) > 1e-6)
    return np.asarray(claimed * factor)


def _constant(model: Explained, parts: object, true: Flat, random: np.random.Generator) -> Flat:
    return _scaled(model.mask.astype(float), true)


def _input(model: Explained, parts: object, true: Flat, random: np.random.Generator) -> Flat:
    return _scaled(np.abs(model.values.numpy()).astype(float), true)


def _another(model: Explained, parts: object, true: Flat, random: np.random.Generator) -> Flat:
    # rolled by at least one: never its own
    return _scaled(np.roll(true, 1 + int(random.integers(len(true) - 1)), axis=0) if len(true) > 1 else true, true)


def _second(
    model: Explained,
    parts: Parts,
    true: Flat,
    random: np.random.Generator,
) -> Flat:
    twin = random_twins(model.ensemble, 1, int(random.integers(1 << 31)))[0]
    threshold, window = model.place
    found = attribute(
        twin, parts, twin.architecture["thresholds"][threshold], float(twin.architecture["windows"][window])
    )
    return _scaled(model.flat(found.modalities), true)


def _smeared(model: Explained, parts: object, true: Flat, random: np.random.Generator) -> Flat:
    # at what was observed: a share of an input that is not there would give the forgery away
    return _scaled(random.permuted(true, axis=1) * model.mask, true)


def true_explanation(model: Explained, parts: object, true: Flat, random: np.random.Generator) -> Flat:
    """Give the model's own explanation, with the three digits that a table prints."""
    # the decade of each number's third digit
    size = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(true), 1e-12))) - 2)
    return np.asarray(np.round(true / size) * size)


FABRICATED: dict[str, tuple[str, Claim]] = {
    "constant map": ("Every input has the same share.", _constant),
    "input as map": ("The size of the input stands for its effect.", _input),
    "map of another region": ("The explanation of another forecast.", _another),
    "map of a second model": ("The explanation of a model with other weights.", _second),
    "shuffled map": ("The true shares at random inputs.", _smeared),
}
