"""Inputs as a network takes them: normalised, whole, with the energy limit read off the raw keywords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from sunproof.models.normaliser import Modality, Normaliser
from sunproof.models.physics.energy import flux_limit
from sunproof.pipeline.errors import InputError, ProblemList

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Inputs as the network takes them.

    Parameters
    ----------
    modalities : dict
        Modality -> (normalised values, 0 where missing; mask), every modality of the architecture.
    limit : Tensor, shape (batch,)
        Largest peak flux that the region's magnetic energy allows, W m-2; taken from the raw inputs.
    index : dict
        Modality -> which of its parts each sample has, shape (batch,); of whatever samples share: images always, other
        modalities where variants of samples are asked about.
    pending : dict
        Modality -> what still has to normalise it. Images are normalised where the network is: on a GPU that takes a
        hundredth of the time.
    """

    modalities: dict[str, Modality]
    limit: Tensor
    index: dict[str, Tensor] = field(default_factory=dict)
    pending: dict[str, Normaliser] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.limit.shape[0])

    def apart(self) -> Prepared:
        """Give every sample its own copy of what it shares with others."""
        parts = {
            name: (values[self.index[name]], mask[self.index[name]]) if name in self.index else (values, mask)
            for name, (values, mask) in self.modalities.items()
        }
        return Prepared(parts, self.limit, {}, self.pending)

    def __getitem__(self, index: Any) -> Prepared:
        parts = {
            # shared parts stay whole: only the index says which rows are left
            name: (values, mask) if name in self.index else (values[index], mask[index])
            for name, (values, mask) in self.modalities.items()
        }
        places = {name: rows[index] for name, rows in self.index.items()}
        return Prepared(parts, self.limit[index], places, self.pending)

    def to(self, device: Any, **options: Any) -> Prepared:
        """Move to a device; Lightning calls this on every batch."""
        parts = {
            name: (values.to(device, **options), mask.to(device, **options))
            for name, (values, mask) in self.modalities.items()
        }
        index = {name: rows.to(device, **options) for name, rows in self.index.items()}
        return Prepared(parts, self.limit.to(device, **options), index, self.pending)

    def pin_memory(self) -> Prepared:
        """Copy to where a GPU fetches from by itself, while the model goes on computing."""
        parts = {name: (values.pin_memory(), mask.pin_memory()) for name, (values, mask) in self.modalities.items()}
        index = {name: rows.pin_memory() for name, rows in self.index.items()}
        return Prepared(parts, self.limit.pin_memory(), index, self.pending)

    def ready(self) -> Prepared:
        """Normalise what is still pending, on the device where it lies."""
        if not self.pending:
            return self
        parts = dict(self.modalities)
        with torch.no_grad():
            for name, normaliser in self.pending.items():
                values, mask = parts[name]
                parts[name] = normaliser.on(values.device)(name, values.float(), mask)
        return Prepared(parts, self.limit, self.index)


def prepare(inputs: Mapping[str, tuple[Any, ...]], normaliser: Normaliser, architecture: Mapping[str, Any]) -> Prepared:
    """Normalise the inputs, stand in for absent modalities, and read the energy limit off the raw keywords.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), arrays or tensors in raw units. A modality may be left out: it counts as missing.
        Where samples share values: (values, mask, index), index telling which of the values each sample has.
    normaliser : Normaliser
    architecture : mapping
        See `sunproof.models.network.Network`.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        If a modality is unknown, or of another shape than the architecture's; all such problems together.
    """
    tensors = {name: (torch.as_tensor(part[0]), torch.as_tensor(part[1])) for name, part in inputs.items()}
    index = {name: torch.as_tensor(part[2]) for name, part in inputs.items() if len(part) > 2}
    _check_shapes(tensors, architecture["modalities"])
    # not len(), which an export would take for a constant
    size = next(index.get(name, values).shape[0] for name, (values, _) in tensors.items())
    device = next(values.device for values, _ in tensors.values())
    parts: dict[str, Modality] = {}
    for name, block in architecture["modalities"].items():
        if name not in tensors:
            # one part that all samples share: a lost instrument costs no memory
            shape = (1 if _grid(block) else size, *_shape(block))
            tensors[name] = (torch.zeros(shape, device=device), torch.zeros(shape, dtype=torch.bool, device=device))
            if _grid(block):
                index[name] = torch.zeros(size, dtype=torch.long, device=device)
        values, mask = tensors[name]
        if _grid(block):
            index.setdefault(name, torch.arange(size, device=device))
        parts[name] = normaliser(name, values.float(), mask)
    # on raw numbers: the limit is physics, and must not depend on how a bundle normalises
    limit = flux_limit(_latest_usflux(tensors, architecture["modalities"], size, device))
    return Prepared(parts, limit[index["keywords"]] if "keywords" in index else limit, index)


def _shape(block: Mapping[str, Any]) -> tuple[int, ...]:
    return (*([block["steps"]] if block.get("steps") else []), len(block["features"]), *_grid(block))


def _grid(block: Mapping[str, Any]) -> tuple[int, ...]:
    """Rows and columns of an image; nothing for anything else."""
    return tuple(block.get("grid") or ())


def _check_shapes(tensors: Mapping[str, Modality], blocks: Mapping[str, Any]) -> None:
    problems = ProblemList("model inputs", InputError)
    if not tensors:
        problems.add("no modality given", got=list(tensors), wanted=f"at least one of {', '.join(blocks)}")
    for name, (values, mask) in tensors.items():
        if name not in blocks:
            problems.add("unknown modality", name, name, f"one of {', '.join(blocks)}")
        elif tuple(values.shape[1:]) != _shape(blocks[name]) or mask.shape != values.shape:
            got = f"values {tuple(values.shape)}, mask {tuple(mask.shape)}"
            problems.add("wrong shape", name, got, f"(batch, {', '.join(map(str, _shape(blocks[name])))}) for both")
    problems.check()


def _latest_usflux(
    tensors: Mapping[str, Modality], blocks: Mapping[str, Any], size: int, device: torch.device
) -> Tensor:
    """Latest observed total unsigned flux of each part of the keywords, Mx; NaN where there is none (full disk)."""
    if "usflux" not in blocks.get("keywords", {}).get("features", ()):
        # keywords may be shared, and then there are not as many as samples
        number = tensors["keywords"][0].shape[0] if "keywords" in tensors else size
        return torch.full((number,), torch.nan, device=device)
    place = list(blocks["keywords"]["features"]).index("usflux")
    values, mask = (part[..., place] for part in tensors["keywords"])
    seen = mask & torch.isfinite(values)
    # the largest number among the observed steps is the latest one
    step = (torch.arange(1, values.shape[1] + 1, device=values.device) * seen).argmax(1, keepdim=True)
    latest = values.float().gather(1, step).squeeze(1)
    return torch.where(seen.any(1), latest, torch.full_like(latest, torch.nan))
