"""The network of one member: encoders, fusion under presence masks, a linear path beside the deep one, the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sunproof.models.heads import FlareProcess, MarkedPoissonHead
from sunproof.models.normaliser import Modality, Normaliser
from sunproof.models.physics.energy import flux_limit
from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.registry import pick

__all__ = ["Network", "Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Inputs as the network takes them.

    Parameters
    ----------
    modalities : dict
        Modality -> (normalised values, 0 where missing; mask), every modality of the architecture.
    limit : Tensor, shape (batch,)
        Largest peak flux that the region's magnetic energy allows, W m-2; taken from the raw inputs.
    """

    modalities: dict[str, Modality]
    limit: Tensor

    def __len__(self) -> int:
        return int(self.limit.shape[0])

    def __getitem__(self, index: Any) -> Prepared:
        parts = {name: (values[index], mask[index]) for name, (values, mask) in self.modalities.items()}
        return Prepared(parts, self.limit[index])

    def to(self, device: Any, **options: Any) -> Prepared:
        """Move to a device; Lightning calls this on every batch."""
        parts = {
            name: (values.to(device, **options), mask.to(device, **options))
            for name, (values, mask) in self.modalities.items()
        }
        return Prepared(parts, self.limit.to(device, **options))


def prepare(inputs: Mapping[str, tuple[Any, Any]], normaliser: Normaliser, architecture: Mapping[str, Any]) -> Prepared:
    """Normalise the inputs, stand in for absent modalities, and read the energy limit off the raw keywords.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), arrays or tensors in raw units. A modality may be left out: it counts as missing.
    normaliser : Normaliser
    architecture : mapping
        See `Network`.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        If a modality is unknown, or of another shape than the architecture's; all such problems together.
    """
    tensors = {name: (torch.as_tensor(values), torch.as_tensor(mask)) for name, (values, mask) in inputs.items()}
    _check_shapes(tensors, architecture["modalities"])
    size = next(iter(tensors.values()))[0].shape[0]
    parts: dict[str, Modality] = {}
    for name, block in architecture["modalities"].items():
        shape = (size, *_shape(block))
        values, mask = tensors.get(name, (torch.zeros(shape), torch.zeros(shape, dtype=torch.bool)))
        parts[name] = normaliser(name, values.float(), mask)
    return Prepared(parts, flux_limit(_latest_usflux(tensors, architecture["modalities"], size)))


def _shape(block: Mapping[str, Any]) -> tuple[int, ...]:
    return (block["steps"], len(block["features"])) if block.get("steps") else (len(block["features"]),)


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


def _latest_usflux(tensors: Mapping[str, Modality], blocks: Mapping[str, Any], size: int) -> Tensor:
    """Latest observed total unsigned flux, Mx; NaN where there is none (full disk, no magnetogram)."""
    if "keywords" not in tensors or "usflux" not in blocks.get("keywords", {}).get("features", ()):
        return torch.full((size,), torch.nan)
    place = list(blocks["keywords"]["features"]).index("usflux")
    values, mask = (part[..., place] for part in tensors["keywords"])
    seen = mask & torch.isfinite(values)
    # the largest number among the observed steps is the latest one
    step = (torch.arange(1, values.shape[1] + 1, device=values.device) * seen).argmax(1, keepdim=True)
    latest = values.float().gather(1, step).squeeze(1)
    return torch.where(seen.any(1), latest, torch.full_like(latest, torch.nan))


