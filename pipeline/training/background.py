"""Flares from no listed region: what the full disk adds to the product over its regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.heads import FlareProcess, MarkedPoissonHead, masked_loss
from sunproof.models.physics.energy import flux_limit
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.solve import minimise

__all__ = ["background_events", "fit_background"]


def background_events(samples: xr.Dataset) -> NDArray[np.float64]:
    """Full-disk events of the training block that no listed region explains.

    Parameters
    ----------
    samples : xarray.Dataset
        The samples file, with full-disk rows.

    Returns
    -------
    ndarray, shape (slot, threshold, window)
        1 or 0 where no region in the same slot is known to have had the event; NaN where one had, because then the
        full-disk label says nothing on the rest of the Sun, and where the full-disk label is unknown.
    """
    samples = samples.isel(sample=np.flatnonzero(texts(samples["block"]) == "train"))
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
    # a rare event in every slot, to begin with
    scores = torch.tensor([[-2.0, -4.0, *[0.0] * (len(windows) - 1)]], dtype=torch.float64, requires_grad=True)
    limit = flux_limit(torch.tensor([torch.nan], dtype=torch.float64))

    def objective() -> Tensor:
        process = head(scores, limit)
        # one weak pull in logit: without any event the likelihood alone would run off to minus infinity
        pull = (scores - scores.new_tensor([[-2.0, -4.0, *[0.0] * (len(windows) - 1)]])).square().sum()
        return masked_loss(process, fluxes.double(), labels) + 1e-3 * pull / len(labels)

    minimise([scores], objective)
    process: FlareProcess = head(scores.detach(), limit)
    return process
