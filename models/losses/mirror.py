"""A Sun reflected from north to south flares as the Sun does.

Under that reflection the magnetic field, a pseudovector, turns into its opposite mirrored: B -> -B on the line of
sight. Of a vector field the components outward and westward change sign; the southward one keeps it, because the
reflection takes south to north. Latitudes change sign, and so does the mean current helicity Jz Bz, while the vertical
current itself, a true vector in the plane of the mirror, keeps its own.
"""

from __future__ import annotations

from torch import Tensor

from sunproof.models.losses.base import Question
from sunproof.models.normaliser import Modality
from sunproof.models.symmetries import MIRROR

__all__ = ["LOSS", "mirrored"]


def mirrored(question: Question) -> dict[str, Modality]:
    """Reflect the inputs.

    Parameters
    ----------
    question : Question

    Returns
    -------
    dict
        Modality -> (values, mask), raw units, of those that change.
    """
    return question.turned(MIRROR)


def _mirror(question: Question) -> Tensor:
    return question.distance(mirrored(question))


LOSS = _mirror
