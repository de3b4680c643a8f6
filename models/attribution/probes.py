"""What can be read off a model's inner numbers by a straight line: known quantities, which nobody taught it to keep.

A linear probe that reads a quantity off the tokens says only that the input reached them; a model with shuffled weights
passes much of it on, too. Evidence is what the trained model has over such twins, on regions the probe has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network

__all__ = ["inner_numbers", "read_off"]

Floats = NDArray[np.float64]

_PENALTIES = np.logspace(-1, 6, 15)
# Fewer rows than this tell nothing.
_LEAST = 30


def inner_numbers(ensemble: Ensemble, inputs: Mapping[str, tuple[Any, ...]]) -> dict[str, Floats]:
    """Collect the tokens of each modality and what the last layer of the deep path gets, of the first member.

    Parameters
    ----------
    ensemble : Ensemble
        Put into eval mode.
    inputs : mapping
        Modality -> (values, mask), or (values, mask, index) where rows share values; raw units.

    Returns
    -------
    dict
        ``NAME tokens``: mean over the tokens that are there, shape (row, width), NaN where none is; ``last layer``:
        shape (row, units), if the model has a deep path.
    """
    ensemble.eval()
    network = ensemble.members[0]
    if not isinstance(network, Network) or network.deep is None:
        return {}
    prepared = ensemble.prepare(inputs)
    kept: list[Tensor] = []
    last: Any = network.deep[-1] if isinstance(network.deep, nn.Sequential) else network.deep.last
    # before the last layer, not after: what it gets, whether it uses it or not
    handle = last.register_forward_pre_hook(lambda module, given: kept.append(given[0]))
    try:
        with torch.no_grad():
            network(prepared)
            tokens = network.tokens(prepared)
    finally:
        handle.remove()
    found = {f"{name} tokens": _mean(*pair) for name, pair in tokens.items()}
    return found | {"last layer": np.asarray(kept[0].double().numpy(), np.float64)}


def _mean(tokens: Tensor, present: Tensor) -> Floats:
    weight = present.double()[..., None]
    mean = (tokens.double() * weight).sum(1) / weight.sum(1)
    return np.asarray(mean.numpy(), np.float64)


def read_off(numbers: Floats, target: Floats, learn: NDArray[np.bool_], test: NDArray[np.bool_]) -> Floats:
    """Fit a ridge regression to some rows, and apply it to others.

    Parameters
    ----------
    numbers : ndarray, shape (row, feature)
    target : ndarray, shape (row,)
    learn, test : ndarray of bool, shape (row,)
        The penalty, too, is chosen on the rows to learn from, by leaving one out.

    Returns
    -------
    ndarray, shape (row,)
        Predictions at the rows to test on; NaN elsewhere, where a row lacks anything, and everywhere if fewer than 30
        rows can be learnt from.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    whole = np.isfinite(numbers).all(axis=1) & np.isfinite(target)
    found = np.full(len(target), np.nan)
    if (learn & whole).sum() < _LEAST or not (test & whole).any():
        return found
    line = make_pipeline(StandardScaler(), RidgeCV(alphas=_PENALTIES))
    line.fit(numbers[learn & whole], target[learn & whole])
    found[test & whole] = line.predict(numbers[test & whole])
    return found
