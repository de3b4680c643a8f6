"""Vector magnetograms as a model reads them: how much a patch holds, and whether its components are of one field."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.cutouts import LEAST_MU
from sunproof.models.physics.potential_field import potential_field

__all__ = ["field_sums", "one_field"]

Rows = NDArray[np.float64]

_TINY = 1e-6
# Cells of at least so many gauss count: quiet ones are mostly noise. Of fewer nothing is said.
_STRONG, _FEWEST = 50.0, 10
# Share of the squared field in the outermost cells, above which the model's square cuts the region. Sums then miss a
# part of it, and so does the potential field: in squares of 5 to 7 degrees cut out of HARP 377 it runs against the
# field in 4 to 16 %, in none that keeps this.
_CUT = 0.05


def field_sums(patch: tuple[Any, Any]) -> Rows:
    """Sum each component's size, and its square, over the cells of the first lag.

    Sums and not means, as most keywords are: a patch that holds more quiet Sun is of no other region.

    Parameters
    ----------
    patch : tuple of ndarray, shape (row, lag, component, y, x)
        Values and mask, raw: the field outward, southward and westward, gauss.

    Returns
    -------
    ndarray, shape (row, 6)
        Logarithms to base ten; NaN without a patch, and where the model's square cuts the region.
    """
    size = np.abs(_field(patch))
    sums = np.concatenate([size.sum(axis=(2, 3)), (size**2).sum(axis=(2, 3))], axis=1)
    there = patch[1][:, 0].any(axis=(1, 2, 3)) & _uncut(size)
    return np.where(there[:, None], np.log10(np.maximum(sums, _TINY)), np.nan)


def one_field(patch: tuple[Any, Any], view: Rows) -> Rows:
    """Correlate the horizontal field with the potential field of the outward one, each component by itself.

    Whatever the currents, the field leads from the positive polarity to the negative one. A component with the other
    sign runs against that, and one in the place of another has nothing to do with it.

    Parameters
    ----------
    patch
        As `field_sums` takes it.
    view : ndarray, shape (row,)
        Cosine of the angle of view.

    Returns
    -------
    ndarray, shape (row,)
        The lower of the two correlations, about zero, over cells of a strong field; NaN without a patch, with too few
        such cells, near the limb, and where the model's square cuts the region.
    """
    field = _field(patch)
    if not len(field):
        # the transform refuses to be of nothing
        return np.zeros(0)
    # the strength is the same whatever the signs and the order of the components
    strong = patch[1][:, 0].all(axis=1) & (np.linalg.norm(field, axis=1) > _STRONG)
    known = (strong.sum(axis=(1, 2)) >= _FEWEST) & (view >= LEAST_MU) & _uncut(field)
    # towards the west and the north
    outward: Any = field[:, 0]
    potential: Any = potential_field(outward)
    observed = field[:, 2], -field[:, 1]
    found = [_correlation(one, other, strong) for one, other in zip(observed, potential, strict=True)]
    return np.asarray(np.where(known, np.minimum(*found), np.nan), np.float64)


def _correlation(one: Rows, other: Rows, cells: NDArray[np.bool_]) -> Rows:
    both, own, others = (np.where(cells, product, 0.0).sum(axis=(1, 2)) for product in (one * other, one**2, other**2))
    return np.asarray(both / np.sqrt(np.maximum(own * others, _TINY)))


def _uncut(field: Rows) -> NDArray[np.bool_]:
    squares = (field**2).sum(axis=1)
    return np.asarray(squares[:, 1:-1, 1:-1].sum(axis=(1, 2)) >= (1 - _CUT) * squares.sum(axis=(1, 2)))


def _field(patch: tuple[Any, Any]) -> Rows:
    """Field of the first lag, shape (row, component, y, x); zero where it is unknown."""
    values, mask = patch
    return np.where(mask[:, 0], values[:, 0], 0.0).astype(np.float64)
