"""A model in fewer bits, and in a form that can be exported: what enters and leaves it stays in float32."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from sunproof.models.eight_bits import Int8Conv2d, Int8Linear
from sunproof.models.forecaster import Ensemble
from sunproof.models.foreign import ForeignModel
from sunproof.models.prepared import Prepared
from sunproof.pipeline.errors import InputError, Problem

__all__ = ["Exportable", "Precision", "reduced"]

Precision = Literal["fp32", "fp16", "bf16", "int8"]
_FLOATS = {"fp16": torch.float16, "bf16": torch.bfloat16}


def reduced(ensemble: Ensemble, precision: Precision, keep: Sequence[str] = ()) -> Ensemble:
    """Copy a model with the members' arithmetic in fewer bits.

    Normalisation, energy limit, head and calibration stay in float32: fluxes span more decades than 16 bits hold
    (1e-8 W m-2 is 0 in float16, 1e23 Mx is infinite), so they are compressed first.

    Parameters
    ----------
    ensemble : Ensemble
    precision : str
        ``fp16``, ``bf16``: members' weights and activations; ``int8``: their linear layers and convolutions, never
        recurrent ones nor what attention does inside; ``fp32``: a copy.
    keep : sequence of str
        Patterns of layers that ``int8`` leaves as they are, e.g. ``*.wide``.

    Returns
    -------
    Ensemble

    Raises
    ------
    InputError
        For a foreign model in 16 bits: raw fluxes enter its module.
    """
    copied = copy.deepcopy(ensemble).eval()
    if precision in _FLOATS:
        if isinstance(ensemble, ForeignModel):
            what = "raw fluxes enter a foreign module, and 16 bits do not hold them"
            raise InputError(Problem(what, precision, todo="Export it as fp32 or int8."))
        for member in copied.members:
            _in_bits(member, _FLOATS[precision])
    elif precision == "int8":
        for path, parent, name, layer in list(_layers(copied)):
            if not any(fnmatch.fnmatchcase(path, pattern) for pattern in keep):
                setattr(parent, name, Int8Linear(layer) if isinstance(layer, nn.Linear) else Int8Conv2d(layer))
    return copied


def _in_bits(member: Any, dtype: torch.dtype) -> None:
    def enter(module: nn.Module, given: tuple[Prepared]) -> tuple[Prepared]:
        parts = {name: (values.to(dtype), mask) for name, (values, mask) in given[0].modalities.items()}
        # without what members have in common: that was made in float32, and is made anew in these bits
        return (replace(given[0], modalities=parts),)

    def leave(module: nn.Module, given: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return (given[0].float(), given[1])

    member.to(dtype)
    member.head.float()
    member.register_forward_pre_hook(enter)
    member.head.register_forward_pre_hook(leave)


def _layers(root: nn.Module) -> Iterator[tuple[str, nn.Module, str, nn.Linear | nn.Conv2d]]:
    """Yield layers with path and parent; attention reads the weights of its own without calling them."""
    for path, parent in root.named_modules():
        if not isinstance(parent, nn.MultiheadAttention):
            for name, child in parent.named_children():
                # Exactly these: what is derived from them may compute something else.
                if type(child) is nn.Linear or (type(child) is nn.Conv2d and child.padding_mode == "zeros"):
                    yield f"{path}.{name}", parent, name, child


class Exportable(nn.Module):
    """The served function with plain tensors in and out; what it predicts beside flares is left out.

    Parameters
    ----------
    ensemble : Ensemble
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self.model = ensemble
        self.names = tuple(ensemble.architecture["modalities"])

    def forward(self, values: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Forecast a batch of raw inputs, all modalities given.

        Returns
        -------
        dict
            ``logit`` (batch, threshold, window), ``log_rate`` (batch, window), ``alpha`` (batch,), ``limit`` (batch,).
        """
        process = self.model({name: (values[name], masks[name]) for name in self.names})
        logit = process.logits(self.model.fluxes)
        return {"logit": logit, "log_rate": process.log_rate, "alpha": process.alpha, "limit": process.limit}
