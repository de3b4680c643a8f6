"""A stronger magnetic field, all else alike, does not make flares fewer, within what training has seen."""

from __future__ import annotations

import torch
from torch import Tensor

from sunproof.models.losses.base import Question
from sunproof.models.normaliser import Modality
from sunproof.models.physics.scaling import field_powers

__all__ = ["LOSS", "stronger"]

# How much stronger: within the scatter between instruments and well below that between regions.
_FACTOR = 1.2


def stronger(question: Question, factor: float = _FACTOR) -> tuple[dict[str, Modality], Tensor]:
    """Multiply the magnetic field, in the keywords as in the images.

    Parameters
    ----------
    question : Question
    factor : float

    Returns
    -------
    changed : dict
        Modality -> (values, mask), raw units.
    inside : Tensor of bool, shape (batch,)
        Samples none of whose grown keywords lies beyond all of the batch's own, on either side of zero: there nothing
        is asked.
    """
    found: dict[str, Modality] = {}
    inside = torch.ones(len(question.prepared), dtype=torch.bool, device=question.prepared.limit.device)
    for name, block in question.blocks.items():
        if name not in question.prepared.modalities:
            continue
        if block.get("grid") and any(block["signed"]):
            values, mask = question.raw(name)
            grown = values.new_tensor([factor if signed else 1.0 for signed in block["signed"]])
            found[name] = (values * grown[:, None, None], mask)
        elif name == "keywords":
            values, mask = question.raw(name)
            powers, shift = field_powers(block["features"], factor)
            # a logarithm grows by addition, but R_VALUE 0 stands for no line at all
            grown = values * values.new_tensor(factor**powers) + values.new_tensor(shift) * (values != 0)
            highest = torch.where(mask, values, -torch.inf).flatten(0, 1).amax(0)
            # net currents and helicities have either sign, and grow away from zero
            lowest = torch.where(mask, values, torch.inf).flatten(0, 1).amin(0).clamp_max(0)
            inside = (~mask | ((grown >= lowest) & (grown <= highest))).flatten(1).all(1)
            found[name] = (grown, mask)
    return found, inside


def _strength(question: Question) -> Tensor:
    changed, inside = stronger(question)
    if not changed:
        return question.process.log_rate.new_zeros(())
    # a rise is no offence: only flares that become fewer are
    fall = (question.process.log_rate - question.ask(changed).log_rate).clamp_min(0)
    return (fall.square().mean(1) * inside).sum() / inside.sum().clamp_min(1)


LOSS = _strength
