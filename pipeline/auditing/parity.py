"""Is the function that is asked the one that was served? The limit is check K5's, and stands nowhere else."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sunproof.models.constraints.limits import load_limits

__all__ = ["apart", "same_function"]


def apart(logit: ArrayLike, issued: ArrayLike) -> NDArray[np.float64]:
    """Tell how far a model's answer is from what was issued.

    Parameters
    ----------
    logit : array_like
        The model's, as it is asked now.
    issued : array_like
        Probability, same shape.

    Returns
    -------
    ndarray
        Difference in logit; infinite or NaN where the probability was 0, 1 or none.
    """
    served = np.asarray(issued, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.asarray(logit, np.float64) - np.log(served / (1 - served)), np.float64)


def same_function(logit: ArrayLike, issued: ArrayLike) -> NDArray[np.bool_]:
    """Tell whether a model's answer is what was issued, within the limit of check K5; NaN is another function.

    Served and audited logits of one float32 network agree to 1e-5; storing the probability in float32 costs some more.

    Parameters
    ----------
    logit, issued : array_like
        As for `apart`.

    Returns
    -------
    ndarray of bool
    """
    return np.asarray(np.abs(apart(logit, issued)) <= load_limits().of("K5")["logit"])
