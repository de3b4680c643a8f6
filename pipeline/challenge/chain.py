"""The whole chain from an archive to a verdict, as the product runs it: forecast, questions, checks, gate."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.config import AuditConfig, MapsConfig, QuestionConfig
from sunproof.pipeline.auditing.domain import Training
from sunproof.pipeline.auditing.kit import Kit, draw_training
from sunproof.pipeline.auditing.questions import question
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.rows import forecast_rows
from sunproof.pipeline.samples.second_view import with_second_view
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.verification.knowledge import event_statistics

__all__ = ["Chain", "Trial"]


@dataclass(frozen=True, eq=False)
class Trial:
    """What the chain made of one scene.

    Parameters
    ----------
    forecasts : xarray.Dataset
        With the evidence of the checks.
    findings : xarray.Dataset
        Of all checks.
    verdict : ndarray of str objects, shape (forecast,)
    """

    forecasts: xr.Dataset
    findings: xr.Dataset
    verdict: NDArray[np.object_]


class Chain:
    """Forecasts and audits scenes with the frozen limits.

    Parameters
    ----------
    archive, samples : Path
        Where the audit draws the training block from: the clean archive, whatever a scene holds.
    question : QuestionConfig
    """

    def __init__(self, archive: Path, samples: Path, question: QuestionConfig) -> None:
        self.archive, self.samples, self.question = archive, samples, question
        self._training: dict[str, Training | None] = {}
        self._kits: dict[Path, Kit] = {}

    def run(self, scene: Scene, model: Path, check: bool = True) -> Trial:
        """Forecast a scene with a model, and audit the forecasts.

        Parameters
        ----------
        scene : Scene
        model : Path
            A bundle.
        check : bool
            False: forecasts alone.

        Returns
        -------
        Trial
            Without findings and verdicts where not checked.
        """
        bundle = load_bundle(model)
        with tempfile.TemporaryDirectory() as folder:
            archive = scene.write(Path(folder) / "archive.zarr")
            config = ForecastConfig(archive=archive, bundle=model, output=Path(folder) / "none", samples=self.samples)
            architecture = bundle.ensemble.architecture
            slots = scene.slots.assign_coords(
                threshold=architecture["thresholds"], window=[float(hours) for hours in architecture["windows"]]
            )
            beside = {"probability_wheatland": event_statistics(archive, slots, bundle.inputs)}
            forecasts = with_second_view(forecast_rows(bundle, config, slots, beside), archive)
            if not check:
                return Trial(forecasts, xr.Dataset(), np.zeros(0, object))
            audit = self._audit(archive, model)
            asked = question(forecasts, audit, kit=replace(self._kit(model), archive=str(archive)))
        findings = evaluate(asked)
        return Trial(asked, findings, judge(asked, findings)["verdict"].values.astype(object))

    def _audit(self, archive: Path, model: Path) -> AuditConfig:
        return AuditConfig(
            forecasts="forecasts.nc",
            archive=str(archive),
            bundle=str(model),
            training=str(self.samples),
            question=self.question,
            # nobody looks at them here, and they cost more than all else
            maps=MapsConfig(most=0),
        )

    def _kit(self, model: Path) -> Kit:
        if model not in self._kits:
            # one is kept: models come one after another
            self._kits = {model: Kit.make(self._audit(self.archive, model), self._drawn(model))}
        return self._kits[model]

    def _drawn(self, model: Path) -> Training | None:
        bundle = load_bundle(model)
        # Models that read the same inputs share the training rows.
        key = bundle.inputs.model_dump_json()
        if key not in self._training:
            self._training[key] = draw_training(bundle, self._audit(self.archive, model))
        return self._training[key]


def probabilities(trial: Trial) -> Mapping[str, NDArray[np.float64]]:
    """Probabilities of the first window a class, shape (forecast,)."""
    cube = trial.forecasts["probability"].transpose("forecast", "threshold", "window").values.astype(np.float64)
    return {str(name): cube[:, place, 0] for place, name in enumerate(trial.forecasts["threshold"].values)}
