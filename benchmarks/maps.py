"""What maps of attributions are worth: a model that sees images, shuffled weights, the demo's model; simulated Sun.

    python benchmarks/maps.py [--images DEMO] [--work WORK] [--rows 400] [--docs docs/explanations.md]

DEMO is what `sunproof demo` left; the demo is run as far as its forecasts where there is none. The reference of checks
H1, H2, H3, H8 and H11 sees images and X-rays alone, so that its forecasts have to come from the images; it is trained
below WORK unless it is there. Maps are made of regions of the training and validation blocks, drawn evenly; the test
block is not touched. The last line printed is JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from audit import ROOT, demo
from multimodal import command
from skill import write_between
from sunproof.models.attribution.nulls import random_twins
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.config import MapsConfig
from sunproof.pipeline.auditing.maps.ask import asked_maps
from sunproof.pipeline.config import load_config
from sunproof.pipeline.forecasting.predict import predict
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.simulate.config import DemoConfig
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.bundle import Bundle, load_bundle
from sunproof.pipeline.training.config import TrainerConfig
from sunproof.pipeline.training.threads import one_thread

MARKS = ("<!-- tables: benchmarks/maps.py -->", "<!-- end of tables: maps -->")
# Share of the reference's regions on which a check may speak up.
RATE = 0.05

Columns = dict[str, NDArray[np.float64]]


def reference(world: Path, work: Path) -> Path:
    """Train the model that has nothing but images and X-rays to forecast from."""
    plan = Plan(load_config(DemoConfig, ROOT / "configs" / "demo.yaml", [f"output={world}"]))
    train = next(stage.config for stage in plan.stages() if stage.command == "train")
    inputs = train.inputs.model_copy(update={"modalities": ("xrs",)})
    model = train.model.model_copy(update={"background": ()})
    longer = TrainerConfig(max_epochs=40, patience=8)
    update = {"inputs": inputs, "model": model, "trainer": longer, "output": work / "bundle"}
    if not (work / "bundle" / "model.json").exists():
        command("train", train.model_copy(update=update))
    return work / "bundle"


def drawn(world: Path, bundle: Bundle, count: int) -> xr.Dataset:
    """Give regions of the training and validation blocks with the model's own probabilities."""
    samples = read_samples(world / "samples.nc")
    usable = np.isin(texts(samples["block"]), ["train", "validation"]) & (texts(samples["entity"]) == "region")
    rows = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(usable))[:count])
    keys = samples.isel(sample=rows)
    names = ("harpnum", "noaa_ar", "data_cutoff", "entity", "issue_time")
    forecasts = xr.Dataset({name: ("forecast", keys[name].values) for name in names})
    known = bundle.ensemble.architecture
    process = predict(bundle, build(world / "archive.zarr", keys, bundle.inputs), 512)
    probability = process.probabilities(bundle.ensemble.fluxes.double()).numpy()
    forecasts["probability"] = (("forecast", "threshold", "window"), probability)
    return forecasts.assign_coords(threshold=known["thresholds"], window=[float(hours) for hours in known["windows"]])


def mapped(world: Path, bundle: Bundle, count: int, threshold: str) -> tuple[Columns, float]:
    """Make maps as an audit does, eight at a time: evidence, and seconds of CPU a forecast."""
    forecasts, archive = drawn(world, bundle, count), str(world / "archive.zarr")
    pieces, begun = [], time.process_time()
    for start in range(0, count, 8):
        keys = forecasts.isel(forecast=slice(start, start + 8))
        found = asked_maps(bundle, archive, build(archive, keys, bundle.inputs), keys, MapsConfig(), threshold)
        pieces.append(found)
    spent = (time.process_time() - begun) / count
    names = sorted({name for piece in pieces for name in piece if "/" not in name or name.startswith("forecasts/")})
    return {name: np.concatenate([piece[name] for piece in pieces]).astype(float) for name in names}, spent


