"""The network of one member: encoders, fusion under presence masks, a linear path beside the deep one, the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from sunproof.models.auxiliary import ChangeHead
from sunproof.models.fusion import AttentionFusion, JoinFusion
from sunproof.models.heads import FlareProcess, MarkedPoissonHead
from sunproof.models.normaliser import Modality
from sunproof.models.prepared import Prepared
from sunproof.pipeline.registry import pick

__all__ = ["Network"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
        # the linear path begins as nothing, too: it is fitted exactly before any training
        nn.init.zeros_(self.wide.weight)
        nn.init.zeros_(self.wide.bias)
        self.modality_dropout = float(architecture["modality_dropout"])
        self.images = frozenset(name for name, block in blocks.items() if block.get("grid"))
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
            # made of the inputs before some were hidden
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
            # the mean over what is present: a gap must not pull it towards zero
            weight = present.to(tokens.dtype)[..., None]
            mean = (tokens * weight).sum(1) / weight.sum(1).clamp_min(1)
            # a modality without any token says so with numbers of its own, which are learnt
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
            # images may be shared by many rows: the mask of the tokens hides them for one row alone
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
    if block.get("grid"):
        options |= {"steps": block["steps"], "grid": tuple(block["grid"]), "signed": block["signed"]}
    return kind(
        features=len(block["features"]), width=architecture["width"], dropout=architecture["dropout"], **options
    )


def _fusion(modalities: int, architecture: Mapping[str, Any], outputs: int) -> AttentionFusion | JoinFusion:
    sizes = {name: architecture[name] for name in ("width", "hidden", "dropout")}
    if architecture.get("fusion"):
        return AttentionFusion(modalities, outputs, **sizes, **architecture["fusion"])
    return JoinFusion(modalities, outputs, **sizes)
