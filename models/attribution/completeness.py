"""When an attribution sums to what it explains, and how many steps are tried until it does."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["STEPS", "allowed_error"]

STEPS = (16, 32, 64, 256)
"""Gauss-Legendre converges within these on smooth nets; each is tried only for the samples the one before left open."""

# A shown attribution must sum to the difference it explains within 1 % of it, or 1e-3 in logit where that is small.
_RELATIVE, _ABSOLUTE = 0.01, 1e-3


def allowed_error(difference: Tensor) -> Tensor:
    """Largest error of completeness at which an attribution is evidence.

    Parameters
    ----------
    difference : Tensor
        Logit of the forecast minus that of the baseline.

    Returns
    -------
    Tensor
        Same shape.
    """
    return torch.maximum(_RELATIVE * difference.abs(), torch.full_like(difference, _ABSOLUTE))
