import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from sunproof.models.physics.energy import available_energy
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting import parallel as parallel_module
from sunproof.pipeline.forecasting.config import ForecastConfig, IntervalConfig
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.forecasting.forecast import run
from sunproof.pipeline.forecasting.slots import load_slots, parts
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.vocabulary import check
from tests.pipeline.training.world import World


def config(world: World, output: Path, **changes: Any) -> ForecastConfig:
    settings: dict[str, Any] = {"samples": world.samples, "blocks": ("test",), "part_rows": 40}
    return ForecastConfig(archive=world.archive, bundle=world.root / "bundle", output=output, **(settings | changes))


@pytest.fixture(scope="module")
def forecasts(trained: World, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    output = tmp_path_factory.mktemp("forecast") / "forecasts.nc"
    run(config(trained, output))
    return xr.load_dataset(output, engine="h5netcdf")


def test_every_slot_is_there_once_with_contract_and_vocabulary(forecasts: xr.Dataset, trained: World):
    samples = xr.load_dataset(trained.samples, engine="h5netcdf")
    expected = samples.isel(sample=(samples["block"] == "test").to_numpy())
    assert forecasts.sizes["forecast"] == expected.sizes["sample"]
    for name in ("harpnum", "issue_time"):
        np.testing.assert_array_equal(forecasts[name], expected[name])
    check(check_forecasts(forecasts, "file"), "file")
    assert forecasts.attrs["goes_scale"] == "operational"
    assert forecasts.attrs["bundle"] == load_bundle(trained.root / "bundle").digest


def test_probabilities_nest_in_class_and_window(forecasts: xr.Dataset):
    probability = forecasts["probability"]
    assert bool((probability.diff("threshold") <= 0).all())
    assert bool((probability.diff("window") >= 0).all())
    assert bool(((probability > 0) & (probability < 1)).all())


def test_regions_have_their_process_and_their_evidence(forecasts: xr.Dataset):
    regions = forecasts.isel(forecast=(forecasts["entity"] == "region").to_numpy())
    expected = -np.expm1(-regions["rate"])
    np.testing.assert_allclose(regions["probability"].sel(threshold="C1.0"), expected, rtol=1e-9)
    np.testing.assert_allclose(regions["energy_limit"], available_energy(regions["usflux"].to_numpy()), rtol=1e-6)
    for name in ("size_index", "flux_limit", "flares_24h", "history_events", "input_age", "nan_fraction"):
        assert bool(regions[name].notnull().all()), name


def test_the_full_disk_is_put_together_from_its_regions(forecasts: xr.Dataset):
    disk = (forecasts["entity"] == "full_disk").to_numpy()
    for row in np.flatnonzero(disk)[::7]:
        same = ~disk & (forecasts["issue_time"] == forecasts["issue_time"][row]).to_numpy()
        quiet = (1 - forecasts["probability"].values[same]).prod(axis=0)
        expected = 1 - (1 - forecasts["probability_background"].values[row]) * quiet
        np.testing.assert_allclose(forecasts["probability"].values[row], expected, rtol=1e-9)
    assert bool(forecasts["size_index"][disk].isnull().all())


def test_baselines_stand_beside(forecasts: xr.Dataset):
    for name in ("regression", "wheatland", "climatology", "persistence"):
        values = forecasts[f"probability_{name}"]
        assert values.dims == ("forecast", "threshold", "window")
        assert float(values.notnull().mean()) > 0.8


def test_what_the_referee_was_fitted_to_stands_beside_it(forecasts: xr.Dataset, trained: World):
    np.testing.assert_array_equal(
        np.isnan(forecasts["regression_beyond"].values), np.isnan(forecasts["probability_regression"].values)
    )
    outside = (forecasts["regression_beyond"].fillna(0) != 0).any(("threshold", "window")).to_numpy()
    np.testing.assert_array_equal(outside, forecasts["regression_cause"].to_numpy() != "")
    samples = xr.load_dataset(trained.samples, engine="h5netcdf")
    for place, entity in enumerate(("region", "full_disk")):
        train = ((samples["block"] == "train") & (samples["entity"] == entity)).to_numpy()
        known = np.isfinite(samples["event"].values[train])
        assert (forecasts["regression_samples"].values[place] <= known.sum(axis=0)).all()
        assert (forecasts["regression_samples"].values[place] > 0.8 * known.sum(axis=0)).all()
        assert (forecasts["regression_events"][place] >= forecasts["regression_flaring"][place]).all()


def test_parts_do_not_change_the_forecasts(forecasts: xr.Dataset, trained: World, tmp_path: Path):
    run(config(trained, tmp_path / "whole.nc", part_rows=10_000, batch_size=64))
    whole = xr.load_dataset(tmp_path / "whole.nc", engine="h5netcdf")
    for name in ("probability", "rate", "size_index", "usflux", "probability_wheatland"):
        np.testing.assert_allclose(whole[name], forecasts[name], atol=1e-6)
    assert (whole["status"] == forecasts["status"]).all()


def test_the_same_run_gives_the_same_bytes(trained: World, tmp_path: Path):
    for name in ("a.nc", "b.nc"):
        run(config(trained, tmp_path / name, baselines=False))
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_an_interrupted_run_goes_on_after_its_last_part(
    trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    original, calls = parallel_module.forecast_rows, []

    def die(*arguments: Any) -> xr.Dataset:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(parallel_module, "forecast_rows", die)
    # whatever the state of this checkout: with changes that nobody committed all parts would be made again
    monkeypatch.setattr("sunproof.pipeline.receipts.code_version", lambda: "1.0+committed")
    with pytest.raises(KeyboardInterrupt):
        run(config(trained, tmp_path / "f.nc"))
    assert not (tmp_path / "f.nc").exists()
    total = len(list(parts(load_slots(config(trained, tmp_path / "f.nc"))[0], 40)))
    run(config(trained, tmp_path / "f.nc"))
    # two parts before the interruption, the interrupted one twice
    assert len(calls) == total + 1
    assert not list(tmp_path.glob(".f.nc*"))


def test_an_interval_needs_no_labels(trained: World, tmp_path: Path):
    interval = IntervalConfig(start="2012-06-20", end="2012-06-22", latency_hours=1, tolerance_hours=7)
    run(config(trained, tmp_path / "now.nc", samples=None, blocks=(), interval=interval))
    found = xr.load_dataset(tmp_path / "now.nc", engine="h5netcdf")
    assert bool((found["issue_time"] - found["data_cutoff"] == np.timedelta64(1, "h")).all())
    assert set(found["status"].values) == {"ISSUED"}
    assert "probability_climatology" not in found
    assert bool(found["probability_wheatland"].notnull().all())


def test_a_region_nobody_observed_is_a_row_with_a_reason(trained: World, tmp_path: Path):
    samples = xr.load_dataset(trained.samples, engine="h5netcdf")
    test = samples.isel(sample=(samples["block"] == "test").to_numpy())
    last = test["issue_time"][(test["entity"] == "full_disk").to_numpy()][-1]
    part = test.isel(sample=(test["issue_time"] == last).to_numpy())
    harp = part["harpnum"].copy()
    harp[-1] = 999
    part.assign(harpnum=harp).to_netcdf(tmp_path / "s.nc", engine="h5netcdf")
    run(config(trained, tmp_path / "f.nc", samples=tmp_path / "s.nc", baselines=False))
    found = xr.load_dataset(tmp_path / "f.nc", engine="h5netcdf")
    assert found["status"].values[-1] == "NO_FORECAST"
    assert "no observation in the history before the data cut-off: keywords" in found["status_reason"].values[-1]
    assert bool(found["probability"][-1].isnull().all())
    disk = (found["entity"] == "full_disk") & (found["issue_time"] == found["issue_time"][-1])
    assert found["status"].values[disk.to_numpy()].tolist() == ["FALLBACK"]


def test_the_receipt_names_what_was_read(forecasts: xr.Dataset, trained: World, tmp_path: Path):
    run(config(trained, tmp_path / "f.nc", baselines=False))
    receipt = json.loads((tmp_path / "f.nc.receipt.json").read_text())
    assert receipt["inputs"].keys() == {"archive", "bundle", "samples"}
    assert receipt["inputs"]["bundle"] == forecasts.attrs["bundle"]
    assert receipt["forecasts"]["ISSUED"] == forecasts.sizes["forecast"]


def test_other_features_than_the_models_are_refused(trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bundle = load_bundle(trained.root / "bundle")
    bundle.ensemble.architecture["modalities"]["region"]["features"][0] = "tilt"
    monkeypatch.setattr(parallel_module, "_bundle", lambda path, digest: bundle)
    with pytest.raises(InputError, match=r"region\[0\]: feature differs from the model's; got '\w+'; wanted tilt"):
        run(config(trained, tmp_path / "f.nc"))
    assert not (tmp_path / "f.nc").exists()


def test_forecasts_are_those_of_the_bundle(forecasts: xr.Dataset, trained: World):
    bundle = load_bundle(trained.root / "bundle")
    data = SampleData(trained.archive, trained.samples, bundle.inputs)
    data.setup()
    rows = data.rows("test").numpy()[:5]
    given = {name: (values[rows], mask[rows]) for name, (values, mask) in data.inputs.modalities.items()}
    logits = bundle.ensemble(given).logits(bundle.ensemble.fluxes).detach().numpy()
    regions = forecasts.isel(forecast=(forecasts["entity"] == "region").to_numpy())["probability"].values[:5]
    np.testing.assert_allclose(np.log(regions / (1 - regions)), logits, atol=1e-5)


def test_a_model_of_a_simulated_sun_forecasts_no_real_one(
    trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bundle = load_bundle(trained.root / "bundle")
    simulated = replace(bundle, facts=bundle.facts | {"simulated": True})
    monkeypatch.setattr("sunproof.pipeline.forecasting.forecast.load_bundle", lambda _: simulated)
    with pytest.raises(InputError, match=r"trained on a simulated Sun, .*got .*bundle': 'simulated', .*'real'\}"):
        run(config(trained, tmp_path / "f.nc"))
    assert not list(tmp_path.iterdir())
