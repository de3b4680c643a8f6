"""A Sun whose field points the other way everywhere flares as the Sun does.

The equations of magnetohydrodynamics do not change under B -> -B: currents turn over with the field, and forces, twist
and energy stay. Which polarity leads changes with hemisphere and cycle (Hale), so that a model that asks for it has
learnt the date.
"""

from __future__ import annotations

from torch import Tensor

from sunproof.models.losses.base import Question
from sunproof.models.normaliser import Modality
from sunproof.models.symmetries import OPPOSITE

__all__ = ["LOSS", "reversed_field"]


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
    return question.turned(OPPOSITE)


def _polarity(question: Question) -> Tensor:
    return question.distance(reversed_field(question))


LOSS = _polarity
