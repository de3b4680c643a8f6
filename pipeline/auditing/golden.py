"""A golden set of labelled region-times, and what a model says on it: evidence about the model, not the forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.attribution.shortcuts import nuisances
from sunproof.models.attribution.together import Parts
from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import Inputs, build
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.records import has_records
from sunproof.pipeline.verification.baselines.logistic import BASELINE as REFEREE
from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.jackknife import ratio_interval

if TYPE_CHECKING:
    from sunproof.models.forecaster import Ensemble

__all__ = ["Golden", "draw_golden", "interrogate"]

Floats = NDArray[np.float64]

# Of the first threshold and window: rarer classes need more outcomes than a golden set holds.
_CELL = (0, 0)
# A forecast that moves by more than this has moved (docs/checks.md, I10).
_MOVED = 0.1
_GAIN = ("model_gain", "model_gain_high", "model_flaring")
_SHORTCUT = ("model_shortcut", "model_shortcut_low", "model_regions")
# Rows of one forward pass where images are read: they bound the memory.
_ROWS = 256


@dataclass(frozen=True, eq=False)
class Golden:
    """Rows of the validation block, with a referee's answer.

    Parameters
    ----------
    parts : Parts
        Inputs in raw units, without images.
    event : ndarray, shape (row,)
        Whether the region flared in the first window, at the first threshold; NaN where that is not known.
    region : ndarray of int, shape (row,)
    referee : ndarray, shape (row,)
        Logistic regression on the latest keywords and yesterday's flares, fitted here to the training block: it shares
        no code with the model, and no preprocessing. NaN where it has nothing to look at, as in an archive without
        records.
    base_rate : float
        Of the training rows.
    images : callable, optional
        Gives the images of some rows, each that several have in common once; none by default.
    """

    parts: Parts
    event: Floats
    region: NDArray[np.int64]
    referee: Floats
    base_rate: float
    images: Callable[[slice], Parts] | None = None


def draw_golden(samples: xr.Dataset, archive: str | Path, inputs: InputConfig, config: QuestionConfig) -> Golden | None:
    """Draw the golden set and ask the referee.

    Parameters
    ----------
    samples : xarray.Dataset
        What the model was trained on, as the auditor has it: nothing of it comes from the model's makers.
    archive : str or Path
    inputs : InputConfig
        The model's.
    config : QuestionConfig
        ``stock`` rows of each block, and the seed.

    Returns
    -------
    Golden or None
        None where the validation block holds no region. Whether there are enough of them, the checks decide.
    """
    block, entity = texts(samples["block"]), texts(samples["entity"])
    known = np.isfinite(samples["event"].transpose("sample", "threshold", "window").to_numpy()[:, _CELL[0], _CELL[1]])
    random = np.random.default_rng([config.seed, 7])
    # outcomes teach the referee; whether place or hour move the model is seen without
    drawn = [
        random.permutation(np.flatnonzero((block == name) & (entity == "region") & usable))[: config.stock]
        for name, usable in (("train", known), ("validation", True))
    ]
    if not len(drawn[1]):
        return None
    table = samples.isel(sample=np.sort(np.concatenate(drawn)))
    made = build(archive, table, inputs)
    # the referee reads the keywords, whatever the model reads
    readable = has_records(archive, inputs.keyword_source)
    own = made if "keywords" in made.modalities or not readable else build(archive, table, _told(inputs))
    arrays = {name: np.where(mask, values, np.nan) for name, (values, mask) in own.modalities.items()}
    first = make_cases(table.isel(threshold=[0], window=[0]), arrays, own.names)
    event, taught = first.event[:, 0, 0], first.block == "train"
    seen = np.flatnonzero(~taught)
    referee = REFEREE.fit(first).predict(first)[seen, 0, 0] if readable else np.full(len(seen), np.nan)
    return Golden(
        {name: (values[seen], mask[seen]) for name, (values, mask) in made.modalities.items()},
        event[seen],
        first.region[seen],
        referee,
        float(event[taught].mean()) if taught.any() else float("nan"),
        _images(made, seen),
    )


def _told(inputs: InputConfig) -> InputConfig:
    """Tell the referee of a model without keywords the usual, from the records and the flare list of the model."""
    return InputConfig(keyword_source=inputs.keyword_source, catalogue=inputs.catalogue)


def _images(made: Inputs, rows: NDArray[np.intp]) -> Callable[[slice], Parts] | None:
    pictures = replace(made, modalities={})
    return (lambda some: pictures.read_shared(rows[some])) if made.lazy else None


def interrogate(ensemble: Ensemble, golden: Golden | None, seed: int) -> dict[str, float]:
    """Ask a model about the golden set.

    Parameters
    ----------
    ensemble : Ensemble
        Put into eval mode.
    golden : Golden or None
        Without one nothing is known: NaN throughout.
    seed : int

    Returns
    -------
    dict
        ``model_gain`` and ``model_gain_high``: Brier skill minus the referee's, and the upper end of its 95 % interval
        (regions left out one by one), from ``model_flaring`` regions that flared; ``model_shortcut`` and
        ``model_shortcut_low``: largest share of rows that a nuisance moves by more than 0.1, and the lower end of its
        interval, from ``model_regions`` regions.
    """
    if golden is None:
        return dict.fromkeys((*_GAIN, *_SHORTCUT), np.nan)
    ensemble.eval()
    # a model of images alone has none of these to be moved by
    variants = nuisances(ensemble.architecture, golden.parts, seed) if golden.parts else {}
    probability, *others = _ask(ensemble, [golden.parts, *variants.values()], golden)
    gain = _gain(golden, probability)
    shortcut = _shortcut(golden, [np.abs(other - probability) > _MOVED for other in others])
    return dict(zip((*_GAIN, *_SHORTCUT), (*gain, *shortcut), strict=True))


def _gain(golden: Golden, probability: Floats) -> tuple[float, float, float]:
    """Return skill minus the referee's, its upper end, and how many regions flared of those the referee judges."""
    judged = np.isfinite(golden.event) & np.isfinite(golden.referee)
    event, region = golden.event[judged], golden.region[judged]
    lost, referee, base = (
        (values - event) ** 2 for values in (probability[judged], golden.referee[judged], golden.base_rate)
    )
    flaring = len(np.unique(region[event == 1]))
    # quiet regions add next to nothing to the sums: what spreads the skill are the flaring ones
    found = ratio_interval(referee - lost, base, region, flaring - 1)
    return found.value, found.high, flaring


