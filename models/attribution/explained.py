"""One probability of a served model as a function of one matrix: what ablation, nulls and skill all ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.attribution.levers import levers, pull
from sunproof.models.forecaster import Ensemble
from sunproof.models.normaliser import Modality
from sunproof.models.prepared import Prepared
from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["Explained", "output_place"]

# Rows of one forward pass: enough to amortise the call, small enough to stay in the cache.
_ROWS = 4096
# Pixels of one forward pass: 64 MiB.
_PIXELS = 2**24


def output_place(ensemble: Ensemble, threshold: str, window: float) -> tuple[int, int]:
    """Place of a probability among the model's outputs.

    Raises
    ------
    ConfigError
        If the model has no such threshold or window.
    """
    thresholds = list(ensemble.architecture["thresholds"])
    windows = [float(value) for value in ensemble.architecture["windows"]]
    if threshold not in thresholds or window not in windows:
        known = f"{', '.join(thresholds)} and {', '.join(f'{value:g} h' for value in windows)}"
        raise ConfigError(
            Problem("the model has no such probability", "attribution", f"{threshold}, {window:g} h", known)
        )
    return thresholds.index(threshold), windows.index(window)


@dataclass(frozen=True, eq=False)
class Explained:
    """The logit of one probability over normalised inputs laid out flat: one column an element of a modality.

    The baseline of every element is 0, the training median; what was missing stays missing, and the energy limit stays
    that of the observed region, so that every method explains the same difference.

    Parameters
    ----------
    ensemble : Ensemble
        The served model, in eval mode.
    prepared : Prepared
        Inputs of the batch.
    place : tuple of int
        Threshold and window among the outputs.
    """

    ensemble: Ensemble
    prepared: Prepared
    place: tuple[int, int]

    @classmethod
    def of(cls, ensemble: Ensemble, inputs: Mapping[str, tuple[Any, Any]], threshold: str, window: float) -> Explained:
        """Prepare raw inputs (modality -> values, mask) for one output of the model, which is put into eval mode.

        Raises
        ------
        ConfigError
            If the model has no such threshold or window.
        """
        # dropout off: the same question must have the same answer
        ensemble.eval()
        return cls(ensemble, ensemble.prepare(inputs), output_place(ensemble, threshold, float(window)))

    def __len__(self) -> int:
        return len(self.prepared)

    @cached_property
    def _levers(self) -> dict[str, Modality]:
        return levers(self.prepared)

    @property
    def values(self) -> Tensor:
        """Normalised inputs, shape (sample, element); 0 where missing."""
        return torch.cat([part.flatten(1) for part, _ in self._levers.values()], dim=1)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which elements were observed, shape (sample, element)."""
        return torch.cat([part.flatten(1) for _, part in self._levers.values()], dim=1).numpy()

    def flat(self, parts: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Lay out what belongs to the modalities, as attributions do, in the order of the columns."""
        rows = [np.asarray(parts[name]).reshape(len(self), -1) for name in self._levers]
        return np.concatenate(rows, axis=1).astype(np.float64)

    def logit(self, values: Tensor, rows: Tensor | None = None) -> Tensor:
        """Logit at other inputs of the same samples.

        Parameters
        ----------
        values : Tensor, shape (row, element)
            Normalised.
        rows : Tensor of int, shape (row,), optional
            Sample that each row is a variant of; by default they follow each other.

        Returns
        -------
        Tensor, shape (row,), float64
        """
        rows = torch.arange(len(values)) if rows is None else rows
        starts = range(0, len(values), _ROWS)
        pieces = [self._logit(values[at : at + _ROWS], rows[at : at + _ROWS]) for at in starts]
        return torch.cat(pieces) if pieces else torch.zeros(0, dtype=torch.float64)

    def kept(self, patterns: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Logit with some elements alone, the others at the training median.

        What two patterns leave alike in a modality is encoded once: most take away from some modalities only.

        Parameters
        ----------
        patterns : ndarray of bool, shape (pattern, element)
            What stays, the same for all samples.

        Returns
        -------
        ndarray, shape (sample, pattern)
        """
        pixels = sum(self.prepared.modalities[name][0].numel() for name in self.prepared.index)
        size = max(1, min(_ROWS // max(1, len(self)), _PIXELS // max(1, pixels)))
        pieces = [self._kept(patterns[at : at + size]) for at in range(0, len(patterns), size)]
        return np.concatenate(pieces, axis=1) if pieces else np.zeros((len(self), 0))

    def _kept(self, patterns: NDArray[np.bool_]) -> NDArray[np.float64]:
        parts, index, start = {}, {}, 0
        for name, (before, _) in self._levers.items():
            stop = start + before[0].numel()
            # a modality with few elements has few distinct patterns: each is encoded once
            distinct, which = np.unique(patterns[:, start:stop], axis=0, return_inverse=True)
            start = stop
            values, mask = self.prepared.modalities[name]
            factor = torch.as_tensor(distinct).reshape(len(distinct), 1, *before.shape[1:])
            # images are switched as whole channels, whose pixels follow
            if name in self.prepared.index:
                factor = factor[..., None, None]
            parts[name] = (
                (values[None] * factor).flatten(0, 1),
                mask[None].expand(len(distinct), *mask.shape).flatten(0, 1),
            )
            own = self.prepared.index.get(name, torch.arange(len(self)))
            index[name] = (torch.as_tensor(which.reshape(-1, 1)) * len(values) + own).flatten()
        limit = self.prepared.limit.repeat(len(patterns))
        with torch.no_grad():
            process = self.ensemble.process(Prepared(parts, limit, index))
            logit = process.logits(self.ensemble.fluxes)[:, self.place[0], self.place[1]].double()
        return np.asarray(logit.reshape(len(patterns), len(self)).T.numpy(), np.float64)

    def _logit(self, values: Tensor, rows: Tensor) -> Tensor:
        parts, start = {}, 0
        for name, (before, _) in self._levers.items():
            stop = start + before[0].numel()
            parts[name] = values[:, start:stop].reshape(len(values), *before.shape[1:])
            start = stop
        with torch.no_grad():
            process = self.ensemble.process(pull(self.prepared[rows], parts))
            # logits of float32 differ in the sixth digit: differences of them are taken in double
            return process.logits(self.ensemble.fluxes)[:, self.place[0], self.place[1]].double()
