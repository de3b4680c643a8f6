"""What a model predicts beside flares, in the forecasts."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run
from sunproof.pipeline.forecasting.rows import forecast_rows
from sunproof.pipeline.forecasting.slots import load_slots
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import AuxiliaryConfig, OptimiserConfig, PhysicsConfig
from sunproof.pipeline.training.train import run as train
from sunproof.pipeline.vocabulary import attributes
from tests.pipeline.samples.conftest import Maker
from tests.pipeline.training.world import HOUR, START, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A world with X-rays, which rise through the night of the world."""
    world = make_world(tmp_path_factory.mktemp("ahead"))
    hours = np.arange(200 * 24)
    Maker(world.archive).xrs(START + hours * HOUR, 10.0 ** (-7 + 0.5 * np.sin(hours / 100)), np.ones(len(hours)))
    ahead = AuxiliaryConfig(quantities=("xrsb", "xrsb_peak", "usflux"), lead_hours=(12, 24))
    chosen = OptimiserConfig(physics=PhysicsConfig(auxiliary=ahead))
    train(world.train("bundle", optimiser=chosen, seeds=(0,)))
    return world


@pytest.fixture(scope="module")
def forecasts(world):
    config = ForecastConfig(
        archive=world.archive,
        samples=world.samples,
        bundle=world.root / "bundle",
        output=world.root / "f.nc",
        part_rows=40,
    )
    return xr.load_dataset(run(config), engine="h5netcdf")


def test_they_have_names_units_leads_and_the_range_of_training(forecasts):
    assert forecasts["predicted_usflux"].dims == ("forecast", "lead")
    assert forecasts["lead"].values.tolist() == [12, 24]
    for name in ("predicted_usflux", "predicted_xrsb_peak_low", "predicted_xrsb_error"):
        assert dict(forecasts[name].attrs) == attributes(name)
    assert (forecasts["predicted_usflux_low"] < forecasts["predicted_usflux_high"]).all()
    assert "predicted_totpot" not in forecasts


def test_a_range_that_was_written_as_whole_numbers_is_read(world, tmp_path):
    bundle = load_bundle(world.root / "bundle")
    # 1.2e20 Mx, as canonical JSON writes it
    rows = [row | {"low": json.loads("120000000000000000000")} for row in bundle.facts["auxiliary"]]
    config = ForecastConfig(
        archive=world.archive, samples=world.samples, bundle=world.root / "bundle", output=tmp_path / "f.nc"
    )
    slots = load_slots(config)[0].isel(forecast=slice(0, 30))
    found = forecast_rows(replace(bundle, facts=bundle.facts | {"auxiliary": rows}), config, slots, {})
    assert found["predicted_usflux_low"].values.tolist() == [1.2e20, 1.2e20]
    found.to_netcdf(tmp_path / "f.nc", engine="h5netcdf")


def test_what_was_observed_last_times_the_change_is_predicted(world, forecasts):
    facts = load_bundle(world.root / "bundle").facts["auxiliary"]
    region = (forecasts["entity"] == "region") & (forecasts["status"] == "ISSUED")
    rows = forecasts.isel(forecast=region.to_numpy())
    change = np.log10(rows["predicted_usflux"] / rows["usflux"])
    assert (
        0 < float(np.abs(change).max()) < 10 * max(row["persistence"] for row in facts if row["quantity"] == "usflux")
    )


def test_the_disk_has_the_x_rays_that_its_regions_predict_and_no_flux(forecasts):
    disk = forecasts["entity"] == "full_disk"
    assert np.isnan(forecasts["predicted_usflux"].values[disk]).all()
    whole = forecasts.isel(forecast=disk.to_numpy())
    for row in range(0, whole.sizes["forecast"], 37):
        alike = (forecasts["issue_time"] == whole["issue_time"][row]) & ~disk & (forecasts["status"] == "ISSUED")
        logs = np.log10(forecasts["predicted_xrsb"].values[alike])
        expected = 10 ** logs.mean(axis=0) if len(logs) else np.full(2, np.nan)
        np.testing.assert_allclose(whole["predicted_xrsb"][row], expected, rtol=1e-6)


def test_without_a_forecast_there_is_no_prediction(forecasts):
    silent = ((forecasts["entity"] == "region") & (forecasts["status"] != "ISSUED")).to_numpy()
    assert np.isnan(forecasts["predicted_xrsb"].values[silent]).all()
