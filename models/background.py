"""Flares of the full disk from no listed region: one process, or one that depends on what the whole disk shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.heads import FlareProcess, MarkedPoissonHead
from sunproof.models.physics.energy import flux_limit

__all__ = ["Background", "disk_features"]

# Beyond this many spreads a feature says nothing more.
_CLIP = 4.0
# Feature -> modality that it is read off; all others are of images.
_SOURCES = {"xrsb": "xrs", "flares_disk": "history"}
# Steps of the history whose X-ray flux counts as the present level.
_LEVEL = 6


def disk_features(
    inputs: Mapping[str, tuple[Any, Any]], names: Mapping[str, tuple[str, ...]], wanted: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    """Summarise what the whole disk shows.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask) of full-disk rows, raw units.
    names : mapping
        Modality -> names of the last axis, of images of the channels.
    wanted : tuple of str
        ``xrs``: level of the long X-ray channel; ``history``: flares of the disk; ``disk``: mean brightness of each
        channel, mean strength of a magnetogram, at the first of its lags.

    Returns
    -------
    dict
        Name -> values, shape (row,); NaN where nothing was observed.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for modality in wanted:
        if modality not in inputs:
            continue
        values, mask = (np.asarray(part) for part in inputs[modality][:2])
        if modality == "disk":
            # fields have both signs, and their mean says nothing
            sums, counts = (np.abs(values) * mask).sum(axis=(3, 4), dtype=np.float64), mask.sum(axis=(3, 4))
            means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
            found |= {f"disk {name}": np.log(means[:, 0, at] + 1e-6) for at, name in enumerate(names["disk"])}
            continue
        column = next(name for name, source in _SOURCES.items() if source == modality)
        at = names[modality].index(column)
        seen = np.where(mask, values, np.nan)[..., at].astype(np.float64)
        known = np.isfinite(seen)
        if modality == "history":
            found[column] = np.where(known.any(axis=1), np.log1p(np.nansum(seen, axis=1)), np.nan)
        else:
            seen, known = seen[:, -_LEVEL:], known[:, -_LEVEL:]
            count = known.sum(axis=1)
            found[column] = np.where(count > 0, np.nansum(seen, axis=1) / np.maximum(count, 1), np.nan)
    return found


@dataclass(frozen=True)
class Background:
    """A process whose scores are linear in features of the disk; a feature that is missing counts as its mean.

    Parameters
    ----------
    windows : tuple of float
        Hours.
    names : tuple of str
        Features; none for a constant background.
    centre, spread : Tensor, shape (feature,)
        Of the training block.
    scores : Tensor, shape (1 + window,)
        See `sunproof.models.heads.MarkedPoissonHead`.
    weights : Tensor, shape (1 + window, feature)
    """

    windows: tuple[float, ...]
    names: tuple[str, ...]
    centre: Tensor
    spread: Tensor
    scores: Tensor
    weights: Tensor

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that the features are made of."""
        # "disk" is the name of many features, one a channel; other sources have one
        return tuple(sorted({_SOURCES.get(name, "disk") for name in self.names}))

    def normalised(self, features: Mapping[str, NDArray[np.float64]]) -> Tensor:
        """Give the features as the weights meet them, shape (row, feature)."""
        columns = torch.stack([torch.as_tensor(features[name], dtype=torch.float64) for name in self.names], dim=1)
        scaled = ((columns - self.centre) / self.spread).clamp(-_CLIP, _CLIP)
        return torch.where(torch.isfinite(columns), scaled, torch.zeros_like(scaled))

    def process(self, features: Mapping[str, NDArray[np.float64]]) -> FlareProcess:
        """Forecast rows of the full disk.

        Parameters
        ----------
        features : mapping
            See `disk_features`.

        Returns
        -------
        FlareProcess
            In float64: coherent in class and window, as every process of the head.
        """
        scores = self.scores + self.normalised(features) @ self.weights.T
        # the full disk has no single region whose energy could bound a flare
        limit = flux_limit(torch.full((len(scores),), torch.nan, dtype=torch.float64))
        process: FlareProcess = MarkedPoissonHead(self.windows)(scores, limit)
        return process

    def plain(self) -> dict[str, Any]:
        """Return plain values, as `from_plain` takes them."""
        parts = {name: getattr(self, name).tolist() for name in ("centre", "spread", "scores", "weights")}
        return {"windows": list(self.windows), "names": list(self.names), **parts}

    @classmethod
    def from_plain(cls, tree: Mapping[str, Any]) -> Background:
        """Build from plain values."""
        parts = {
            name: torch.tensor(tree[name], dtype=torch.float64) for name in ("centre", "spread", "scores", "weights")
        }
        return cls(tuple(tree["windows"]), tuple(tree["names"]), **parts)
