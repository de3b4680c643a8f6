"""What a symmetry of the field does to a model's inputs: signs that turn over, and pictures that are turned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sunproof.models.normaliser import Modality

__all__ = ["HALF_TURN", "MIRROR", "OPPOSITE", "Symmetry"]

# Axes of pictures: (sample, lag, channel, y, x).
_Y, _X = 3, 4
# Components of a vector magnetogram along the surface, which turn with it.
_ALONG = ("sharp_bt", "sharp_bp")


@dataclass(frozen=True)
class Symmetry:
    """Another Sun, of which the equations of magnetohydrodynamics are the same.

    Parameters
    ----------
    odd : tuple of str
        Scalars that change their sign.
    signs : callable
        Block of the architecture of a picture -> what each of its channels is multiplied by.
    flipped : tuple of int
        Axes of pictures, (sample, lag, channel, y, x), that are reversed.
    """

    odd: tuple[str, ...]
    signs: Callable[[Mapping[str, Any]], Sequence[float]]
    flipped: tuple[int, ...] = ()

    def factors(self, block: Mapping[str, Any]) -> Sequence[float]:
        """Tell what each feature of a modality, or channel of a picture, is multiplied by."""
        if block.get("grid"):
            return self.signs(block)
        return [-1.0 if name in self.odd else 1.0 for name in block["features"]]

    def changes(self, block: Mapping[str, Any]) -> bool:
        """Tell whether a modality is any different on that Sun."""
        return min(self.factors(block)) < 0 or bool(block.get("grid") and self.flipped)

    def __call__(self, block: Mapping[str, Any], values: Tensor, mask: Tensor) -> Modality:
        """Turn a modality.

        Parameters
        ----------
        block : mapping
            Of the architecture.
        values, mask : Tensor
            Raw units: normalised ones have a centre, about which a sign means nothing.

        Returns
        -------
        tuple of Tensor
            Values and mask, of the same shape.
        """
        picture = bool(block.get("grid"))
        values = values * values.new_tensor(self.factors(block)).reshape(-1, *[1] * (2 if picture else 0))
        return (values.flip(self.flipped), mask.flip(self.flipped)) if picture and self.flipped else (values, mask)


def _signed(block: Mapping[str, Any]) -> Sequence[float]:
    return [-1.0 if signed else 1.0 for signed in block["signed"]]


def _mirrored(block: Mapping[str, Any]) -> Sequence[float]:
    return block.get("mirrored") or _signed(block)


def _along(block: Mapping[str, Any]) -> Sequence[float]:
    return [-1.0 if name in _ALONG else 1.0 for name in block["features"]]


OPPOSITE = Symmetry(("meanjzd",), _signed)
"""B -> -B. Of the keywords a current alone turns over; helicity is a product of two quantities that do."""
MIRROR = Symmetry(("latitude", "meanjzh"), _mirrored, (_Y,))
"""North for south. The field is a pseudovector: what leads outward and westward turns over, and twist does."""
HALF_TURN = Symmetry((), _along, (_Y, _X))
"""A region turned by 180 degrees about the outward axis: no keyword changes."""
