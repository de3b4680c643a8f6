import csv
import json
from pathlib import Path

import pytest
import torch
import xarray as xr

from sunproof.pipeline.errors import InputError, LeakError
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import ModelConfig
from sunproof.pipeline.training.keeping import Randomness
from sunproof.pipeline.training.train import run
from tests.pipeline.training.world import World


@pytest.fixture(scope="module")
def trained(world: World) -> Path:
    return run(world.train("trained"))


def test_a_bundle_has_every_file_and_a_receipt(trained: Path):
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "weights.safetensors",
        "model.json",
        "normaliser.json",
        "calibration.json",
        "training.json",
        "card.md",
        "reference.safetensors",
    }
    receipt = json.loads(Path(f"{trained}.receipt.json").read_text())
    assert receipt["bundle"] == load_bundle(trained).digest
    assert receipt["inputs"].keys() == {"samples", "archive"}


def test_the_work_folder_is_gone_afterwards(trained: Path):
    assert not list(trained.parent.glob(".trained*"))


def test_facts_hold_base_rates_blocks_and_seeds(trained: Path, world: World):
    facts = load_bundle(trained).facts
    samples = xr.load_dataset(world.samples, engine="h5netcdf")
    rows = (samples["block"] == "train") & (samples["entity"] == "region")
    expected = float(samples["event"].isel(sample=rows.to_numpy()).mean("sample").sel(threshold="M1.0", window=24))
    found = next(row for row in facts["scores"] if (row["threshold"], row["window"]) == ("M1.0", 24))
    assert found["base_rate"] == pytest.approx(expected, abs=1e-6)
    assert facts["blocks"]["train"]["samples"] == int(rows.sum())
    assert facts["seeds"] == [0, 1]
    assert facts["deterministic"]


def test_it_beats_the_training_base_rate_on_validation(trained: Path):
    skills = {(row["threshold"], row["window"]): row["brier_skill"] for row in load_bundle(trained).facts["scores"]}
    assert skills["C1.0", 24] > 0.1
    assert skills["M1.0", 24] > 0


def test_the_same_run_gives_the_same_bytes(trained: Path, world: World):
    again = run(world.train("again"))
    for name in ("weights.safetensors", "calibration.json", "training.json", "normaliser.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes()


def test_an_interrupted_run_goes_on_and_ends_the_same(trained: Path, world: World, monkeypatch: pytest.MonkeyPatch):
    config = world.train("broken")
    original = Randomness.on_train_batch_start

    def die(self, trainer, module, batch, index):
        if self.seed == 1 and (trainer.current_epoch, index) == (2, 1):
            raise KeyboardInterrupt
        original(self, trainer, module, batch, index)

    monkeypatch.setattr(Randomness, "on_train_batch_start", die)
    with pytest.raises(KeyboardInterrupt):
        run(config)
    assert not config.output.exists()
    assert list(config.output.parent.glob(".broken*/seed-1/last.ckpt"))
    places = []

    def count(self, trainer, module, batch, index):
        places.append((self.seed, trainer.current_epoch, index))
        original(self, trainer, module, batch, index)

    monkeypatch.setattr(Randomness, "on_train_batch_start", count)
    run(config)
    # the finished member is not trained again, the other one not from its beginning
    assert places[0] == (1, 2, 0)
    assert {place[:2] for place in places} == {(1, 2)}
    assert (config.output / "weights.safetensors").read_bytes() == (trained / "weights.safetensors").read_bytes()


def test_a_linear_model_needs_no_epochs(world: World):
    bundle = load_bundle(run(world.train("linear", model=ModelConfig(hidden=0), seeds=(3,))))
    assert bundle.ensemble.members[0].deep is None
    assert bundle.facts["scores"][0]["brier_skill"] > 0.1


def test_training_and_validation_losses_are_logged(trained: Path):
    path = Path(f"{trained}.logs") / "seed-0" / "version_0" / "metrics.csv"
    with path.open() as stream:
        rows = list(csv.DictReader(stream))
    assert {"train_loss", "validation_loss"} <= rows[0].keys()
    assert len({row["epoch"] for row in rows}) == 3


def test_a_leak_stops_the_run_before_anything_is_written(world: World, tmp_path: Path):
    samples = xr.load_dataset(world.samples, engine="h5netcdf")
    block = samples["block"].values.copy()
    block[::7] = "validation"
    samples.assign(block=("sample", block, samples["block"].attrs)).to_netcdf(tmp_path / "leak.nc", engine="h5netcdf")
    config = world.train("leaking", samples=tmp_path / "leak.nc")
    with pytest.raises(LeakError, match="train and validation: region on both sides"):
        run(config)
    assert not config.output.exists()


def test_samples_without_a_validation_block_are_refused(world: World, tmp_path: Path):
    samples = xr.load_dataset(world.samples, engine="h5netcdf")
    block = samples["block"].where(samples["block"] != "validation", "none")
    samples.assign(block=block.astype(object)).to_netcdf(tmp_path / "none.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="no labelled sample in block validation; got 'none: "):
        run(world.train("nothing", samples=tmp_path / "none.nc"))


def test_losing_a_modality_costs_skill_but_never_breaks(trained: Path, world: World):
    bundle = load_bundle(trained)
    data = SampleData(world.archive, world.samples, bundle.inputs)
    data.setup()
    rows = data.rows("validation").numpy()
    given = {name: (values[rows], mask[rows]) for name, (values, mask) in data.inputs.modalities.items()}
    event = torch.tensor(data.samples["event"].values[rows])

    def brier(inputs):
        with torch.no_grad():
            return float((bundle.ensemble(inputs).probabilities(bundle.ensemble.fluxes) - event).square().nanmean())

    every = brier(given)
    for lost in given:
        without = brier({name: part for name, part in given.items() if name != lost})
        assert every - 0.01 < without < 0.3
