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
from sunproof.pipeline.verification.baselines.logistic import BASELINE as REFEREE
from sunproof.pipeline.verification.bootstrap import interval, make_blocks
from sunproof.pipeline.verification.cases import make_cases, region_key

if TYPE_CHECKING:
    from sunproof.models.forecaster import Ensemble

__all__ = ["Golden", "draw_golden", "interrogate"]

Floats = NDArray[np.float64]

# Of the first threshold and window: rarer classes need more outcomes than a golden set holds.
_CELL = (0, 0)
_RESAMPLES = 500
# A forecast that moves by more than this has moved (docs/checks.md, I10).
_MOVED = 0.1
# Fewer flaring regions tell no skill.
_LEAST_REGIONS = 30
# Rows of one forward pass where images are read: they bound the memory.
_ROWS = 256


@dataclass(frozen=True, eq=False)
class Golden:
    """Labelled rows of the validation block, with a referee's answer.

    Parameters
    ----------
    parts : Parts
        Inputs in raw units, without images.
    event : ndarray, shape (row,)
        Whether the region flared in the first window, at the first threshold.
    region : ndarray of int, shape (row,)
    referee : ndarray, shape (row,)
        Logistic regression on the latest keywords and yesterday's flares, fitted here to the training block: it shares
        no code with the model, and no preprocessing.
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
        None where too few regions flared, or where the referee has nothing to look at.
    """
    block, entity = texts(samples["block"]), texts(samples["entity"])
    known = np.isfinite(samples["event"].transpose("sample", "threshold", "window").to_numpy()[:, _CELL[0], _CELL[1]])
    random = np.random.default_rng([config.seed, 7])
    drawn = [
        random.permutation(np.flatnonzero((block == name) & (entity == "region") & known))[: config.stock]
        for name in ("train", "validation")
    ]
    rows = np.sort(np.concatenate(drawn))
    table = samples.isel(sample=rows)
    made = build(archive, table, inputs)
    # the referee reads the keywords, whatever the model reads
    own = made if "keywords" in made.modalities else build(archive, table, _told(inputs))
    arrays = {name: np.where(mask, values, np.nan) for name, (values, mask) in own.modalities.items()}
    cases = make_cases(table, arrays, own.names)
    inside = cases.block == "validation"
    event = cases.event[:, _CELL[0], _CELL[1]]
    region = region_key(table)
    if _flaring(region, event, inside) < _LEAST_REGIONS:
        return None
    first = make_cases(table.isel(threshold=[0], window=[0]), arrays, own.names)
    referee = REFEREE.fit(first).predict(first)[:, 0, 0]
    seen = np.flatnonzero(inside & np.isfinite(referee))
    # regions of which the referee says nothing are no ground to judge the model on
    if _flaring(region, event, seen) < _LEAST_REGIONS:
        return None
    return Golden(
        {name: (values[seen], mask[seen]) for name, (values, mask) in made.modalities.items()},
        event[seen],
        region[seen],
        referee[seen],
        float(event[~inside].mean()),
        _images(made, seen),
    )


def _flaring(region: NDArray[np.int64], event: Floats, rows: NDArray[Any]) -> int:
    return len(np.unique(region[rows][event[rows] == 1]))


def _told(inputs: InputConfig) -> InputConfig:
    """Tell the referee of a model without keywords the usual, from the records and the flare list of the model."""
    return InputConfig(keyword_source=inputs.keyword_source, catalogue=inputs.catalogue)


def _images(made: Inputs, rows: NDArray[np.intp]) -> Callable[[slice], Parts] | None:
    pictures = replace(made, modalities={})
    return (lambda some: pictures.read_shared(rows[some])) if made.lazy else None


def interrogate(ensemble: Ensemble, golden: Golden, seed: int) -> dict[str, float]:
    """Ask a model about the golden set.

    Parameters
    ----------
    ensemble : Ensemble
        Put into eval mode.
    golden : Golden
    seed : int

    Returns
    -------
    dict
        ``model_gain`` and ``model_gain_high``: Brier skill minus the referee's, and the upper end of its 95 % interval
        (regions resampled); ``model_shortcut``: largest share of rows that a nuisance moves by more than 0.1.
    """
    ensemble.eval()
    # a model of images alone has none of these to be moved by
    variants = nuisances(ensemble.architecture, golden.parts, seed) if golden.parts else {}
    probability, *others = _ask(ensemble, [golden.parts, *variants.values()], golden)
    blocks = make_blocks(golden.region, _RESAMPLES, seed)
    square = {
        name: blocks.sums((values - golden.event) ** 2)
        for name, values in (("model", probability), ("referee", golden.referee), ("base", golden.base_rate))
    }
    gain = interval((square["referee"] - square["model"]) / square["base"])
    moved = [float((np.abs(other - probability) > _MOVED).mean()) for other in others]
    return {
        "model_gain": gain.value,
        # without spread there is nothing to resample: both say the same
        "model_gain_high": gain.value if np.isnan(gain.high) else gain.high,
        "model_shortcut": max(moved, default=np.nan),
    }


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
