import numpy as np
import pytest

from sunproof.pipeline.simulate.config import TruthConfig
from sunproof.pipeline.simulate.truth import true_probabilities
from sunproof.pipeline.vocabulary import check


@pytest.fixture(scope="module")
def truth(cycle_scene):
    return true_probabilities(cycle_scene, TruthConfig(interval_hours=24, members=2))


def test_truth_speaks_the_vocabulary(truth):
    assert check(truth, "truth").attrs["simulated"] == 1


def test_true_probabilities_are_nested_in_class_and_window(truth):
    probability = truth["probability"].values
    # Two futures only: the three classes are drawn separately, so their order holds to the sampling error.
    assert np.all(np.diff(probability, axis=2) >= 0.0)
    assert (np.diff(probability, axis=1) <= 0.05).mean() > 0.999
    assert probability.min() >= 0.0
    assert probability.max() <= 1.0


@pytest.mark.parametrize("threshold", ["C1.0", "M1.0", "X1.0"])
def test_truth_is_calibrated_on_what_then_happened(cycle_scene, truth, threshold):
    sun, emission, scene = cycle_scene.sun, cycle_scene.emission, cycle_scene
    regions = truth.where(truth["entity"] == "region", drop=True)
    issue = (regions["issue_time"].values - np.datetime64(sun.config.start, "ns")) / np.timedelta64(1, "h")
    index = np.searchsorted(scene.passages.harpnum, regions["harpnum"].values)
    region = scene.passages.region[index]
    flux, hours, where = (
        sun.flares.flux[emission.seen],
        sun.flares.hours[emission.seen],
        sun.flares.region[emission.seen],
    )
    background = emission.background[(issue * 60).astype(int)]
    limit = {"C1.0": 1e-6, "M1.0": 1e-5, "X1.0": 1e-4}[threshold]
    limit = np.maximum(limit / 0.7 - background, 0.25 * limit)
    happened = np.array(
        [
            np.any((flux >= low) & (where == row) & (hours > at) & (hours <= at + 24.0))
            for row, at, low in zip(region, issue, limit, strict=True)
        ]
    )
    expected = regions["probability"].sel(threshold=threshold, window=24.0).values
    deviation = np.sqrt((expected * (1.0 - expected)).sum())
    assert abs(happened.sum() - expected.sum()) < 3.5 * deviation
    if threshold == "C1.0":
        surely, hardly = expected > 0.8, expected < 0.05
        assert happened[surely].mean() > 0.8
        assert happened[hardly].mean() < 0.05


def test_the_full_disk_is_at_least_its_largest_region(truth):
    probability = truth["probability"].sel(threshold="C1.0", window=24.0).to_series()
    frame = probability.to_frame().assign(time=truth["issue_time"].values, entity=truth["entity"].values)
    disk = frame[frame.entity == "full_disk"].set_index("time")["probability"]
    largest = frame[frame.entity == "region"].groupby("time")["probability"].max()
    assert (disk.reindex(largest.index) >= largest - 1e-12).all()
