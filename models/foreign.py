"""Somebody else's torch module, seen as a model of the house: what asks an `Ensemble` may ask it, too."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from sunproof.models.forecaster import Ensemble
from sunproof.models.heads import FlareProcess, log_softplus
from sunproof.models.normaliser import Normaliser
from sunproof.models.prepared import Prepared

__all__ = ["Answers", "ForeignModel", "Reversible"]


class Reversible(Normaliser):
    """A normaliser that cuts nothing off, so that the raw values can be had back."""

    clip = math.inf


@dataclass(frozen=True)
class Answers(FlareProcess):
    """Probabilities that no process is known of, in float64; its rate, index and limit are NaN.

    Parameters
    ----------
    logit : Tensor, shape (batch, threshold, window)
        At the model's own thresholds, which are the only fluxes that can be asked for.
    """

    logit: Tensor

    def log_intensity(self, fluxes: Tensor) -> Tensor:
        """Log of the rate whose probability of at least one flare is the answer."""
        return log_softplus(self.logit)

    def logits(self, fluxes: Tensor) -> Tensor:
        """Return the answers."""
        return self.logit


class ForeignModel(Ensemble):
    """Call a module with named inputs in raw units: one a modality, and ``<modality>_mask`` where it takes that.

    Parameters
    ----------
    module : torch.nn.Module
        Returns ``batch x threshold x window`` numbers in that order, in any shape.
    architecture : mapping
        ``modalities`` (name -> {``features``: names, ``steps``: length of a sequence or None}), ``thresholds``,
        ``windows`` (h).
    statistics : mapping
        Of the inputs in training (`sunproof.models.normaliser.fit_normaliser`): attributions start at their medians.
    answers : str
        Whether the module returns logits or probabilities (which are kept within 1e-9 of 0 and 1).
    missing : float
        What the module is given where nothing was observed.
    """

    def __init__(
        self,
        module: nn.Module,
        architecture: Mapping[str, Any],
        statistics: Mapping[str, Mapping[str, Sequence[float]]],
        answers: Literal["logit", "probability"] = "logit",
        missing: float = 0.0,
    ) -> None:
        network: Any = module
        super().__init__(architecture, Reversible(statistics), [network])
        self.answers, self.missing = answers, missing
        taken = inspect.signature(module.forward).parameters
        self.masked = [name for name in architecture["modalities"] if f"{name}_mask" in taken]

    def process(self, prepared: Prepared) -> Answers:
        """Answer a prepared batch."""
        # a module that knows nothing of shared images gets each row's own
        prepared = prepared.apart()
        named: dict[str, Tensor] = {}
        normaliser: Any = self.normaliser
        for name, (values, mask) in prepared.modalities.items():
            # what is missing is told in the module's own way, not by the median that stands in for it here
            named[name] = torch.where(mask, normaliser.restore(name, values), self.missing)
        named |= {f"{name}_mask": prepared.modalities[name][1] for name in self.masked}
        shape = (len(prepared), len(self.architecture["thresholds"]), len(self.architecture["windows"]))
        logit = self.members[0](**named).double().reshape(shape)
        if self.answers == "probability":
            # a probability of 0 or 1 would have an infinite logit
            logit = torch.logit(logit, eps=1e-9)
        nothing = torch.full_like(logit[:, 0], torch.nan)
        return Answers(nothing, nothing[:, 0], nothing[:, 0], logit)

    def features(self, prepared: Prepared) -> Tensor:
        """Return the latest inputs, within the bounds of any model: what is inside the module is its own."""
        latest = [part[:, -1] if part.dim() > 2 else part for part, _ in prepared.modalities.values()]
        return torch.cat(latest, dim=1).clamp(-Normaliser.clip, Normaliser.clip)
