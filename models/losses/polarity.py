"""A Sun whose field points the other way everywhere flares as the Sun does.

The equations of magnetohydrodynamics do not change under B -> -B: currents turn over with the field, and forces, twist
and energy stay. Which polarity leads changes with hemisphere and cycle (Hale), so that a model that asks for it has
learnt the date.
"""

from __future__ import annotations

from torch import Tensor

from sunproof.models.losses.base import Question
from sunproof.models.normaliser import Modality

__all__ = ["LOSS", "reversed_field"]

# The one keyword with the sign of a current; helicity is a product of two quantities that turn over.
_ODD = ("meanjzd",)


def reversed_field(question: Question) -> dict[str, Modality]:
    """Turn the magnetic field over, all of its components alike.

    Parameters
    ----------
    question : Question

    Returns
    -------
    dict
        Modality -> (values, mask), raw units, of those that change.
    """
    found: dict[str, Modality] = {}
    for name, block in question.blocks.items():
        if name not in question.prepared.modalities:
            continue
        if block.get("grid") and any(block["signed"]):
            values, mask = question.raw(name)
            signs = values.new_tensor([-1.0 if signed else 1.0 for signed in block["signed"]])
            found[name] = (values * signs[:, None, None], mask)
        elif set(block["features"]) & {*_ODD}:
            values, mask = question.raw(name)
            signs = values.new_tensor([-1.0 if feature in _ODD else 1.0 for feature in block["features"]])
            found[name] = (values * signs, mask)
    return found


def _polarity(question: Question) -> Tensor:
    changed = reversed_field(question)
    if not changed:
        return question.process.log_rate.new_zeros(())
    return question.distance(changed)


LOSS = _polarity
