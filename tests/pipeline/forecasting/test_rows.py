"""What the rows of a batch hold is in test_forecast.py; here is what one of them depends on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.rows import forecast_rows
from sunproof.pipeline.forecasting.slots import load_slots, parts
from sunproof.pipeline.training.bundle import load_bundle
from tests.pipeline.training.world import World


def test_rows_depend_on_their_own_issue_time_alone(trained: World, tmp_path: Path):
    bundle = load_bundle(trained.root / "bundle")
    config = ForecastConfig(
        archive=trained.archive, bundle=trained.root / "bundle", output=tmp_path / "f.nc", samples=trained.samples
    )
    slots = load_slots(config)[0]
    architecture = bundle.ensemble.architecture
    slots = slots.assign_coords(threshold=architecture["thresholds"], window=architecture["windows"])
    first, second = list(parts(slots, 1))[10:12]
    both = forecast_rows(bundle, config, slots.isel(forecast=np.concatenate([first, second])), {})
    alone = forecast_rows(bundle, config, slots.isel(forecast=second), {})
    np.testing.assert_allclose(both["probability"][len(first) :], alone["probability"], atol=1e-6)
    assert (both["status"][len(first) :].values == alone["status"].values).all()


@pytest.mark.parametrize("seen", [False, True])
def test_forecasts_from_a_simulated_archive_are_marked_whatever_the_model_was_trained_on(
    trained: World, tmp_path: Path, seen: bool
):
    archive = Path(shutil.copytree(trained.archive, tmp_path / "archive.zarr"))
    if seen:
        zarr.open_group(str(archive / "sharp"), mode="r+").attrs["simulated"] = 1
    bundle = load_bundle(trained.root / "bundle")
    config = ForecastConfig(
        archive=archive, bundle=trained.root / "bundle", output=tmp_path / "f.nc", samples=trained.samples
    )
    slots = load_slots(config)[0].isel(forecast=slice(4))
    architecture = bundle.ensemble.architecture
    slots = slots.assign_coords(threshold=architecture["thresholds"], window=architecture["windows"])
    assert not bundle.facts["simulated"]
    assert ("simulated" in forecast_rows(bundle, config, slots, {}).attrs) == seen
