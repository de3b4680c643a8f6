"""Training with predictions beside flares."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sunproof.models.auxiliary import MODALITY
from sunproof.pipeline.errors import InputError, LeakError
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.auxiliary import Targets, read_targets
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import AuxiliaryConfig, OptimiserConfig, PhysicsConfig
from sunproof.pipeline.training.train import run
from tests.pipeline.training.world import INPUTS, World


def optimiser(**settings):
    settings = {"quantities": ("usflux",), "lead_hours": (12.0, 24.0), **settings}
    return OptimiserConfig(physics=PhysicsConfig(auxiliary=AuxiliaryConfig(**settings)))


@pytest.fixture(scope="module")
def trained(world: World) -> Path:
    return run(world.train("beside", optimiser=optimiser()))


def test_the_bundle_says_what_the_predictions_are_worth(trained: Path):
    bundle = load_bundle(trained)
    rows = bundle.facts["auxiliary"]
    assert [(row["quantity"], row["lead_hours"]) for row in rows] == [("usflux", 12.0), ("usflux", 24.0)]
    for row in rows:
        # flux scatters about each region's level: whoever knows the level is better than who repeats the last value
        assert 0.04 < row["error"] < row["persistence"] < 0.1
        assert row["skill"] == pytest.approx(1 - (row["error"] / row["persistence"]) ** 2)
        assert 1e20 < row["low"] < row["high"] < 1e25
        assert row["cases"] > 50
    assert "Predicted beside flares" in (trained / "card.md").read_text()
    assert bundle.ensemble.architecture["auxiliary"] == {"quantities": ["usflux"], "lead_hours": [12.0, 24.0]}


def test_a_loaded_bundle_predicts_as_it_was_trained(trained: Path, world: World):
    bundle = load_bundle(trained)
    data = SampleData(world.archive, world.samples, INPUTS)
    data.setup()
    rows = {name: data.rows(name).numpy() for name in ("train", "validation")}
    targets = read_targets(data, bundle.ensemble.architecture["auxiliary"], rows)
    with torch.no_grad():
        process = bundle.ensemble(
            {k: (v[rows["validation"]], m[rows["validation"]]) for k, (v, m) in data.inputs.modalities.items()}
        )
    difference = process.changes.numpy() - targets.changes[rows["validation"]]
    error = np.sqrt(np.nanmean(difference**2, axis=0))
    np.testing.assert_allclose(error, [row["error"] for row in bundle.facts["auxiliary"]], rtol=1e-4)


def test_changes_are_normalised_on_the_training_block_alone(trained: Path, world: World):
    statistics = json.loads((trained / "normaliser.json").read_text())[MODALITY]
    data = SampleData(world.archive, world.samples, INPUTS)
    data.setup()
    rows = {"train": data.rows("train").numpy(), "validation": data.rows("validation").numpy()}
    block = {"quantities": ["usflux"], "lead_hours": [12.0, 24.0]}
    changes = read_targets(data, block, rows).changes
    np.testing.assert_allclose(statistics["centre"], np.nanmean(changes[rows["train"]], axis=0), rtol=1e-5)
    np.testing.assert_allclose(statistics["spread"], np.nanstd(changes[rows["train"]], axis=0), rtol=1e-5)
    # nothing of the test block is even read
    assert np.isnan(changes[data.rows("test").numpy()]).all()


def test_with_weight_0_flares_are_forecast_as_without(world: World):
    plain, beside = (
        load_bundle(run(world.train(name, optimiser=chosen, seeds=(0,))))
        for name, chosen in (("plain", OptimiserConfig()), ("weightless", optimiser(weight=0.0)))
    )
    weights = beside.ensemble.members.state_dict()
    for name, value in plain.ensemble.members.state_dict().items():
        assert torch.equal(value, weights[name]), name
    assert "auxiliary" not in plain.facts
    assert "auxiliary" not in plain.facts["config"]["optimiser"]["physics"]
    assert "auxiliary" not in plain.ensemble.architecture
    assert MODALITY not in plain.ensemble.normaliser.statistics()


def test_a_quantity_of_which_nothing_is_known_ends_the_run(world: World):
    chosen = optimiser(quantities=("usflux", "xrsb"), lead_hours=(24.0,))
    with pytest.raises(InputError, match="xrsb: no change of it in 24 h is known"):
        run(world.train("unknown", optimiser=chosen))


def test_labels_further_ahead_than_the_gap_between_blocks_are_a_leak(world: World):
    with pytest.raises(LeakError, match="240 h of window apart"):
        run(world.train("leak", optimiser=optimiser(lead_hours=(24.0, 240.0))))


@pytest.mark.parametrize(
    "settings",
    [{"quantities": ()}, {"quantities": ("usflux", "usflux")}, {"lead_hours": (24, 12)}, {"quantities": ("r_value",)}],
)
def test_what_cannot_be_predicted_is_refused(settings):
    with pytest.raises(ValueError, match=r"quantities|lead_hours"):
        optimiser(**settings)


def worth(names, change, predicted, regions, cutoffs):
    rows = {"validation": np.arange(len(change)), "train": np.arange(len(change))}
    columns = np.repeat(change[:, None], len(names), axis=1)
    targets = Targets([(name, 24.0) for name in names], columns, columns - 6)
    return targets.worth(np.repeat(predicted[:, None], len(names), axis=1), rows, regions, cutoffs)


def several_regions(days, shared):
    """One change of the disk a day, and what each of so many regions predicts of it."""
    random = np.random.default_rng(1)
    day = np.repeat(np.arange(days), shared)
    change = random.normal(0, 0.3, days)[day]
    predicted = change + random.normal(0, 0.1, len(day))
    return change, predicted, np.tile(np.arange(shared), days), np.datetime64("2014-01-01", "ns") + day * DAY


DAY = np.timedelta64(1, "D")


def test_the_disk_counts_once_a_cut_off_however_many_regions_it_shows():
    change, predicted, regions, cutoffs = several_regions(120, shared=4)
    xrays, keyword = worth(["xrsb_peak", "usflux"], change, predicted, regions, cutoffs)
    assert (xrays["cases"], keyword["cases"]) == (120, 480)
    # what is served of the disk is the mean of its regions
    served = predicted.reshape(120, 4).mean(axis=1)
    assert xrays["error"] == pytest.approx(np.sqrt(np.mean((served - change[::4]) ** 2)))
    assert keyword["error"] == pytest.approx(np.sqrt(np.mean((predicted - change) ** 2)))
    low, high = xrays["interval"]
    assert low < xrays["skill"] < high
    # a region that says what the others say adds no evidence
    copied = [np.concatenate([part, part[::4]]) for part in (change, np.repeat(served, 4), regions, cutoffs)]
    (again,) = worth(["xrsb_peak"], *copied)
    assert again.pop("interval") == pytest.approx(xrays.pop("interval"))
    assert again == pytest.approx(xrays)


def test_days_of_x_rays_are_resampled_by_the_rotation_and_rows_of_a_keyword_by_the_region():
    # within one rotation, from 2014-01-05 on, there is nothing to resample: no interval, not a narrow one
    change, predicted, regions, cutoffs = several_regions(20, shared=4)
    first = np.datetime64("1970-01-01", "ns") + np.timedelta64(27, "D") * 596
    xrays, keyword = worth(["xrsb", "usflux"], change, predicted, regions, cutoffs - cutoffs[0] + first)
    assert xrays["interval"] is None
    assert xrays["skill"] is not None
    assert keyword["interval"] is not None


def test_cut_offs_at_which_no_change_of_the_disk_is_known_are_no_cases():
    change, predicted, regions, cutoffs = several_regions(60, shared=3)
    change[: 3 * 10] = np.nan
    assert worth(["xrsb"], change, predicted, regions, cutoffs)[0]["cases"] == 50
    change[:] = np.nan
    rows = {"validation": np.arange(180), "train": np.arange(180)}
    nothing = Targets([("xrsb", 24.0)], change[:, None], np.zeros((180, 1))).worth(
        predicted[:, None], rows, regions, cutoffs
    )[0]
    assert (nothing["cases"], nothing["error"], nothing["interval"]) == (0, None, None)
