"""Forecasts from inputs with planted faults, each with its verdict: what benchmarks/gate_faults.py mixes in."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gate_mixed import Planted
from gate_stream import Stream, rank_cases, rotations
from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.challenge.arena import Arena
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.scene import reach, read_scene
from sunproof.pipeline.challenge.scores import INPUT
from sunproof.pipeline.challenge.trials import kept
from sunproof.pipeline.console import track
from sunproof.pipeline.registry import members
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.verification.baselines.logistic import BASELINE as LOGISTIC
from sunproof.pipeline.verification.cases import region_key
from sunproof.pipeline.verification.knowledge import load_cases

# A forecast that a fault moves by more is the fault's, as in the challenge.
HARM = 0.2
_CASE, _CLASSES = ("forecast",), ("forecast", "threshold")


def planted(work: Path, block: str, audited: Path, each: int, asked: int, seed: str) -> Planted:
    """Plant every fault that counts into so many forecasts as they come, and audit what the model says then.

    Parameters
    ----------
    work : Path
        Archive, samples, bundle, and the challenge that tells which plants in inputs are potent.
    block : str
    audited : Path
        The block's forecasts without faults.
    each : int
        Forecasts a plant; every run of it is kept.
    asked : int
        About so many the model was asked in the audit without faults; about a faulty one, if it is as sure as they are.
    seed : str
        Private.
    """
    clean = open_netcdf(audited / "forecasts.nc")
    question = QuestionConfig(above=_least_asked(clean, asked), most=100_000)
    paths = {"archive": work / "archive.zarr", "samples": work / "samples.nc", "bundle": work / "bundle"}
    arena = Arena(
        ChallengeConfig(**paths, output=work / "gate_faults", block=block, each=each, question=question), seed
    )
    names = potent(work)
    plants = [one for some in members("sunproof.pipeline.challenge.plants", "PLANTS").values() for one in some]
    plants = [plant for plant in plants if plant.name in names]
    bench = Bench(arena, clean, seed)
    tables = {
        plant.name: kept(arena.folder / f"{plant.name.replace(' ', '_')}.nc", partial(bench.tried, plant))
        for plant in track(plants, "planting", len(plants))
    }
    table = xr.concat(
        [one.assign(plant=(_CASE, np.full(one.sizes["forecast"], name))) for name, one in tables.items()], "forecast"
    )
    issued = np.isfinite(table["probability"].values).all(axis=1)
    return _collected(table.isel(forecast=issued), 1 - float(issued.mean()))


def _collected(table: xr.Dataset, silenced: float) -> Planted:
    moved = np.abs(table["probability"] - table["clean"]).values[:, :2].max(axis=1)
    columns = {name: table[name].values for name in Stream.__annotations__ if name in table}
    verdict, codes = (table[name].values.astype(str).astype(object) for name in ("verdict", "codes"))
    stream = Stream(**columns | {"verdict": verdict, "codes": codes, "accepted": verdict == "ACCEPT"})
    return Planted(stream, moved > HARM, table["plant"].values.astype(object), silenced)


def potent(work: Path) -> list[str]:
    """Name the plants in inputs that harm enough of their forecasts, by the challenge that was held."""
    rows = json.loads((work / "challenge" / "challenge.json").read_text(encoding="utf-8"))["rows"]
    return [row["plant"] for row in rows if row["potent"] and row["family"] in INPUT]


def _least_asked(forecasts: xr.Dataset, asked: int) -> float:
    own = (forecasts["status"].values == "ISSUED") & (forecasts["entity"].values == "region")
    largest = forecasts["probability"].sel(threshold="M1.0").max("window").values[own]
    return float(np.sort(largest)[-min(asked, len(largest))])


class Bench:
    """What every plant is tried on: the chain, the forecasts without faults, the referee, and what happened."""

    def __init__(self, arena: Arena, clean: xr.Dataset, seed: str) -> None:
        self.arena, self.seed = arena, seed
        self.clean = clean.isel(forecast=texts(clean["entity"]) == "region")
        samples = read_samples(arena.config.samples)
        self.samples = samples.isel(sample=texts(samples["entity"]) == "region")
        inputs = load_bundle(arena.config.bundle).inputs
        self.inputs = inputs.without_images().model_copy(update={"modalities": ("keywords", "region")})
        self._reach = reach(inputs, arena.config.hours)
        training = self.samples.isel(sample=texts(self.samples["block"]) == "train")
        self.rate = np.nanmean(training["event"].transpose("sample", "threshold", "window").values[:, :, 0], axis=0)
        self._referee = LOGISTIC.fit(load_cases(training, arena.config.archive, self.inputs))

    def tried(self, plant: Plant | None) -> xr.Dataset:
        """Plant one fault (none: look at the same forecasts without one), forecast and audit."""
        forecasts, findings = self.run(plant)
        verdict = judge(forecasts, findings)
        keys = _keys(forecasts)
        before = self.clean.isel(forecast=_keys(self.clean).get_indexer(keys))
        known = self.samples.isel(sample=_keys(self.samples).get_indexer(keys))
        rank, expected = rank_cases(findings, np.arange(len(keys)), verdict["verdict"].values)
        first = {
            name: ds.isel(window=0).transpose(..., "threshold").values
            for name, ds in {
                "probability": forecasts["probability"],
                "referee": forecasts["probability_regression"],
                "climatology": before["probability_climatology"],
                "clean": before["probability"],
                "event": known["event"].astype(float),
            }.items()
        }
        columns = {name: (_CLASSES, values) for name, values in first.items()}
        columns["rate"] = (_CLASSES, np.broadcast_to(self.rate, first["event"].shape))
        told = {name: verdict[name].values for name in ("verdict", "codes", "suspicion")}
        told |= {"rank": rank, "expected": expected, "region": region_key(forecasts)}
        told |= {"rotation": rotations(forecasts["issue_time"].values)}
        return xr.Dataset(columns | {name: (_CASE, values) for name, values in told.items()})

    def run(self, plant: Plant | None) -> tuple[xr.Dataset, xr.Dataset]:
        """Forecast and question a scene with the fault; the referee reads it, too."""
        config, name = self.arena.config, "none" if plant is None else plant.name
        number = hashlib.sha256(f"{self.seed}\0mixed {name}".encode()).digest()[:8]
        random = np.random.default_rng(int.from_bytes(number))
        slots = self.arena.candidates(config.block).natural(config.each, random, config.hours)
        scene = read_scene(config.archive, slots, config.hours, self._reach)
        if plant is not None:
            scene = plant.apply(scene, plant.graded(scene, random), random)
        trial = self.arena.chain.run(scene, config.bundle)
        with tempfile.TemporaryDirectory() as folder:
            archive = scene.write(Path(folder) / "archive.zarr")
            cases = self.samples.isel(sample=_keys(self.samples).get_indexer(_keys(trial.forecasts)))
            beside = self._referee.predict(load_cases(cases, archive, self.inputs))
        forecasts = trial.forecasts.assign(probability_regression=(trial.forecasts["probability"].dims, beside))
        # the chain of the challenge has no referee: with it, K1 answers as in service
        return forecasts, evaluate(forecasts)


def _keys(dataset: xr.Dataset) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([region_key(dataset), dataset["issue_time"].to_numpy()])