class Network(nn.Module):
    """One member of the ensemble, from prepared inputs to a flare process.

    Parameters
    ----------
    architecture : mapping
        Plain values: ``modalities`` (name -> {``encoder``: module in models/encoders, ``features``: names, ``steps``:
        length of a sequence or None, ``wide``: features of the linear path, the encoder's own options}), ``windows``
        (h, ascending), ``thresholds`` (GOES classes), ``width`` of the tokens, ``hidden`` units of the fusion (0: the
        linear path alone), ``dropout``, ``modality_dropout``.
    """

    def __init__(self, architecture: Mapping[str, Any]) -> None:
        super().__init__()
        # sorted: weights must meet the same modality whatever order a file kept the names in
        blocks = dict(sorted(architecture["modalities"].items()))
        self.encoders = nn.ModuleDict({name: _encoder(block, architecture) for name, block in blocks.items()})
        self.head = MarkedPoissonHead(architecture["windows"])
        encoders: Mapping[str, Any] = dict(self.encoders.items())
        self.places = {name: [block["features"].index(key) for key in block["wide"]] for name, block in blocks.items()}
        size = sum(encoder.wide_size(len(self.places[name])) for name, encoder in encoders.items())
        # without any linear feature a column of zeros keeps the offsets
        self.wide = nn.Linear(max(1, size), self.head.outputs)
        nn.init.zeros_(self.wide.weight)
        nn.init.zeros_(self.wide.bias)
        self.modality_dropout = float(architecture["modality_dropout"])
        self.deep: nn.Sequential | None = None
        if architecture["hidden"]:
            self.absent = nn.Parameter(torch.zeros(len(blocks), architecture["width"]))
            self.deep = _fusion(len(blocks), architecture, self.head.outputs)

    def wide_features(self, prepared: Prepared) -> Tensor:
        """Return the inputs of the linear path, shape (batch, feature)."""
        encoders: Mapping[str, Any] = dict(self.encoders.items())
        parts = [
            encoder.wide(*(part[..., self.places[name]] for part in prepared.modalities[name]))
            for name, encoder in encoders.items()
            if self.places[name]
        ]
        return torch.cat(parts, dim=1) if parts else prepared.limit.new_zeros(len(prepared), 1)

    def forward(self, prepared: Prepared) -> FlareProcess:
        """Forecast a batch."""
        if self.training and self.modality_dropout:
            prepared = self._drop(prepared)
        # mixed precision is for the deep path alone: rates and fluxes span more than 16 bits hold
        with torch.autocast(prepared.limit.device.type, enabled=False):
            scores = self.wide(self.wide_features(prepared))
        if self.deep is not None:
            scores = scores + self.deep(self._fuse(prepared)).to(scores.dtype)
        with torch.autocast(prepared.limit.device.type, enabled=False):
            process: FlareProcess = self.head(scores, prepared.limit)
        return process

    def _fuse(self, prepared: Prepared) -> Tensor:
        parts = []
        for index, (name, encoder) in enumerate(self.encoders.items()):
            tokens, present = encoder(*prepared.modalities[name])
            weight = present.to(tokens.dtype)[..., None]
            mean = (tokens * weight).sum(1) / weight.sum(1).clamp_min(1)
            parts.append(torch.where(present.any(1, keepdim=True), mean, self.absent[index]))
        return torch.cat(parts, dim=1)

    def _drop(self, prepared: Prepared) -> Prepared:
        """Hide whole modalities of random samples, so that a lost instrument is nothing new."""
        parts: dict[str, Modality] = {}
        for name, (values, mask) in prepared.modalities.items():
            kept = torch.rand(len(prepared), device=values.device) >= self.modality_dropout
            kept = kept.reshape(-1, *[1] * (values.dim() - 1))
            parts[name] = (values * kept, mask & kept)
        return Prepared(parts, prepared.limit)


def _encoder(block: Mapping[str, Any], architecture: Mapping[str, Any]) -> Any:
    kind = pick("sunproof.models.encoders", "ENCODER", block["encoder"])
    # what is left of the block are the encoder's own options
    options = {key: value for key, value in block.items() if key not in ("encoder", "features", "steps", "wide")}
    return kind(
        features=len(block["features"]), width=architecture["width"], dropout=architecture["dropout"], **options
    )


def _fusion(tokens: int, architecture: Mapping[str, Any], outputs: int) -> nn.Sequential:
    last = nn.Linear(architecture["hidden"], outputs)
    # the deep path begins as nothing: training starts from what the linear path already knows
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(
        nn.Dropout(architecture["dropout"]),
        nn.Linear(tokens * architecture["width"], architecture["hidden"]),
        nn.GELU(),
        nn.Dropout(architecture["dropout"]),
        last,
    )
