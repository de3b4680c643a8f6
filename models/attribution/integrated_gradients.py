"""Integrated Gradients of a forecast, each with its completeness error (Sundararajan et al. 2017, ICML 70, 3319)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.attribution.completeness import STEPS, allowed_error
from sunproof.models.attribution.explained import output_place
from sunproof.models.attribution.levers import levers, pull
from sunproof.models.forecaster import Ensemble
from sunproof.models.prepared import Prepared

__all__ = ["Attribution", "attribute"]

# Rows of one internal pass; without it captum would hold all steps of all samples at once, 2-4 times slower.
_INTERNAL_BATCH = 2048


@dataclass(frozen=True)
class Attribution:
    """Why the logit of one probability differs from that of a median region.

    Parameters
    ----------
    modalities : dict
        Modality -> attributions, logit, shape (sample, ...) of the modality, of images (sample, lag, channel), each
        the sum over a frame; 0 where an input was missing.
    logit, baseline_logit : ndarray, shape (sample,)
        The explained logit, and that of the baseline: every observed input at its training median (0 after
        normalisation), the same values missing, the same energy limit.
    error : ndarray, shape (sample,)
        Sum of attributions minus the difference of logits.
    steps : ndarray of int, shape (sample,)
        Integration steps used.
    complete : ndarray of bool, shape (sample,)
        True where the error is at most max(1 % of the difference, 1e-3); an attribution that is not complete may not be
        shown as evidence.
    threshold, window
        Which probability.
    """

    modalities: dict[str, NDArray[np.float32]]
    logit: NDArray[np.float64]
    baseline_logit: NDArray[np.float64]
    error: NDArray[np.float64]
    steps: NDArray[np.int64]
    complete: NDArray[np.bool_]
    threshold: str
    window: float


@torch.inference_mode(False)
def attribute(
    ensemble: Ensemble,
    inputs: Mapping[str, tuple[Any, Any]],
    threshold: str = "M1.0",
    window: float = 24,
) -> Attribution:
    """Attribute logit P(>= threshold, window) to the inputs, raising the number of steps until complete.

    Parameters
    ----------
    ensemble : Ensemble
        The served model; put into eval mode.
    inputs : mapping
        Modality -> (values, mask), raw units. A NaN is a missing value: it enters as the baseline and gets exactly 0.
    threshold : str
        GOES class, one of the model's.
    window : float
        Window in hours, one of the model's.

    Returns
    -------
    Attribution

    Raises
    ------
    ConfigError
        If the model has no such threshold or window.
    """
    ensemble.eval()
    place = output_place(ensemble, threshold, float(window))
    prepared = ensemble.prepare(inputs)
    logit, baseline = (_logit(ensemble, part, place) for part in (prepared, _at_baseline(prepared)))
    size = len(prepared)
    parts = {name: torch.zeros_like(values) for name, (values, _) in levers(prepared).items()}
    error, steps = torch.full((size,), torch.inf, dtype=torch.float64), torch.zeros(size, dtype=torch.long)
    allowed = allowed_error(logit - baseline)
    open_ = torch.arange(size)
    for count in STEPS:
        found = _integrate(ensemble, prepared[open_], place, count)
        total = torch.stack([part.double().flatten(1).sum(1) for part in found.values()]).sum(0)
        error[open_], steps[open_] = total - (logit - baseline)[open_], count
        for name, part in found.items():
            parts[name][open_] = part
        # a NaN error compares false both ways: it must stay open, and end as incomplete
        open_ = open_[~(error[open_].abs() <= allowed[open_])]
        if not len(open_):
            break
    return Attribution(
        modalities={name: part.numpy() for name, part in parts.items()},
        logit=logit.numpy(),
        baseline_logit=baseline.numpy(),
        error=error.numpy(),
        steps=steps.numpy(),
        complete=(error.abs() <= allowed).numpy(),
        threshold=threshold,
        window=float(window),
    )


def _at_baseline(prepared: Prepared) -> Prepared:
    parts = {name: (torch.zeros_like(values), mask) for name, (values, mask) in prepared.modalities.items()}
    return Prepared(parts, prepared.limit, prepared.index)


def _logit(ensemble: Ensemble, prepared: Prepared, place: tuple[int, int]) -> Tensor:
    with torch.no_grad():
        return ensemble.process(prepared).logits(ensemble.fluxes)[:, place[0], place[1]].double()


def _integrate(ensemble: Ensemble, prepared: Prepared, place: tuple[int, int], steps: int) -> dict[str, Tensor]:
    # captum takes 1.5 s to import, and nothing but this function needs it
    from captum.attr import IntegratedGradients

    names = tuple(prepared.modalities)
    values = tuple(part for part, _ in levers(prepared).values())

    def explained(*given: Tensor) -> Tensor:
        tensors, rows = given[:-1], given[-1]
        moved = pull(prepared[rows], dict(zip(names, tensors, strict=True)), differentiable=True)
        logit = ensemble.process(moved).logits(ensemble.fluxes)[:, place[0], place[1]]
        # captum asks for the gradient of every input, and a model may ignore a modality altogether
        unused = torch.stack([tensor.flatten(1).sum(1) for tensor in tensors]).sum(0)
        return logit + 0 * unused

    with _differentiable():
        found = IntegratedGradients(explained).attribute(
            values,
            baselines=tuple(torch.zeros_like(part) for part in values),
            additional_forward_args=torch.arange(len(prepared)),
            n_steps=steps,
            method="gausslegendre",
            internal_batch_size=max(_INTERNAL_BATCH, len(prepared)),
        )
    return dict(zip(names, (part.detach().float() for part in found), strict=True))


@contextmanager
def _differentiable() -> Iterator[None]:
    """Gradients on even inside no_grad; cuDNN's recurrent nets have no backward pass in eval mode."""
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), warnings.catch_warnings():
        # captum says so when the internal batch is rounded; the result does not depend on it
        warnings.filterwarnings("ignore", message="Internal batch size")
        yield