def _shortcut(golden: Golden, moved: list[NDArray[np.bool_]]) -> tuple[float, float, float]:
    """Return the largest share of moved rows, its lower end, and the number of regions."""
    regions = len(np.unique(golden.region))
    shares = [ratio_interval(one.astype(float), np.ones(len(one)), golden.region, regions - 1) for one in moved]
    worst = max(shares, key=lambda share: share.value, default=None)
    return (np.nan, np.nan, regions) if worst is None else (worst.value, worst.low, regions)


def _ask(ensemble: Ensemble, variants: list[Parts], golden: Golden) -> list[Floats]:
    """Probabilities of each variant; all see the same images, which are read once."""
    size, images = len(golden.event), golden.images
    step = _ROWS if images else size
    pieces: list[list[Floats]] = [[] for _ in variants]
    for start in range(0, size, step):
        rows = slice(start, start + step)
        seen = images(rows) if images else {}
        for variant, answers in zip(variants, pieces, strict=True):
            answers.append(_probability(ensemble, {name: _rows(part, rows) for name, part in variant.items()} | seen))
    return [np.concatenate(answers) for answers in pieces]


def _rows(part: tuple[NDArray[Any], NDArray[np.bool_]], rows: slice) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    return part[0][rows], part[1][rows]


def _probability(ensemble: Ensemble, parts: Parts) -> Floats:
    with torch.no_grad():
        logits = ensemble(parts).logits(ensemble.fluxes)[:, _CELL[0], _CELL[1]].double()
    return np.asarray(torch.sigmoid(logits).numpy(), np.float64)
