"""The network of one member: encoders, fusion under presence masks, a linear path beside the deep one, the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from sunproof.models.auxiliary import ChangeHead
from sunproof.models.fusion import AttentionFusion, JoinFusion
from sunproof.models.heads import FlareProcess, MarkedPoissonHead
from sunproof.models.normaliser import Modality, Normaliser
from sunproof.models.physics.energy import flux_limit
from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.registry import pick

__all__ = ["Network", "Prepared", "prepare"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
        See `Network`.

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
    parts: dict[str, Modality] = {}
    for name, block in architecture["modalities"].items():
        if name not in tensors:
            # one part that all samples share: a lost instrument costs no memory
            shape = (1 if _grid(block) else size, *_shape(block))
            tensors[name] = (torch.zeros(shape), torch.zeros(shape, dtype=torch.bool))
            if _grid(block):
                index[name] = torch.zeros(size, dtype=torch.long)
        values, mask = tensors[name]
        if _grid(block):
            index.setdefault(name, torch.arange(size))
        parts[name] = normaliser(name, values.float(), mask)
    flux = _latest_usflux(tensors, architecture["modalities"], size)
    limit = flux_limit(flux)
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
        Plain values: ``modalities`` (name -> {``encoder``: module in models/encoders, ``features``: names (of an image:
        channels), ``steps``: length of a sequence or None, ``grid``: rows and columns of an image, with ``signed``:
        which channels have a sign, and ``mirrored``: what a reflection of the Sun multiplies each channel by
        (`sunproof.models.losses.mirror`), by default -1 for those with a sign; ``wide``: features of the linear path,
        the encoder's own options}), ``windows`` (h, ascending), ``thresholds`` (GOES classes), ``width`` of the tokens,
        ``hidden`` units of the fusion (0: the linear path alone), ``dropout``, ``modality_dropout``, and ``fusion``:
        {``layers``, ``heads``} of attention over all tokens; without it the means of each modality's tokens are joined,
        which images do not allow. Optional is ``auxiliary``: {``quantities``, ``lead_hours``} of what is predicted
        beside flares.

    Raises
    ------
    ConfigError
        If an encoder is unknown.
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
        self.images = frozenset(name for name, block in blocks.items() if _grid(block))
        self.deep: AttentionFusion | JoinFusion | None = None
        if architecture["hidden"]:
            self.absent = nn.Parameter(torch.zeros(len(blocks), architecture["width"]))
            self.deep = _fusion(len(blocks), architecture, self.head.outputs)
        self.auxiliary: ChangeHead | None = None
        if architecture.get("auxiliary"):
            # last of all: what is random before is the same with and without it
            self.auxiliary = ChangeHead(
                architecture["auxiliary"], self.wide.in_features, self.deep.state_size if self.deep else 0
            )

    def common(self, prepared: Prepared) -> dict[str, Any]:
        """Make of each modality what has no weights, once for all members."""
        encoders: Mapping[str, Any] = dict(self.encoders.items())
        able = {name: encoder for name, encoder in encoders.items() if hasattr(encoder, "common")}
        return {name: encoder.common(*prepared.modalities[name]) for name, encoder in able.items()}

    def wide_features(self, prepared: Prepared, common: Mapping[str, Any] = _NOTHING) -> Tensor:
        """Return the inputs of the linear path, shape (batch, feature)."""
        encoders: Mapping[str, Any] = dict(self.encoders.items())
        parts = []
        for name, places in self.places.items():
            if not places:
                continue
            if name in common:
                part = encoders[name].wide_of(common[name], places)
            else:
                part = encoders[name].wide(*(part[..., places] for part in prepared.modalities[name]))
            parts.append(part[prepared.index[name]] if name in prepared.index else part)
        return torch.cat(parts, dim=1) if parts else prepared.limit.new_zeros(prepared.limit.shape[0], 1)

    def forward(self, prepared: Prepared, common: Mapping[str, Any] = _NOTHING) -> FlareProcess:
        """Forecast a batch; ``common`` is what `common` makes of it, where it is there already."""
        hidden: dict[str, Tensor] = {}
        if self.training and self.modality_dropout:
            prepared, hidden = self._drop(prepared)
            common = _NOTHING
        # mixed precision is for the deep path alone: rates and fluxes span more than 16 bits hold
        with torch.autocast(prepared.limit.device.type, enabled=False):
            features = self.wide_features(prepared, common)
            scores = self.wide(features)
        state = None
        if self.deep is not None:
            state = self._state(self.deep, prepared, hidden, common)
            scores = scores + self.deep.scores(state).to(scores.dtype)
        with torch.autocast(prepared.limit.device.type, enabled=False):
            process: FlareProcess = self.head(scores, prepared.limit)
            if self.auxiliary is not None:
                known = None if state is None else state.to(features.dtype)
                process = replace(process, changes=self.auxiliary(features, known))
        return process

    def tokens(self, prepared: Prepared, common: Mapping[str, Any] = _NOTHING) -> dict[str, tuple[Tensor, Tensor]]:
        """Encode every modality: name -> tokens (batch, token, width), present (batch, token)."""
        found = {}
        for name, encoder in self.encoders.items():
            known = {"common": common[name]} if name in common else {}
            tokens, present = encoder(*prepared.modalities[name], **known)
            if name in prepared.index:
                # what samples share was encoded once
                tokens, present = tokens[prepared.index[name]], present[prepared.index[name]]
            found[name] = (tokens, present)
        return found

    def _state(
        self,
        deep: AttentionFusion | JoinFusion,
        prepared: Prepared,
        hidden: Mapping[str, Tensor],
        common: Mapping[str, Any],
    ) -> Tensor:
        """Fuse what the encoders say of each sample, shape (batch, number)."""
        parts = self.tokens(prepared, common)
        parts |= {name: (parts[name][0], parts[name][1] & ~rows[:, None]) for name, rows in hidden.items()}
        pooled = []
        for index, (tokens, present) in enumerate(parts.values()):
            weight = present.to(tokens.dtype)[..., None]
            mean = (tokens * weight).sum(1) / weight.sum(1).clamp_min(1)
            pooled.append(torch.where(present.any(1, keepdim=True), mean, self.absent[index].to(mean.dtype)))
        return deep.state(torch.cat(pooled, dim=1), list(parts.values()))

    def _drop(self, prepared: Prepared) -> tuple[Prepared, dict[str, Tensor]]:
        """Hide whole modalities of random samples, so that a lost instrument is nothing new.

        Images are shared by samples, so that of them only the tokens can be hidden: the second result tells from whom.
        """
        parts: dict[str, Modality] = {}
        hidden: dict[str, Tensor] = {}
        for name, (values, mask) in prepared.modalities.items():
            kept = torch.rand(len(prepared), device=values.device) >= self.modality_dropout
            if name in self.images:
                parts[name], hidden[name] = (values, mask), ~kept
                continue
            kept = kept.reshape(-1, *[1] * (values.dim() - 1))
            parts[name] = (values * kept, mask & kept)
        return Prepared(parts, prepared.limit, prepared.index), hidden


def _encoder(block: Mapping[str, Any], architecture: Mapping[str, Any]) -> Any:
    kind = pick("sunproof.models.encoders", "ENCODER", block["encoder"])
    # what is left of the block are the encoder's own options
    options = {
        key: value
        for key, value in block.items()
        if key not in ("encoder", "features", "steps", "wide", "grid", "signed", "mirrored")
    }
    if _grid(block):
        options |= {"steps": block["steps"], "grid": _grid(block), "signed": block["signed"]}
    return kind(
        features=len(block["features"]), width=architecture["width"], dropout=architecture["dropout"], **options
    )


def _fusion(modalities: int, architecture: Mapping[str, Any], outputs: int) -> AttentionFusion | JoinFusion:
    sizes = {name: architecture[name] for name in ("width", "hidden", "dropout")}
    if architecture.get("fusion"):
        return AttentionFusion(modalities, outputs, **sizes, **architecture["fusion"])
    return JoinFusion(modalities, outputs, **sizes)
