"""What a loss from physics is, and the inputs that it asks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from sunproof.models.heads import FlareProcess
from sunproof.models.network import Network
from sunproof.models.normaliser import Modality, Normaliser
from sunproof.models.prepared import Prepared
from sunproof.models.symmetries import Symmetry

__all__ = ["Loss", "Question", "without_dropout"]


@dataclass(frozen=True)
class Question:
    """A batch in training, and what is needed to ask about another one like it.

    Parameters
    ----------
    network : Network
        Without dropout, so that two answers differ by their inputs alone.
    prepared : Prepared
    process : FlareProcess
        Its answer.
    normaliser : Normaliser
    blocks : mapping
        Modality -> its part of the architecture.
    """

    network: Network
    prepared: Prepared
    process: FlareProcess
    normaliser: Normaliser
    blocks: Mapping[str, Any]

    def raw(self, name: str) -> Modality:
        """Give a modality in raw units: (values, mask)."""
        values, mask = self.prepared.modalities[name]
        return self.normaliser.restore(name, values), mask

    def ask(self, changed: Mapping[str, Modality]) -> FlareProcess:
        """Answer the batch with some modalities changed, which are given in raw units."""
        parts = {name: self.normaliser(name, *part) for name, part in changed.items()}
        other = Prepared({**self.prepared.modalities, **parts}, self.prepared.limit, self.prepared.index)
        answer: FlareProcess = self.network(other)
        return answer

    def turned(self, symmetry: Symmetry) -> dict[str, Modality]:
        """Give the inputs of another Sun.

        Parameters
        ----------
        symmetry : Symmetry

        Returns
        -------
        dict
            Modality -> (values, mask), raw units, of those that change.
        """
        there = {name: block for name, block in self.blocks.items() if name in self.prepared.modalities}
        return {name: symmetry(block, *self.raw(name)) for name, block in there.items() if symmetry.changes(block)}

    def distance(self, changed: Mapping[str, Modality]) -> Tensor:
        """Mean square difference from the answer to changed inputs, of log rate and of log (index - 1); 0 of none."""
        if not changed:
            return self.process.log_rate.new_zeros(())
        other, own = self.ask(changed), self.process
        rates = (own.log_rate - other.log_rate).square().mean()
        # index less 1 is the slope of the sizes; its logarithm weighs steep and flat ones alike
        return rates + (torch.log(own.alpha - 1) - torch.log(other.alpha - 1)).square().mean()


@contextmanager
def without_dropout(network: Network) -> Iterator[None]:
    """Hide and drop nothing for a while; the network stays in training mode, without which cuDNN has no gradients."""
    kept: list[tuple[Any, str, float]] = []
    for module in network.modules():
        names = ("p",) if isinstance(module, nn.Dropout) else ("modality_dropout", "channel_dropout")
        kept += [(module, name, getattr(module, name)) for name in names if hasattr(module, name)]
    try:
        for module, name, _ in kept:
            setattr(module, name, 0.0)
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


class Loss(Protocol):
    """A module of this folder defines ``LOSS``, a function of this kind."""

    def __call__(self, question: Question) -> Tensor:
        """Return a scalar, 0 where the demand is met; its weight is the configuration's."""
        ...
