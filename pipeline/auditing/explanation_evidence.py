"""What an explanation is worth: its completeness, its skill beside the nulls', its agreement with ablation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.auditing.config import QuestionConfig

if TYPE_CHECKING:
    from sunproof.models.attribution.explained import Explained

__all__ = ["explanation_evidence"]

Columns = dict[str, NDArray[np.float64]]


def explanation_evidence(
    explained: Explained, parts: Mapping[str, Any], config: QuestionConfig, claimed: NDArray[np.float64] | None = None
) -> Columns:
    """Measure an explanation: its completeness, its skill beside the nulls', its agreement with ablation.

    Parameters
    ----------
    explained : Explained
        The model at the batch, one output.
    parts : mapping
        Inputs of the batch, raw units.
    config : QuestionConfig
    claimed : ndarray, shape (forecast, element), optional
        An explanation that somebody gives; by default Integrated Gradients of the model itself.

    Returns
    -------
    dict
        Evidence variable -> values of shape (forecast,).
    """
    from sunproof.models.attribution.ablation import ablate, agreement
    from sunproof.models.attribution.activity import activity
    from sunproof.models.attribution.groups import partition
    from sunproof.models.attribution.integrated_gradients import attribute
    from sunproof.models.attribution.nulls import random_twins, shuffled, twin_correlation
    from sunproof.models.attribution.skill import probe

    model, architecture = explained.ensemble, explained.ensemble.architecture
    groups, lags = partition(architecture, "physics"), partition(architecture, "lag")
    window = float(architecture["windows"][explained.place[1]])
    gradients = attribute(model, parts, config.threshold, window)
    flat, effects = explained.flat(gradients.modalities), ablate(explained, groups)
    difference, error = gradients.logit - gradients.baseline_logit, gradients.error.copy()
    beside: Columns = {}
    if claimed is not None:
        size = np.maximum(np.linalg.norm(flat, axis=1), 1e-9)
        beside["explanation_parity"] = np.linalg.norm(claimed - flat, axis=1) / size
        # a claim is measured as one's own would be, and held against what the audit finds itself
        flat, error = claimed, claimed.sum(axis=1) - difference
    # a group of which nothing was observed has no share to agree about
    sums = np.where(groups.observed(explained.mask), groups.sums(flat), np.nan)
    probes = probe(explained, groups, lags, config.probes, config.seed)
    nulls = (np.abs(explained.values.numpy()), shuffled(flat, explained.mask, config.seed))
    if config.twins:
        twins = random_twins(model, config.twins, config.seed)
        beside["twin_correlation"] = twin_correlation(explained, effects, lambda other: ablate(other, groups), twins)
    effect, level = activity(explained)
    return beside | {
        "attribution_error": error,
        "attribution_difference": difference,
        "method_agreement": agreement(effects, sums),
        "explanation_skill": probes.skill(flat),
        # the better of two nulls that know nothing of the model
        "null_skill": np.maximum(*(probes.skill(null) for null in nulls)),
        "activity_effect": effect,
        "activity_level": level,
    }
