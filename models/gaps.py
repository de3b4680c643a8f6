"""Keywords that are missing where a record has others: by the definition of a keyword, or because they were lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.scaling import SUMS

__all__ = ["unexplained_gaps", "usual_keywords"]

# 0 where there are no active pixels; means of none are no number, and the area of none is left out, too.
_SUMS = tuple(name for name in SUMS if name != "area_acr")
# Angles that the series leaves out by themselves: MEANSHR in 1543, MEANGAM in 10 of 1,204,136 records of 2010-2019.
_SINGLE = ("meanshr", "meangam")
# A keyword that most records of the training block lack is one that the archive does not hold.
_USUAL = 0.5


def usual_keywords(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which keywords records of the training block have.

    Parameters
    ----------
    mask : ndarray, shape (sample, step, keyword)
        Whether each was observed.

    Returns
    -------
    ndarray of bool, shape (keyword,)
    """
    records = mask[mask.any(axis=2)]
    return np.asarray(records.mean(axis=0) > _USUAL if len(records) else np.zeros(mask.shape[2], bool))


def unexplained_gaps(
    values: NDArray[Any], mask: NDArray[np.bool_], names: Sequence[str], usual: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Tell in how many records of a history the worst keyword is missing although others are there.

    A record of no active pixel has sums of 0 and neither means nor area; otherwise all are there.

    Parameters
    ----------
    values, mask : ndarray, shape (sample, step, keyword)
        Raw keywords, and whether each was observed.
    names : sequence of str
        Of the keywords.
    usual : ndarray of bool, shape (keyword,)
        Which are expected at all; see `usual_keywords`.

    Returns
    -------
    ndarray, shape (sample,)
        Share of the records; NaN where none was observed, or no keyword is expected.
    """
    sums, single = np.isin(names, _SUMS), np.isin(names, _SINGLE)
    flat = ~mask | (values == 0)
    empty = np.asarray(mask[..., sums].any(axis=2) & flat[..., sums].all(axis=2))
    # of a record without pixels a sum is still a number
    wanted = usual & ~single & (sums | ~empty[..., None])
    observed = np.asarray(mask.any(axis=2))
    gaps = (wanted & ~mask & observed[..., None]).sum(axis=1).max(axis=1, initial=0)
    records = observed.sum(axis=1)
    known = (records > 0) & usual.any()
    return np.where(known, gaps / np.maximum(records, 1), np.nan).astype(np.float64)
