import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.simulate.ceiling import skill_ceiling


@pytest.fixture
def batches():
    """Four thousand region slots whose truth is known, the first half of them for training."""
    rng = np.random.default_rng(1)
    count = 4000
    true = np.stack([rng.beta(0.6, 1.5, count), rng.beta(0.3, 9.0, count)], axis=1)[:, :, None]
    keys = {
        "harpnum": ("row", np.arange(count)),
        "noaa_ar": ("row", np.full(count, -1)),
        "issue_time": ("row", np.full(count, np.datetime64("2014-01-01", "ns"))),
        "entity": ("row", np.full(count, "region", dtype=object)),
    }
    coords = {"threshold": ["C1.0", "M1.0"], "window": [24.0]}
    dims = ("row", "threshold", "window")
    event = (rng.random(true.shape) < true).astype(float)
    event[-10:, 0] = np.nan
    block = np.where(np.arange(count) < count // 2, "train", "test").astype(object)
    truth = xr.Dataset({"probability": (dims, true), **keys}, coords)
    samples = xr.Dataset({"event": (dims, event), "block": ("row", block), **keys}, coords)
    noisy = np.clip(true + rng.normal(0.0, 0.1, true.shape), 0.0, 1.0)
    forecasts = xr.Dataset({"probability": (dims, noisy), **keys}, coords).isel(row=slice(count // 2, None))
    return forecasts, samples, truth


def test_the_truth_beats_a_noisy_copy_of_itself(batches):
    for row in skill_ceiling(*batches):
        assert row.model < row.truth
    assert 0.1 < skill_ceiling(*batches)[0].truth < 0.6


def test_the_truth_as_forecast_reaches_its_own_ceiling(batches):
    _, samples, truth = batches
    for row in skill_ceiling(truth.isel(row=slice(2000, None)), samples, truth):
        assert row.model == row.truth


def test_unknown_labels_are_left_out(batches):
    assert [row.cases for row in skill_ceiling(*batches)] == [1990, 2000]


def test_full_disk_slots_are_left_out(batches):
    forecasts, samples, truth = batches
    forecasts["entity"][:500] = "full_disk"
    assert skill_ceiling(forecasts, samples, truth)[1].cases == 1500


def test_no_event_means_no_skill(batches):
    forecasts, samples, truth = batches
    samples["event"][2000:] = 0.0
    for row in skill_ceiling(forecasts, samples, truth):
        assert row.events == 0
        assert np.isnan(row.model)
