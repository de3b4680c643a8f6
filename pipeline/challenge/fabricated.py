"""Given explanations, false or true, in the place of the audit's own, and what the checks say of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.constraints.engine import evaluate
from sunproof.models.constraints.views import column
from sunproof.pipeline.auditing.explanation_evidence import explanation_evidence
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.challenge.chain import Trial
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.plants.explanations import Claim, Parts
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training.bundle import Bundle, load_bundle

__all__ = ["claimed_trial"]

# So many are explained at once, as in an audit.
_TOGETHER = 64


def claimed_trial(
    claim: Claim, clean: Trial, scene: Scene, config: ChallengeConfig, random: np.random.Generator
) -> Trial:
    """Let somebody claim an explanation for every forecast that was explained.

    Parameters
    ----------
    claim : callable
        What is claimed: see `sunproof.pipeline.challenge.plants.explanations.Claim`.
    clean : Trial
        Of the same scene.
    scene : Scene
    config : ChallengeConfig
    random : numpy.random.Generator

    Returns
    -------
    Trial
    """
    bundle = load_bundle(config.bundle)
    explained = np.flatnonzero(np.isfinite(column(clean.forecasts, "explanation_skill")))
    window = float(clean.forecasts["window"].values[0])
    fresh: dict[str, NDArray[np.float64]] = {}
    with tempfile.TemporaryDirectory() as folder:
        archive = scene.write(Path(folder) / "archive.zarr")
        # in even pieces: one forecast alone has no other whose explanation could be borrowed
        for rows in np.array_split(explained, -(-len(explained) // _TOGETHER) or 1):
            if not len(rows):
                continue
            parts = build(archive, clean.forecasts.isel(forecast=rows), bundle.inputs).read(slice(None))
            for name, values in _evidence(claim, bundle, parts, window, config, random).items():
                fresh.setdefault(name, np.full(clean.forecasts.sizes["forecast"], np.nan))[rows] = values
    forecasts = clean.forecasts.assign({name: ("forecast", values) for name, values in fresh.items()})
    findings = evaluate(forecasts)
    return Trial(forecasts, findings, judge(forecasts, findings)["verdict"].values.astype(object))


def _evidence(
    claim: Claim, bundle: Bundle, parts: Parts, window: float, config: ChallengeConfig, random: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    threshold = config.question.threshold
    explained = Explained.of(bundle.ensemble, parts, threshold, window)
    true = explained.flat(attribute(bundle.ensemble, parts, threshold, window).modalities)
    return explanation_evidence(explained, parts, config.question, claim(explained, parts, true, random))
