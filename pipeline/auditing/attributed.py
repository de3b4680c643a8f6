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

from sunproof.pipeline.auditing.parity import apart, same_function

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

    def explanation(self, place: int, issued: float) -> dict[str, Any]:
        """Tell of one forecast all that its certificate says of why.

        Parameters
        ----------
        place : int
            Which of the forecasts.
        issued : float
            Probability that was issued.

        Returns
        -------
        dict
            ``status``, ``reason``, ``method``, ``logit`` and ``baseline_logit``, ``error`` of completeness, ``parity``
            (explained minus issued logit), attributions by modality, feature and step, ``groups`` and ``lags``.
        """
        told = _explanation(self.attribution, self.names, place) | self.grouped[place]
        told["step_hours"] = decimal(self.step_hours)
        logit = self.attribution.logit[place]
        difference = float(apart(logit, issued))
        told["parity"] = decimal(difference)
        # another function's explanation is no evidence
        if same_function(logit, issued):
            return told
        reason = f"the bundle does not give the issued probability (logit differs by {difference:.2g}); not evidence"
        return told | {"status": "invalid", "reason": reason}


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


def _explanation(attribution: Attribution, names: Mapping[str, tuple[str, ...]], place: int) -> dict[str, Any]:
    parts = {name: values[place].astype(float) for name, values in attribution.modalities.items()}
    # modalities are (step, feature) or (feature,), images (lag, channel)
    features = {
        name: dict(zip(names[name], map(decimal, part.reshape(-1, part.shape[-1]).sum(axis=0)), strict=True))
        for name, part in parts.items()
    }
    steps = {name: [decimal(value) for value in part.sum(axis=1)] for name, part in parts.items() if part.ndim > 1}
    complete = bool(attribution.complete[place])
    return {
        "status": "explained" if complete else "invalid",
        "reason": "" if complete else "the attributions do not sum to the difference they explain; not evidence",
        "method": "Integrated Gradients, Gauss-Legendre, baseline: training medians",
        "threshold": attribution.threshold,
        "window": decimal(attribution.window),
        "logit": decimal(attribution.logit[place]),
        "baseline_logit": decimal(attribution.baseline_logit[place]),
        "error": decimal(attribution.error[place]),
        "integration_steps": int(attribution.steps[place]),
        "modalities": {name: decimal(part.sum()) for name, part in parts.items()},
        "features": features,
        "steps": steps,
    }


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
