"""Raw inputs into numbers of order one: fitted on the training block, stored with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sunproof.pipeline.errors import InputError, ProblemList

__all__ = ["Modality", "Normaliser", "fit_normaliser"]

Modality = tuple[Tensor, Tensor]
"""Values (float32) and mask (bool) of the same shape (batch, ..., feature)."""

# A feature whose 95th percentile is this many times its median is compressed: fluxes, areas, counts span decades.
_TAIL = 4.0
# Beyond this many spreads an input is an outlier whose size says nothing more.
_CLIP = 10.0


class Normaliser(nn.Module):
    """Compress, centre and scale each feature; missing values become 0, the training median.

    Parameters
    ----------
    statistics : mapping
        Modality -> {``scale``, ``centre``, ``spread``: list of float, one a feature}. ``scale`` 0 leaves a feature
        linear;
        otherwise it is compressed to asinh(value / scale), which is linear below the scale and logarithmic above.
    """

    clip = _CLIP

    def __init__(self, statistics: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        super().__init__()
        self.modalities = tuple(statistics)
        for modality, columns in statistics.items():
            for name in ("scale", "centre", "spread"):
                self.register_buffer(f"{modality}_{name}", torch.tensor(list(columns[name]), dtype=torch.float32))

    def forward(self, modality: str, values: Tensor, mask: Tensor) -> Modality:
        """Normalise one modality.

        Parameters
        ----------
        modality : str
        values : Tensor, shape (batch, ..., feature)
            Raw units; NaN is allowed wherever it is masked or not.
        mask : Tensor of bool, same shape

        Returns
        -------
        values, mask : Tensor
            0 where missing; a NaN is missing whatever its mask says.
        """
        scale, centre, spread = (getattr(self, f"{modality}_{name}") for name in ("scale", "centre", "spread"))
        mask = mask & torch.isfinite(values)
        values = torch.where(mask, values, torch.zeros_like(values))
        compressed = torch.asinh(values / torch.where(scale > 0, scale, torch.ones_like(scale)))
        values = (torch.where(scale > 0, compressed, values) - centre) / spread
        return torch.where(mask, values.clamp(-self.clip, self.clip), torch.zeros_like(values)), mask

    def statistics(self) -> dict[str, dict[str, list[float]]]:
        """Return what the constructor takes, as plain values."""
        return {
            modality: {name: getattr(self, f"{modality}_{name}").tolist() for name in ("scale", "centre", "spread")}
            for modality in self.modalities
        }


def fit_normaliser(inputs: Mapping[str, tuple[Any, Any]]) -> Normaliser:
    """Fit on the training block.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), arrays or tensors of shape (sample, ..., feature), raw units; the training block
        only.

    Returns
    -------
    Normaliser
        A feature never observed, or always the same, is passed through as 0.

    Raises
    ------
    InputError
        If a modality's values and mask differ in shape.
    """
    problems = ProblemList("training block", InputError)
    for modality, (values, mask) in inputs.items():
        if tuple(values.shape) != tuple(mask.shape):
            problems.add("values and mask differ in shape", modality, tuple(mask.shape), str(tuple(values.shape)))
    problems.check()
    return Normaliser(
        {modality: _fit(np.asarray(values), np.asarray(mask)) for modality, (values, mask) in inputs.items()}
    )


def _fit(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> dict[str, list[float]]:
    columns = values.reshape(-1, values.shape[-1])
    seen = mask.reshape(columns.shape) & np.isfinite(columns)
    rows = [_fit_feature(columns[seen[:, index], index].astype(float)) for index in range(columns.shape[1])]
    return {name: [row[place] for row in rows] for place, name in enumerate(("scale", "centre", "spread"))}


def _fit_feature(values: NDArray[np.float64]) -> tuple[float, float, float]:
    if values.size == 0:
        return 0.0, 0.0, 1.0
    size = np.abs(values)
    scale = 0.0
    if np.quantile(size, 0.95) > _TAIL * np.median(size):
        # the tenth percentile of what is not zero: logarithmic over nearly the whole range, linear through zero
        scale = float(np.quantile(size[size > 0], 0.1))
        values = np.arcsinh(values / scale)
    spread = float(values.std())
    return scale, float(np.median(values)), spread if spread > 1e-12 else 1.0
