"""The exact fit of the linear path: one ridge-penalised regression at all thresholds and windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from sunproof.models.heads import FlareProcess, masked_loss
from sunproof.models.network import Network
from sunproof.pipeline.training.blocks import TensorBlock
from sunproof.pipeline.training.solve import minimise

__all__ = ["fit_changes", "fit_wide"]

_ITERATIONS = 300


def fit_wide(
    network: Network, block: TensorBlock, fluxes: Tensor, weights: Tensor, settings: Mapping[str, Any]
) -> None:
    """Fit the linear path to the training block, in place; the problem is smooth, so a quasi-Newton method solves it.

    Parameters
    ----------
    network : Network
        Its linear path is set; the deep one is untouched.
    block : TensorBlock
        The training block.
    fluxes : Tensor, shape (threshold,)
        W m-2.
    weights : Tensor, shape (threshold, window)
        Of the labels in the loss.
    settings : mapping
        ``wide_penalty``: half of it times the squared weights is added to the summed loss; offsets are free.
        ``wide_sharing``: the second score's weights are pulled to the first's, with the penalty over its square.
    """
    training = network.training
    network.eval()
    with torch.no_grad():
        features = network.wide_features(block.prepared).double()
    weight = network.wide.weight.detach().double().requires_grad_()
    bias = _start(network, block).requires_grad_()
    per_sample = float((~torch.isnan(block.events) * weights).sum()) / max(1, len(block))
    # the penalty is of the sum over rows, the loss a mean of weights: brought to one row
    ridge = settings["wide_penalty"] / (2 * max(1, len(block)))

    def objective() -> Tensor:
        process: FlareProcess = network.head(features @ weight.T + bias, block.prepared.limit.double())
        loss = per_sample * masked_loss(process, fluxes.double(), block.events.double(), label_weights=weights.double())
        # offsets are not penalised: base rates are what they are
        apart = torch.cat([weight[:1], (weight[1:2] - weight[:1]) / settings["wide_sharing"], weight[2:]])
        total: Tensor = loss + ridge * apart.square().sum()
        return total

    minimise([weight, bias], objective, _ITERATIONS)
    with torch.no_grad():
        network.wide.weight.copy_(weight)
        network.wide.bias.copy_(bias)
    network.train(training)


def fit_changes(network: Network, block: TensorBlock, penalty: float) -> None:
    """Fit the linear path of what is predicted beside flares, in place: one ridge regression an output.

    Parameters
    ----------
    network : Network
        Without auxiliary predictions nothing happens.
    block : TensorBlock
        The training block.
    penalty : float
        Half of it times the squared weights is added to half the summed squared error; offsets are free.
    """
    if network.auxiliary is None or block.changes is None:
        return
    training = network.training
    network.eval()
    with torch.no_grad():
        features = network.wide_features(block.prepared).double()
        for output, wanted in enumerate(block.changes.double().T):
            known = ~torch.isnan(wanted)
            inputs, wanted = features[known], wanted[known]
            centre, mean = inputs.mean(0), wanted.mean()
            pull = penalty * torch.eye(inputs.shape[1], dtype=torch.float64)
            offset = inputs - centre
            weight = torch.linalg.solve(offset.T @ offset + pull, offset.T @ (wanted - mean))
            network.auxiliary.wide.weight[output] = weight
            network.auxiliary.wide.bias[output] = mean - centre @ weight
    network.train(training)


def _start(network: Network, block: TensorBlock) -> Tensor:
    """Offsets at the base rates of the first window, so that the solver begins in the right place."""
    bias = network.wide.bias.detach().double().clone()
    rates = torch.nanmean(block.events[:, :, 0].double(), dim=0).clamp(1e-4, 1 - 1e-4)
    for index in range(min(2, len(rates))):
        if torch.isfinite(rates[index]):
            bias[index] = torch.logit(rates[index])
    return bias
