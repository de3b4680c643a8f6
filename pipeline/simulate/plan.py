"""What the demo does, stage by stage: paths, and a configuration of every command."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from sunproof.pipeline.simulate.config import FaultsConfig, SimulateConfig, image_groups
from sunproof.pipeline.simulate.planted import FOREIGN_MODEL, foreign_table
from sunproof.pipeline.simulate.stages import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from sunproof.pipeline.auditing.config import AuditConfig
    from sunproof.pipeline.ingest.images.config import ImagesConfig
    from sunproof.pipeline.samples.config import InputConfig, LabelConfig
    from sunproof.pipeline.simulate.config import DemoConfig
    from sunproof.pipeline.training.config import TrainConfig

__all__ = ["Plan"]

# Parts of the run that end training and validation.
_TRAIN, _VALIDATION = 0.60, 0.78
# Largest distance of an image from its slot, seconds.
_TOLERANCE = 300.0
# Cells a side of the images that the model sees: enough to tell regions apart, and trained within a minute.
_DISK, _PATCH = 32, 24


class Plan:
    """Paths and configurations of every stage.

    Parameters
    ----------
    config : DemoConfig
    """

    def __init__(self, config: DemoConfig) -> None:
        self.config = config
        root = config.output
        self.raw, self.archive, self.samples = root / "raw", root / "archive.zarr", root / "samples.nc"
        self.bundle, self.forecasts = root / "bundle", root / "forecasts.nc"
        self.audit, self.scores, self.pictures = root / "audit", root / "scores", root / "images.png"
        self.foreign, self.foreign_audit = root / "planted" / "foreign.csv", root / "planted" / "audit"
        days = timedelta(days=config.sun.days)
        self.train_end = self._midnight(config.sun.start + _TRAIN * days)
        self.validation_end = self._midnight(config.sun.start + _VALIDATION * days)

    @staticmethod
    def _midnight(moment: datetime) -> datetime:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)

    def stages(self) -> list[Stage]:
        """List all stages in order; configurations are imported only now, for they bring heavier company."""
        from sunproof.pipeline.forecasting.config import ForecastConfig
        from sunproof.pipeline.ingest.config import IngestConfig
        from sunproof.pipeline.verification.config import EvaluateConfig

        ingest = IngestConfig(
            raw=self.raw, archive=self.archive, images=self._image_grid(), cluster=self.config.cluster
        )
        forecast = ForecastConfig(
            archive=self.archive, bundle=self.bundle, samples=self.samples, blocks=("test",), output=self.forecasts
        )
        evaluate = EvaluateConfig(
            forecasts=self.forecasts, samples=self.samples, archive=self.archive, output=self.scores
        )
        return [
            Stage("1 Simulate a Sun and its observers", "simulate", self._simulate(), self.raw),
            Stage("2 Ingest the raw files", "ingest", ingest, self.archive),
            Stage("3 Label regions and full disk", "label", self._label(), self.samples),
            Stage("4 Train a small model", "train", self._train(), self.bundle),
            Stage("5 Forecast the test block", "forecast", forecast, self.forecasts),
            Stage("6 Audit the model's forecasts", "audit", self._audit(), self.audit),
            Stage("7 Audit a fictitious service", "audit", self._foreign_audit(), self.foreign_audit),
            Stage("8 Evaluate against the labels", "evaluate", evaluate, self.scores),
        ]

    def _simulate(self) -> SimulateConfig:
        faults = FaultsConfig(after=self.validation_end + timedelta(days=8))
        settings = self.config
        return SimulateConfig(
            output=self.raw, seed=settings.seed, sun=settings.sun, faults=faults, images=settings.images
        )

    def _image_grid(self) -> ImagesConfig:
        """One slot a simulated image, at half the resolution; composites are stamped two minutes after the slot."""
        from sunproof.pipeline.ingest.images.config import ImagesConfig

        images = self.config.images
        if images is None:
            return ImagesConfig()
        return ImagesConfig(
            size=images.size // 2, cadence_seconds=images.cadence_hours * 3600.0, tolerance_seconds=_TOLERANCE
        )

    def _label(self) -> LabelConfig:
        from sunproof.pipeline.samples.config import LabelConfig, SplitConfig

        split = SplitConfig(
            train_end=self.train_end,
            validation_start=self.train_end,
            validation_end=self.validation_end,
            test_start=self.validation_end,
        )
        return LabelConfig(
            archive=self.archive,
            output=self.samples,
            cadence_hours=self.config.cadence_hours,
            # the blocks must lie so far apart that no image of one is in the history of another
            history_hours=self._inputs().reach_hours,
            split=split,
        )

    def _train(self) -> TrainConfig:
        from sunproof.pipeline.training.config import ModelConfig, OptimiserConfig, TrainConfig, TrainerConfig

        return TrainConfig(
            archive=self.archive,
            samples=self.samples,
            output=self.bundle,
            inputs=self._inputs(),
            model=ModelConfig(background=("xrs", "history", "disk")),
            # Some two hundred regions are few: the linear path is held tighter than for the archive of a whole cycle.
            optimiser=OptimiserConfig(wide_penalty=100.0),
            trainer=TrainerConfig(max_epochs=self.config.max_epochs, patience=3),
            seeds=tuple(self.config.seed + member for member in range(self.config.members)),
        )

    def _inputs(self) -> InputConfig:
        """Everything that was observed; of images the last one, if it is hardly older than their spacing."""
        from sunproof.pipeline.samples.config import DiskConfig, InputConfig, PatchConfig, VectorConfig

        images = self.config.images
        groups = image_groups(images) if images is not None else ()
        if images is None:
            return InputConfig()
        # two missing frames in a row leave a gap
        oldest = 2 * images.cadence_hours + 1
        disk = DiskConfig(groups=groups, size=_DISK, oldest_hours=oldest) if groups else None
        earth = tuple(name for name in groups if name.startswith(("hmi", "aia")))
        patch = PatchConfig(groups=earth[::-1], size=_PATCH, degrees=24, oldest_hours=oldest) if earth else None
        vector = VectorConfig(size=_PATCH, degrees=18, oldest_hours=oldest) if images.vector else None
        return InputConfig(disk=disk, patch=patch, vector=vector)

    def _audit(self) -> AuditConfig:
        from sunproof.pipeline.auditing.config import AuditConfig

        return AuditConfig(
            forecasts=str(self.forecasts),
            output=str(self.audit),
            archive=str(self.archive),
            bundle=str(self.bundle),
            samples=str(self.samples),
            training=str(self.samples),
        )

    def _foreign_audit(self) -> AuditConfig:
        from sunproof.pipeline.auditing.config import AuditConfig, ForeignConfig, WideColumn

        columns = [
            WideColumn(column=f"{threshold[0]}{window}", threshold=threshold, window=float(window))
            for threshold in ("C1.0", "M1.0", "X1.0")
            for window in (24, 48, 72)
        ]
        table = ForeignConfig(
            classes="cumulative",
            windows="nested",
            goes_scale="operational",
            unit="fraction",
            model=FOREIGN_MODEL,
            issue_time="issue_time",
            wide=columns,
            quantum=1e-4,
        )
        return AuditConfig(forecasts=str(self.foreign), table=table, output=str(self.foreign_audit))

    def write_foreign(self) -> None:
        """Write the table of the fictitious service, from the truth beside the raw files."""
        import xarray as xr

        with xr.open_dataset(f"{self.raw}_truth/truth.nc", engine="h5netcdf", decode_timedelta=False) as truth:
            foreign_table(truth.load(), np.datetime64(self.validation_end, "ns"), self.foreign)
