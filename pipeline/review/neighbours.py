"""Past regions that looked like this one, and what they did."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sunproof.models.physics.goes_class import flux_to_class
from sunproof.pipeline.forecasting.naming import number_of_row
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.evidence import evidence
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["Neighbour", "neighbours"]

# Rows of the training block that are looked at.
_STOCK = 2000


@dataclass(frozen=True)
class Neighbour:
    """A region of the training block.

    Parameters
    ----------
    name, time : str
    distance : float
        Root mean square difference of the keywords in their spreads over the block.
    largest : str
        GOES class of the largest flare in the first window, ``none``, or ``unknown``.
    """

    name: str
    time: str
    distance: float
    largest: str


def neighbours(
    record: dict[str, Any], archive: str | Path, samples: str | Path, number: int = 5, seed: int = 0
) -> list[Neighbour]:
    """Find the regions of the training block whose keywords were most like a forecast's, one row a region.

    Parameters
    ----------
    record : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.
    archive, samples : str or Path
        Of the training.
    number : int
        How many.
    seed : int
        Of the draw of rows, where the block has more than two thousand.

    Returns
    -------
    list of Neighbour
        The nearest first; empty where the forecast has no keywords.
    """
    own = np.array([_number(record["evidence"].get(name)) for name in SHARP_KEYWORDS])
    everything = read_samples(Path(samples))
    rows = np.flatnonzero((texts(everything["block"]) == "train") & (texts(everything["entity"]) == "region"))
    if not np.isfinite(own).any() or not len(rows):
        return []
    drawn = np.sort(np.random.default_rng(seed).permutation(rows)[:_STOCK])
    block = everything.isel(sample=drawn)
    found = evidence(archive, block, InputConfig())
    table = np.stack([np.asarray(found[name], float) for name in SHARP_KEYWORDS], axis=1)
    distance = _distance(_squeeze(table), _squeeze(own[None])[0])
    chosen: dict[int, int] = {}
    for place in np.argsort(distance, kind="stable").tolist():
        if len(chosen) < number and np.isfinite(distance[place]):
            # One row a region, and its nearest comes first.
            chosen.setdefault(int(block["harpnum"].values[place]), place)
    named = block.assign(summary_region=("sample", found["summary_region"]))
    numbers = {place: number_of_row(named, place) for place in chosen.values()}
    return [_neighbour(block.isel(sample=place), noaa, float(distance[place])) for place, noaa in numbers.items()]


def _number(text: Any) -> float:
    return math.nan if text in (None, "") else float(text)


def _squeeze(values: np.ndarray) -> np.ndarray:
    """Keywords span decades and both signs: the inverse hyperbolic sine is a logarithm that has both."""
    return np.asarray(np.arcsinh(values))


def _distance(table: np.ndarray, own: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        spread = np.nanstd(table, axis=0)
        scaled = (table - own) / np.where(spread > 0, spread, np.nan)
        known = np.isfinite(scaled)
        squares = np.where(known, scaled, 0.0) ** 2
        # a region that shares less than half of the keywords cannot be called alike
        enough = known.sum(axis=1) >= np.isfinite(own).sum() / 2
        return np.asarray(np.where(enough, np.sqrt(squares.sum(axis=1) / np.maximum(known.sum(axis=1), 1)), np.nan))


def _neighbour(row: Any, noaa: int, distance: float) -> Neighbour:
    flux = float(row["largest_flux"].values.ravel()[0])
    largest = "unknown" if math.isnan(flux) else str(flux_to_class(np.array([flux]))[0]) if flux > 0 else "none"
    name = f"HARP {int(row['harpnum'])}" + (f", AR {noaa}" if noaa >= 0 else "")
    return Neighbour(name, str(np.datetime_as_string(row["issue_time"].values, unit="m")), distance, largest)
