"""Raw inputs into numbers of order one: fitted on the training block, stored with the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sunproof.pipeline.errors import InputError, ProblemList

__all__ = ["Modality", "Normaliser", "fit_images", "fit_normaliser"]

Modality = tuple[Tensor, Tensor]
"""Values (float32) and mask (bool) of the same shape (batch, ..., feature)."""

# A feature whose 95th percentile is this many times its median is compressed: fluxes, areas, counts span decades.
_TAIL = 4.0
# Beyond this many spreads an input is an outlier whose size says nothing more.
_CLIP = 10.0
# Pixels of each image that are held while fitting.
_PIXELS = 2000


class Normaliser(nn.Module):
    """Compress, centre and scale each feature; missing values become 0, the training median.

    Parameters
    ----------
    statistics : mapping
        Modality -> {``scale``, ``centre``, ``spread``: list of float, one a feature}. ``scale`` 0 leaves a feature
        linear;
        otherwise it is compressed to asinh(value / scale), which is linear below the scale and logarithmic above.
        ``axis`` tells where the features are if not last: -3, the channels of images.
    """

    clip = _CLIP

    def __init__(self, statistics: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__()
        # in a dictionary they are no part of this module
        self._copies: dict[torch.device, Normaliser] = {}
        self.modalities = tuple(statistics)
        self.axes = {modality: int(columns.get("axis", -1)) for modality, columns in statistics.items()}
        for modality, columns in statistics.items():
            for name in ("scale", "centre", "spread"):
                self.register_buffer(f"{modality}_{name}", torch.tensor(list(columns[name]), dtype=torch.float32))

    def forward(self, modality: str, values: Tensor, mask: Tensor) -> Modality:
        """Normalise one modality.

        Parameters
        ----------
        modality : str
        values : Tensor, shape (batch, ..., feature), of images (batch, lag, channel, y, x)
            Raw units; NaN is allowed wherever it is masked or not.
        mask : Tensor of bool, same shape

        Returns
        -------
        values, mask : Tensor
            0 where missing; a NaN is missing whatever its mask says.
        """
        scale, centre, spread = self._columns(modality)
        mask = mask & torch.isfinite(values)
        # before any arithmetic: a NaN that is hidden after it still has a NaN gradient
        values = torch.where(mask, values, torch.zeros_like(values))
        # asinh is linear through zero: keywords have both signs, and zeros
        compressed = torch.asinh(values / torch.where(scale > 0, scale, torch.ones_like(scale)))
        values = (torch.where(scale > 0, compressed, values) - centre) / spread
        # an outlier must not drive the network where training never was
        return torch.where(mask, values.clamp(-self.clip, self.clip), torch.zeros_like(values)), mask

    def on(self, device: torch.device) -> Normaliser:
        """Return this normaliser on a device; copied there once, for copying makes the host wait for the device."""
        if all(buffer.device == device for buffer in self.buffers()):
            return self
        if device not in self._copies:
            self._copies[device] = type(self)(self.statistics()).to(device)
        return self._copies[device]

    def restore(self, modality: str, values: Tensor) -> Tensor:
        """Return raw values from normalised ones; those that were cut off come back at the cut."""
        scale, centre, spread = self._columns(modality)
        values = values * spread + centre
        return torch.where(scale > 0, torch.sinh(torch.where(scale > 0, values, 0)) * scale, values)

    def _columns(self, modality: str) -> tuple[Tensor, Tensor, Tensor]:
        """Scale, centre and spread, in a shape that meets the features' axis."""
        shape = (-1, *[1] * (-1 - self.axes[modality]))
        columns = [getattr(self, f"{modality}_{name}").reshape(shape) for name in ("scale", "centre", "spread")]
        return columns[0], columns[1], columns[2]

    def statistics(self) -> dict[str, dict[str, Any]]:
        """Return what the constructor takes, as plain values."""
        found: dict[str, dict[str, Any]] = {
            modality: {name: getattr(self, f"{modality}_{name}").tolist() for name in ("scale", "centre", "spread")}
            for modality in self.modalities
        }
        for modality, axis in self.axes.items():
            found[modality] |= {"axis": axis} if axis != -1 else {}
        return found


def fit_normaliser(
    inputs: Mapping[str, tuple[Any, Any]], images: Mapping[str, Mapping[str, Any]] | None = None
) -> Normaliser:
    """Fit on the training block.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), arrays or tensors of shape (sample, ..., feature), raw units; the training block
        only.
    images : mapping, optional
        Modality -> what `fit_images` found.

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
    found = {modality: _fit(np.asarray(values), np.asarray(mask)) for modality, (values, mask) in inputs.items()}
    return Normaliser({**found, **(images or {})})


def fit_images(stacks: Iterable[tuple[Any, Any]], signed: Sequence[bool]) -> dict[str, Any]:
    """Fit the channels of images, stack by stack: what is held are a few thousand pixels of each.

    Parameters
    ----------
    stacks : iterable of (values, mask)
        Of the training block only, arrays of shape (image, lag, channel, y, x), raw units.
    signed : sequence of bool
        Channels that keep zero where it is, so that the opposite field is exactly the opposite number.

    Returns
    -------
    dict
        What `Normaliser` takes for a modality.
    """
    held: list[list[NDArray[np.float64]]] = [[] for _ in signed]
    for values, mask in stacks:
        step = max(1, values.shape[0] * values.shape[1] * values.shape[3] * values.shape[4] // (_PIXELS * len(values)))
        for channel, pixels in enumerate(held):
            seen = np.asarray(mask[:, :, channel]) & np.isfinite(values[:, :, channel])
            # evenly spread, and the same ones whenever it is asked
            pixels.append(np.asarray(values[:, :, channel])[seen][::step].astype(np.float64))
    rows = [
        (_fit_signed if sign else _fit_feature)(np.concatenate(pixels) if pixels else np.zeros(0))
        for pixels, sign in zip(held, signed, strict=True)
    ]
    return {name: [row[place] for row in rows] for place, name in enumerate(("scale", "centre", "spread"))} | {
        "axis": -3
    }


def _fit_signed(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Compress both signs alike: linear up to the median strength, which is noise and network, logarithmic above."""
    scale = float(np.median(np.abs(values))) if values.size else 0.0
    values = np.arcsinh(values / scale) if scale > 0 else values
    spread = float(np.sqrt(np.mean(values**2))) if values.size else 0.0
    return scale, 0.0, spread if spread > 1e-12 else 1.0


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
