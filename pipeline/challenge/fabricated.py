"""Fabricated explanations in the place of the audit's own, and what the checks say of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.explanation_evidence import explanation_evidence
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.challenge.chain import Trial
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.plants.explanations import FABRICATED
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training.bundle import load_bundle

__all__ = ["fabricated_trial"]


def fabricated_trial(
    name: str, clean: Trial, scene: Scene, config: ChallengeConfig, random: np.random.Generator
) -> Trial:
    """Let somebody claim an explanation for every forecast that was explained.

    Parameters
    ----------
    name : str
        Of `FABRICATED`.
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
    explained_at = np.flatnonzero(np.isfinite(clean.forecasts["explanation_skill"].values))
    with tempfile.TemporaryDirectory() as folder:
        archive = scene.write(Path(folder) / "archive.zarr")
        keys = clean.forecasts.isel(forecast=explained_at)
        parts = build(archive, keys, bundle.inputs).read(slice(None))
    threshold, window = config.question.threshold, float(clean.forecasts["window"].values[0])
    explained = Explained.of(bundle.ensemble, parts, threshold, window)
    true = explained.flat(attribute(bundle.ensemble, parts, threshold, window).modalities)
    claimed = FABRICATED[name][1](explained, parts, true, random)
    forecasts = clean.forecasts.copy()
    for column, values in explanation_evidence(explained, parts, config.question, claimed).items():
        whole = np.full(forecasts.sizes["forecast"], np.nan)
        whole[explained_at] = values
        forecasts[column] = ("forecast", whole)
    findings = evaluate(forecasts)
    return Trial(forecasts, findings, judge(forecasts, findings)["verdict"].values.astype(object))
