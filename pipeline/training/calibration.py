"""Calibration on the validation block alone, by maps that keep classes and windows nested."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sunproof.models.forecaster import Calibration
from sunproof.models.heads import FlareProcess, masked_loss
from sunproof.pipeline.training.solve import minimise

__all__ = ["fit_calibration"]

# Pulls towards the identity with the weight of this many samples: four numbers need few, an empty block gets none.
_PRIOR = 20.0


def fit_calibration(process: FlareProcess, events: Tensor, fluxes: Tensor) -> Calibration:
    """Fit the four numbers of the calibration by maximum likelihood.

    Parameters
    ----------
    process : FlareProcess
        Uncalibrated forecasts of the validation block.
    events : Tensor, shape (sample, threshold, window)
        1, 0 or NaN.
    fluxes : Tensor, shape (threshold,)
        W m-2.

    Returns
    -------
    Calibration
        log Lambda' = a + b log Lambda and log(alpha' - 1) = c + d log(alpha - 1) with b, d > 0; the identity where
        nothing is known.
    """
    process = FlareProcess(process.log_rate.detach(), process.alpha.detach(), process.limit).double()
    numbers = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    known = float((~torch.isnan(events)).any(dim=(1, 2)).sum()) if len(events) else 0.0

    def objective() -> Tensor:
        a, log_b, c, log_d = numbers
        slope = torch.exp(c + torch.exp(log_d) * torch.log(process.alpha - 1))
        mapped = FlareProcess(a + torch.exp(log_b) * process.log_rate, 1 + slope, process.limit)
        loss = known * masked_loss(mapped, fluxes.double(), events.double())
        return loss + _PRIOR * numbers.square().sum()

    minimise([numbers], objective)
    a, log_b, c, log_d = numbers.tolist()
    return Calibration((a, math.exp(log_b)), (c, math.exp(log_d)))