def described(name: str, found: Columns, spent: float) -> dict[str, Any]:
    """Tell what the maps of a model are like where its picture moves the forecast, and how often checks speak up."""
    limits = load_limits()
    moved = np.abs(found["map_picture_effect"]) >= limits.of("H2")["least_effect"]
    count = int(moved.sum())

    def of(column: NDArray[np.float64], level: float = 0.5) -> float:
        told = column[moved & np.isfinite(column)]
        return float(np.quantile(told, level)) if len(told) else np.nan

    over = found["map_skill"] - found["map_null_skill"]
    excess = found["map_region_share"] - found["map_region_null"]
    avoided = {
        check: (found[f"map_{part}_ratio"] < 1) & (found[f"map_{part}_rank"] < limits.of(check)["rank"])
        for check, part in (("H2", "region"), ("H3", "line"))
    }
    fired = {
        "H1": found["map_sky_effect"] > limits.of("H1")["review"],
        **{check: where & moved for check, where in avoided.items()},
        "H8": (found["map_deletion_rank"] < limits.of("H8")["rank"]) & moved,
        "H11": (over <= 0) & moved,
    }
    sizes = dict.fromkeys(fired, count) | {"H1": len(moved)}
    return {
        "model": name,
        "complete": float(found["forecasts/map_complete"].mean()),
        "maps": len(moved),
        "moved": count,
        "skill": of(found["map_skill"]),
        "null": of(found["map_null_skill"]),
        "share": of(found["map_region_share"]),
        "share_null": of(found["map_region_null"]),
        "beyond": float((excess[moved & np.isfinite(excess)] > 0).mean()) if count else np.nan,
        "ratio": of(found["map_region_ratio"]),
        "rank": of(found["map_region_rank"]),
        "sky_share": float(np.nanmedian(found["map_sky_share"])),
        "sky_effect": float(np.nanmax(found["map_sky_effect"])),
        "fired": {check: float(where.sum() / max(1, sizes[check])) for check, where in fired.items()},
        "cpu": spent,
        "all": {name: float(np.nanmedian(found[name])) for name in found if name.startswith("map_")},
    }


def tables(rows: list[dict[str, Any]]) -> str:
    """Write the tables of docs/explanations.md."""
    heads = ["| figure | " + " | ".join(row["model"] for row in rows) + " |", "|---" * (len(rows) + 1) + "|"]
    lines = {
        "maps made; complete": lambda row: f"{row['maps']}; {100 * row['complete']:.0f} %",
        "of them the picture moves the logit by 0.05 or more": lambda row: f"{row['moved']}",
        "explanation skill of the map, median": lambda row: _number(row["skill"]),
        "largest skill of its nulls, median": lambda row: _number(row["null"]),
        "share of the map in the region, median": lambda row: _number(row["share"]),
        "largest share of its nulls, median": lambda row: _number(row["share_null"]),
        "maps whose share is above every null's": lambda row: _number(row["beyond"]),
        "region's share over its share of pixels, median": lambda row: _number(row["ratio"]),
        "rank among rolled copies of the region, median": lambda row: _number(row["rank"]),
        "share of all maps off the disk, median": lambda row: _number(row["sky_share"]),
        "change of logit with another sky, largest": lambda row: _number(row["sky_effect"]),
        **{
            f"{check} speaks up": lambda row, check=check: f"{100 * row['fired'][check]:.1f} %"
            for check in ("H1", "H2", "H3", "H8", "H11")
        },
        "any picture: skill of the map, of its nulls, median": lambda row: (
            f"{_number(row['all']['map_skill'])}, {_number(row['all']['map_null_skill'])}"
        ),
        "any picture: share in the region, of its nulls, median": lambda row: (
            f"{_number(row['all']['map_region_share'])}, {_number(row['all']['map_region_null'])}"
        ),
        "CPU a forecast, ms": lambda row: f"{1e3 * row['cpu']:.0f}",
    }
    return "\n".join([*heads, *(f"| {name} | " + " | ".join(map(tell, rows)) + " |" for name, tell in lines.items())])


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g}"


def main() -> None:
    """Measure, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=Path, help="what `sunproof demo` left")
    parser.add_argument("--work", type=Path, help="folder for the reference model")
    parser.add_argument("--rows", type=int, default=400, help="region-times of the reference; half of it of the others")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, one_thread():
        world = (options.images or Path(scratch) / "demo").resolve()
        own = demo(world)
        seeing = load_bundle(reference(world, options.work or Path(scratch) / "reference"))
        dealt = replace(seeing, ensemble=random_twins(seeing.ensemble, 1, 99)[0])
        half = options.rows // 2
        rows = [
            described("reference: images and X-rays", *mapped(world, seeing, options.rows, "C1.0")),
            described("the same, weights shuffled", *mapped(world, dealt, half, "C1.0")),
            described("the demo's model", *mapped(world, load_bundle(own.bundle), half, "M1.0")),
        ]
    text = tables(rows)
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
    first = rows[0]
    figures: dict[str, dict[str, Any]] = {
        "maps_complete": {"value": first["complete"], "target": 0.99, "ok": first["complete"] >= 0.99}
    }
    for check in ("H1", "H2", "H3", "H8"):
        value = round(first["fired"][check], 4)
        figures[f"{check}_speaks_up"] = {"value": value, "target": RATE, "ok": value <= RATE}
    figures["skill_beyond_nulls"] = {
        "value": round(first["skill"] - first["null"], 3),
        "target": 0.0,
        "ok": first["skill"] > first["null"],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
