"""An interval that holds for few regions, where the bootstrap's is too narrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.bootstrap import Interval

__all__ = ["ratio_interval"]

Array = NDArray[np.float64]


def ratio_interval(over: Array, under: Array, keys: NDArray[np.int64], freedom: int, level: float = 0.95) -> Interval:
    """Give the interval of a ratio of two sums, leaving out one block of cases at a time.

    Parameters
    ----------
    over, under : array of float, shape (case,)
        The ratio is that of their sums: a Brier skill, say, or a share.
    keys : array of int, shape (case,)
        Equal for cases that belong together: the region.
    freedom : int
        Degrees of freedom of Student's t. Blocks that hardly move the ratio spread it no less, but tell nothing of how
        it spreads: of a skill, the regions that flared less one.
    level : float
        Probability content.

    Returns
    -------
    Interval
        Without ends where there are fewer than two blocks, or one of them is all of ``under``.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 11.2 (jackknife); Tukey 1958, Ann. Math. Stat.
    29, 614 (with Student's t)
    """
    # scipy.stats takes its time to import
    from scipy.stats import t as student

    _, block = np.unique(keys, return_inverse=True)
    sums = np.stack([np.bincount(block, values) for values in (over, under)])
    whole = sums.sum(axis=1, keepdims=True)
    value = float(whole[0, 0] / whole[1, 0]) if whole[1, 0] > 0 else float("nan")
    rest, count = whole - sums, sums.shape[1]
    # one block that holds all of the denominator leaves a ratio of nothing
    if count < 2 or freedom < 1 or not (rest[1] > 0).all():
        return Interval(value, float("nan"), float("nan"))
    without = rest[0] / rest[1]
    # of a mean of n the leave-one-out values scatter by 1/(n-1): hence the factor
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    reach = float(student.ppf((1 + level) / 2, freedom) * error)
    return Interval(value, value - reach, value + reach)
