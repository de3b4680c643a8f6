"""Calibration on the validation block alone, by maps that keep classes and windows nested."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sunproof.models.forecaster import Calibration
from sunproof.models.heads import FlareProcess, masked_loss
from sunproof.pipeline.training.solve import minimise

__all__ = ["fit_calibration"]

# Pulls towards the identity with the weight of this many independent samples. A validation block holds some hundred
# regions of one season of the cycle: trained on 2010-2012 and calibrated on the first half of 2013, forecasts of the
# year after lost 0.01 (C) and 0.03 (M) of Brier skill with the weight of 20 samples, and hardly any with that of 100
# regions.
_PRIOR = 100.0


def fit_calibration(process: FlareProcess, events: Tensor, fluxes: Tensor, regions: int | None = None) -> Calibration:
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
    # rows of one region are hardly independent: regions are what there is evidence of
    weight = known if regions is None else min(known, float(regions))

    def objective() -> Tensor:
        a, log_b, c, log_d = numbers
        # exponents of slopes: calibration may stretch and shift, and never turn the order round
        slope = torch.exp(c + torch.exp(log_d) * torch.log(process.alpha - 1))
        mapped = FlareProcess(a + torch.exp(log_b) * process.log_rate, 1 + slope, process.limit)
        loss = weight * masked_loss(mapped, fluxes.double(), events.double())
        return loss + _PRIOR * numbers.square().sum()

    minimise([numbers], objective)
    a, log_b, c, log_d = numbers.tolist()
    return Calibration((a, math.exp(log_b)), (c, math.exp(log_d)))
