"""Does a forecast go up with the region? The total effect of field and flares, beside how strong they are."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition

__all__ = ["activity"]

_REGION = ("size", "gradient", "current", "helicity", "shear", "inversion line", "flares of the region")
# One each of the measures that rank regions best alone: Schrijver 2007, ApJ 655, L117; Bobra & Couvidat 2015; recent
# flares (Wheatland 2004).
_LEVEL = ("r_value", "totusjh", "flares_c_24h")


def activity(explained: Explained) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take field and flares of the region away together, because their parts cannot be told apart.

    Parameters
    ----------
    explained : Explained

    Returns
    -------
    effect : ndarray, shape (sample,)
        Logit minus the logit with field and flares at the training median; NaN where none was observed.
    level : ndarray, shape (sample,)
        Mean of the normalised ``r_value``, ``totusjh`` (last step) and ``flares_c_24h`` that were observed; NaN where
        none was.
    """
    groups = partition(explained.ensemble.architecture, "physics")
    taken = np.isin(groups.index, [groups.names.index(name) for name in _REGION if name in groups.names])
    whole, without = explained.kept(np.stack([np.ones_like(taken), ~taken])).T
    effect = whole - without
    effect[~(explained.mask & taken).any(axis=1)] = np.nan
    return effect, _level(explained)


def _level(explained: Explained) -> NDArray[np.float64]:
    parts = []
    for name, (values, mask) in explained.prepared.modalities.items():
        # images have no features to be ranked by
        if name in explained.prepared.index:
            continue
        features = list(explained.ensemble.architecture["modalities"][name]["features"])
        at = [features.index(feature) for feature in _LEVEL if feature in features]
        last, seen = (part[:, -1] if part.dim() > 2 else part for part in (values, mask))
        parts.append(torch.where(seen[:, at], last[:, at], torch.nan).numpy())
    # of images alone there is no level
    measures = np.concatenate([np.full((len(explained), 0), np.nan), *parts], axis=1)
    count = np.isfinite(measures).sum(axis=1)
    level = np.full(len(measures), np.nan)
    np.divide(np.nansum(measures, axis=1), count, out=level, where=count > 0)
    return level
