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

__all__ = ["LOSS", "mirrored"]

# Names whose sign turns over.
_ODD = ("latitude", "meanjzh")


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
    found: dict[str, Modality] = {}
    for name, block in question.blocks.items():
        if name not in question.prepared.modalities:
            continue
        values, mask = question.raw(name)
        if block.get("grid"):
            signs = values.new_tensor(block.get("mirrored") or [-1.0 if signed else 1.0 for signed in block["signed"]])
            found[name] = (values.flip(3) * signs[:, None, None], mask.flip(3))
        elif set(block["features"]) & {*_ODD}:
            signs = values.new_tensor([-1.0 if feature in _ODD else 1.0 for feature in block["features"]])
            found[name] = (values * signs, mask)
    return found


def _mirror(question: Question) -> Tensor:
    return question.distance(mirrored(question))


LOSS = _mirror
