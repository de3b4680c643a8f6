"""Flares from no listed region: what the full disk adds to the product over its regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.background import Background
from sunproof.models.heads import FlareProcess, MarkedPoissonHead, masked_loss
from sunproof.models.physics.energy import flux_limit
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.whole_disk import whole_disk
from sunproof.pipeline.training.solve import minimise

__all__ = ["background_events", "background_rows", "choose_background", "fit_background", "fit_dependent_background"]

# Ridge penalty of the dependence: events are few, and the constant is a good answer.
_PENALTY = 10.0


def background_rows(samples: xr.Dataset, block: str = "train") -> NDArray[np.int64]:
    """Rows of the full disk in a block, one a slot in the order of `background_events`."""
    own = np.flatnonzero((texts(samples["block"]) == block) & (texts(samples["entity"]) == "full_disk"))
    slots = np.unique(samples["issue_time"].to_numpy()[own], return_index=True)[1]
    return np.asarray(own[slots], np.int64)


def background_events(samples: xr.Dataset, block: str = "train") -> NDArray[np.float64]:
    """Full-disk events of a block that no listed region explains.

    Parameters
    ----------
    samples : xarray.Dataset
        The samples file, with full-disk rows.
    block : str
        Which block.

    Returns
    -------
    ndarray, shape (slot, threshold, window)
        1 or 0 where no region in the same slot is known to have had the event; NaN where one had, because then the
        full-disk label says nothing on the rest of the Sun, and where the full-disk label is unknown.
    """
    samples = samples.isel(sample=np.flatnonzero(texts(samples["block"]) == block))
    event = samples["event"].transpose("sample", "threshold", "window").to_numpy().astype(float)
    disk = texts(samples["entity"]) == "full_disk"
    slots: NDArray[Any] = samples["issue_time"].to_numpy()
    rows, place = np.unique(slots[disk], return_inverse=True)
    found = np.full((len(rows), *event.shape[1:]), np.nan)
    found[place] = event[disk]
    where = np.searchsorted(rows, slots[~disk]).clip(0, max(0, len(rows) - 1))
    if not len(rows):
        return found
    listed = rows[where] == slots[~disk]
    # several regions share a slot, and plain indexing would keep the last of them alone
    explained = np.zeros(found.shape, bool)
    np.logical_or.at(explained, where[listed], event[~disk][listed] == 1)
    return np.where(explained, np.nan, found)


def fit_background(events: NDArray[np.float64], fluxes: Tensor, windows: tuple[float, ...]) -> FlareProcess | None:
    """Fit one flare process to the unexplained events, so that the background nests as the forecasts do.

    Parameters
    ----------
    events : ndarray, shape (slot, threshold, window)
        See `background_events`.
    fluxes : Tensor, shape (threshold,)
        W m-2.
    windows : tuple of float
        Hours.

    Returns
    -------
    FlareProcess or None
        Of batch size 1, without an energy limit but the largest flare on record; None where nothing is known.
    """
    if not np.isfinite(events).any():
        return None
    labels = torch.as_tensor(events)
    head = MarkedPoissonHead(windows)
    start = _start(windows)[None]
    scores = start.clone().requires_grad_()
    limit = flux_limit(torch.tensor([torch.nan], dtype=torch.float64))

    def objective() -> Tensor:
        process = head(scores, limit)
        # one weak pull in logit: without any event the likelihood alone would run off to minus infinity
        pull = (scores - start).square().sum()
        return masked_loss(process, fluxes.double(), labels) + 1e-3 * pull / len(labels)

    minimise([scores], objective)
    process: FlareProcess = head(scores.detach(), limit)
    return process


def _start(windows: tuple[float, ...]) -> Tensor:
    """Scores to begin with, shape (1 + window,): a rare event in every slot."""
    return torch.tensor([-2.0, -4.0, *[0.0] * (len(windows) - 1)], dtype=torch.float64)


def fit_dependent_background(
    events: NDArray[np.float64],
    features: Mapping[str, NDArray[np.float64]],
    fluxes: Tensor,
    windows: tuple[float, ...],
) -> Background | None:
    """Fit a process that depends on what the disk shows.

    Parameters
    ----------
    events : ndarray, shape (slot, threshold, window)
        See `background_events`.
    features : mapping
        Name -> values of the same slots; see `sunproof.models.background.disk_features`.
    fluxes : Tensor, shape (threshold,)
        W m-2.
    windows : tuple of float
        Hours.

    Returns
    -------
    Background or None
        None where nothing is known of events or features.
    """
    # what was never observed can depend on nothing
    names = tuple(name for name, values in features.items() if np.isfinite(values).any())
    if not names or not np.isfinite(events).any():
        return None
    columns = [features[name][np.isfinite(features[name])] for name in names]
    centre, spread = (
        torch.tensor([float(f(part)) for part in columns], dtype=torch.float64) for f in (np.mean, np.std)
    )
    start = _start(windows)
    scores, weights = start.clone().requires_grad_(), torch.zeros(len(start), len(names), dtype=torch.float64)
    weights.requires_grad_()
    model = Background(windows, names, centre, spread.clamp_min(1e-9), scores, weights)
    labels = torch.as_tensor(events)

    def objective() -> Tensor:
        loss = masked_loss(model.process(features), fluxes.double(), labels)
        # the same prior as of the constant: only the dependence is penalised further
        pull = 1e-3 * (scores - start).square().sum() + _PENALTY / 2 * weights.square().sum()
        return loss + pull / len(labels)

    minimise([scores, weights], objective)
    return Background(windows, names, centre, spread.clamp_min(1e-9), scores.detach(), weights.detach())


def choose_background(
    samples: xr.Dataset, inputs: Inputs, fluxes: Tensor, windows: tuple[float, ...], wanted: tuple[str, ...]
) -> tuple[FlareProcess | Background | None, dict[str, Any]]:
    """Fit the background, and let the validation block decide whether it may depend on the disk.

    Parameters
    ----------
    samples : xarray.Dataset
        The samples file, with full-disk rows.
    inputs : Inputs
        Of the same rows.
    fluxes : Tensor, shape (threshold,)
        W m-2.
    windows : tuple of float
        Hours.
    wanted : tuple of str
        Modalities that it may depend on; none for a constant one.

    Returns
    -------
    background : FlareProcess, Background or None
    facts : dict
        Both losses on validation, where there was a choice.
    """
    events = background_events(samples)
    constant = fit_background(events, fluxes, windows)
    if not wanted or constant is None:
        return constant, {}
    features = whole_disk(inputs, background_rows(samples), wanted)
    dependent = fit_dependent_background(events, features, fluxes, windows)
    held = background_events(samples, "validation")
    if dependent is None or not np.isfinite(held).any():
        return constant, {}
    seen = whole_disk(inputs, background_rows(samples, "validation"), wanted)
    # the validation block decides between two, which costs it little
    losses = [
        float(masked_loss(process, fluxes.double(), torch.as_tensor(held)))
        for process in (constant, dependent.process(seen))
    ]
    facts = {"features": list(dependent.names), "loss_constant": losses[0], "loss": losses[1]}
    return (dependent if losses[1] < losses[0] else constant), {"background": facts}
