"""A small archive in which strong regions flare, and samples made from it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.pipeline.samples.config import InputConfig, LabelConfig, SplitConfig
from sunproof.pipeline.samples.writing import make_samples
from sunproof.pipeline.training.config import ModelConfig, OptimiserConfig, TrainConfig, TrainerConfig
from tests.pipeline.samples.conftest import Maker

START = np.datetime64("2012-01-01", "ns")
HOUR = np.timedelta64(3_600_000_000_000, "ns")
INPUTS = InputConfig(modalities=("keywords", "history", "region"), history_hours=24, step_hours=6)


@dataclass(frozen=True)
class World:
    root: Path

    @property
    def archive(self) -> Path:
        return self.root / "archive.zarr"

    @property
    def samples(self) -> Path:
        return self.root / "samples.nc"

    def train(self, output: str = "bundle", **changes: Any) -> TrainConfig:
        settings: dict[str, Any] = {
            "archive": self.archive,
            "samples": self.samples,
            "output": self.root / output,
            "inputs": INPUTS,
            "model": ModelConfig(recurrent_layers=1, width=4, hidden=6, dropout=0.1),
            "optimiser": OptimiserConfig(),
            "trainer": TrainerConfig(max_epochs=3, batch_size=128),
            "seeds": (0, 1),
        }
        return TrainConfig(**(settings | changes))


def make_world(root: Path) -> World:
    """40 regions, five days each, one after another over 200 days; the flare rate goes with the unsigned flux."""
    random = np.random.default_rng(0)
    harp, time, flux, flares, pairs = [], [], [], [], []
    for number in range(40):
        begin = START + number * 120 * HOUR
        level = random.normal()
        times = begin + np.arange(0, 114, 6) * HOUR
        harp += [number + 1] * len(times)
        time += times.tolist()
        flux += (10 ** (22 + 0.4 * level + random.normal(0, 0.05, len(times)))).tolist()
        pairs.append((number + 1, 11000 + number))
        for hours in np.sort(random.uniform(0, 114, random.poisson(8 * np.exp(1.5 * level)))):
            peak = 1e-6 * random.random() ** -1.0
            flares.append((begin + np.timedelta64(round(hours * 3600), "s"), min(peak, 4e-4), 11000 + number))
    # some flares are of no region
    flares += [(START + int(day * 24) * HOUR, 2e-6, -1) for day in np.sort(random.uniform(0, 200, 20))]
    flares.sort(key=lambda row: row[0])
    maker = Maker(root / "archive.zarr")
    columns = {"usflux": np.array(flux, np.float32), "area_acr": np.array(flux, np.float32) / 1e20}
    maker.sharp(harp, np.array(time, "datetime64[ns]"), **columns).harp_noaa(pairs).flares(flares)
    world = World(root)
    label = LabelConfig(
        archive=world.archive,
        output=world.samples,
        unassigned="ignore",
        split=SplitConfig(
            train_end="2012-05-01", validation_start="2012-05-01", validation_end="2012-06-15", test_start="2012-06-15"
        ),
    )
    samples: xr.Dataset = make_samples(label)
    samples.to_netcdf(world.samples, engine="h5netcdf")
    return world


def of_a_simulated_sun(bundle: Path, place: Path) -> Path:
    """Copy a bundle and let it say that it was trained on a simulated Sun."""
    shutil.copytree(bundle, place)
    facts = json.loads((place / "training.json").read_text())
    (place / "training.json").write_text(json.dumps(facts | {"simulated": True}))
    return place
