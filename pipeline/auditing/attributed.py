"""Forecasts explained by their own model: attributions, and beside them what the logit loses without each group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sunproof.models.attribution.explained import Explained
    from sunproof.models.attribution.groups import Partition
    from sunproof.models.attribution.integrated_gradients import Attribution
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Attributed", "attributed", "decimal"]


@dataclass(frozen=True)
class Attributed:
    """Explanations of some forecasts by two methods.

    Parameters
    ----------
    attribution : Attribution
        Integrated Gradients of every input.
    names : mapping
        Modality -> its features.
    step_hours : float
        Length of one step of the sequences.
    grouped : list of dict
        A forecast each: ``groups``, physical group -> (sum of attributions, logit lost without the group), and
        ``lags``, rows of (span, sum of attributions, logit lost without the span), in the order of the inputs; decimal
        strings, and None for the loss of what was not observed.
    """

    attribution: Attribution
    names: Mapping[str, tuple[str, ...]]
    step_hours: float
    grouped: list[dict[str, Any]]


def attributed(keys: xr.Dataset, archive: str | Path, bundle: str | Path, threshold: str, window: float) -> Attributed:
    """Explain forecasts.

    Parameters
    ----------
    keys : xarray.Dataset
        Forecasts, of which the keys and times count.
    archive, bundle : str or Path
        What they were made from and by.
    threshold, window
        Which output.
    """
    # torch and captum take seconds to import: only where something is explained
    from sunproof.models.attribution.integrated_gradients import attribute
    from sunproof.pipeline.samples.features import build
    from sunproof.pipeline.training.bundle import load_bundle

    held = load_bundle(bundle)
    inputs = build(archive, keys, held.inputs)
    parts = inputs.read_shared(slice(None))
    attribution = attribute(held.ensemble, parts, threshold, window)
    return Attributed(attribution, inputs.names, held.inputs.step_hours, _grouped(held, parts, attribution))


def decimal(value: float) -> str:
    """Write a number as certificates tell explanations: six digits."""
    return f"{value:.6g}"


def _grouped(bundle: Bundle, parts: Mapping[str, Any], attribution: Attribution) -> list[dict[str, Any]]:
    from sunproof.models.attribution.explained import Explained
    from sunproof.models.attribution.groups import partition
    from sunproof.models.attribution.spans import spans

    explained = Explained.of(bundle.ensemble, parts, attribution.threshold, attribution.window)
    architecture, flat = bundle.ensemble.architecture, explained.flat(attribution.modalities)
    images = {name: block.lags_hours for name, block in bundle.inputs.images.items()}
    physical = _rows(explained, partition(architecture, "physics"), flat)
    in_time = _rows(explained, spans(architecture, bundle.inputs.step_hours, images), flat)
    # a certificate sorts the keys of an object, and spans have an order of their own: they stay rows
    return [
        {"groups": {name: pair for name, *pair in groups}, "lags": lags}
        for groups, lags in zip(physical, in_time, strict=True)
    ]


def _rows(explained: Explained, groups: Partition, flat: NDArray[np.float64]) -> list[list[list[str | None]]]:
    """Tell every forecast's groups: name, sum of attributions, logit lost without the group."""
    from sunproof.models.attribution.ablation import ablate

    sums, effects = groups.sums(flat).tolist(), ablate(explained, groups).tolist()
    return [
        [
            [name, decimal(own), None if math.isnan(lost) else decimal(lost)]
            for name, own, lost in zip(groups.names, shares, losses, strict=True)
        ]
        for shares, losses in zip(sums, effects, strict=True)
    ]
