"""Many satellites on the simulated Sun, where the truth is known: what they add, and what the loss of each costs.

    python benchmarks/multimodal.py [--work FOLDER] [--docs docs/model.md] [--days 1000] [--regions 1.2] [--seeds 3]
                                    [--magnetograms]

Simulates a Sun that SHARP, two GOES, the flare list, the region summaries, AIA, HMI, SUVI and both EUVI observe; trains
one model on everything, one on the keywords alone and one without images; and scores them on the test block, which
nothing else looks at, beside every baseline. All choices were made on the validation block. Targets: full model against
keywords, and against the best baseline, in Brier skill in 24 h with the lower end of the paired 95 % interval (27-day
blocks) above 0; and without any one instrument every forecast is still finite. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from sunproof.pipeline import console
from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.registry import members
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import Inputs, build
from sunproof.pipeline.simulate.config import DemoConfig, ImagesConfig, SunConfig
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.bundle import Bundle, load_bundle
from sunproof.pipeline.training.config import OptimiserConfig, PhysicsConfig, TrainConfig
from sunproof.pipeline.training.threads import one_thread
from sunproof.pipeline.verification.bootstrap import Blocks, bootstrap_skill, interval, make_blocks
from sunproof.pipeline.verification.cases import Cases
from sunproof.pipeline.verification.knowledge import load_cases

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("<!-- tables: benchmarks/multimodal.py -->", "<!-- end of tables -->")
AHEAD = {"quantities": ("usflux", "totpot", "xrsb", "xrsb_peak"), "lead_hours": (24,)}
# Name -> weights of what physics asks in training.
PHYSICS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "mirror 0.1": {"mirror": 0.1},
    "strength 1": {"strength": 1.0},
    "both": {"mirror": 0.1, "strength": 1.0},
    **{f"auxiliary {weight:g}": {"auxiliary": {**AHEAD, "weight": weight}} for weight in (0.0, 0.1, 1.0)},
    "polarity 0.1": {"polarity": 0.1},
    "mirror and polarity 0.1": {"mirror": 0.1, "polarity": 0.1},
}
EVENTS = {"C1.0": 0, "M1.0": 1}

Row = dict[str, Any]
Array = np.ndarray[Any, Any]


def plan_of(options: argparse.Namespace) -> Plan:
    """Say what is simulated and how it is read."""
    seen: dict[str, Any] = {"aia": (131, 171), "suvi": (195,), "euvi": (195,)}
    if options.magnetograms:
        seen = {"aia": (), "suvi": (), "euvi": (), "vector": True, "vector_cell": 0.24}
    images = ImagesConfig(days=None, cadence_hours=24, size=128, **seen)
    sun = SunConfig(days=options.days, regions_per_day=options.regions)
    settings = {"seed": options.seed, "sun": sun, "images": images, "cadence_hours": 12}
    cluster = ClusterConfig(kind="threads", workers=2)
    return Plan(DemoConfig(output=options.work / "world", cluster=cluster, **settings))


def command(name: str, config: Any) -> None:
    """Run one command of the house."""
    begun = time.perf_counter()
    module, function = COMMANDS[name].run.split(":")
    getattr(import_module(f"sunproof.pipeline.{module}"), function)(config)
    console.say(f"{name}: {time.perf_counter() - begun:.0f} s")


def world(plan: Plan) -> None:
    """Simulate, ingest and label, unless it is done."""
    for stage in plan.stages()[:3]:
        if not Path(f"{stage.output}.receipt.json").exists():
            command(stage.command, stage.config)


def variants(plan: Plan) -> dict[str, InputConfig]:
    """Name the models that are compared, by what they see."""
    everything: InputConfig = next(stage.config for stage in plan.stages() if stage.command == "train").inputs
    found = {
        "full": everything,
        "without images": everything.without_images(),
        "keywords": everything.without_images().model_copy(update={"modalities": ("keywords",)}),
    }
    if everything.vector is not None:
        found["without vector magnetograms"] = everything.model_copy(update={"vector": None})
        found["keywords and vector magnetograms"] = found["keywords"].model_copy(update={"vector": everything.vector})
        # what the field tells where nobody has made numbers of it
        bare = everything.without_images().model_copy(update={"modalities": ("xrs", "history", "region")})
        found["tables without keywords"] = bare
        found["the same and vector magnetograms"] = bare.model_copy(update={"vector": everything.vector})
    return found


def training(plan: Plan, name: str, inputs: InputConfig, options: argparse.Namespace) -> TrainConfig:
    """Configure one model; all alike but for what they see."""
    stage = next(stage for stage in plan.stages() if stage.command == "train")
    return stage.config.model_copy(
        update={
            "output": options.work / f"bundle {name}".replace(" ", "_"),
            "inputs": inputs,
            "optimiser": OptimiserConfig(wide_penalty=30.0),
            "trainer": stage.config.trainer.model_copy(update={"max_epochs": options.epochs, "patience": 4}),
            "seeds": tuple(range(options.seeds)),
        }
    )


def trained(plan: Plan, options: argparse.Namespace) -> dict[str, Bundle]:
    """Train every variant, unless it is done."""
    found = {}
    for name, inputs in variants(plan).items():
        config = training(plan, name, inputs, options)
        if not Path(f"{config.output}.receipt.json").exists():
            command("train", config)
        found[name] = load_bundle(config.output)
    return found


def ablation(plan: Plan, options: argparse.Namespace) -> str:
    """Train one model with each demand of physics, and tell what validation says; nothing else is read."""
    beside: dict[str, list[Row]] = {}
    lines = [
        "| physics in training | validation loss | Brier skill on validation, C1.0 24 h | M1.0 24 h |",
        "|---|---|---|---|",
    ]
    inputs = variants(plan)[options.of]
    for name in options.demands or PHYSICS:
        weights = PHYSICS[name]
        config = training(plan, f"physics {name} {options.of}", inputs, options)
        optimiser = config.optimiser.model_copy(update={"physics": PhysicsConfig(**weights)})
        config = config.model_copy(update={"optimiser": optimiser})
        if not Path(f"{config.output}.receipt.json").exists():
            command("train", config)
        facts = load_bundle(config.output).facts
        skill = {row["threshold"]: row["brier_skill"] for row in facts["scores"] if row["window"] == 24}
        loss = np.mean(facts["validation_losses"])
        lines.append(f"| {name} | {loss:.5f} | {skill['C1.0']:.4f} | {skill['M1.0']:.4f} |")
        beside |= {name: facts["auxiliary"]} if "auxiliary" in facts else {}
    return "\n".join([*lines, "", *ahead(beside)])


def ahead(found: dict[str, list[Row]]) -> list[str]:
    """Lay out what the predictions beside flares are worth on validation, beside persistence."""
    if not found:
        return []
    rows = [(row["quantity"], row["lead_hours"], place) for place, row in enumerate(next(iter(found.values())))]
    lines = [
        f"| quantity | hours ahead | persistence, dex | {' | '.join(found)} |",
        "|---|---|---|" + "---|" * len(found),
    ]
    for quantity, hours, place in rows:
        cells = [f"{row['error']:.4f} ({row['skill']:+.3f})" for row in (part[place] for part in found.values())]
        persistence = next(iter(found.values()))[place]["persistence"]
        lines.append(f"| {quantity} | {hours:g} | {persistence:.4f} | {' | '.join(cells)} |")
    return [*lines, ""]


def answers(bundle: Bundle, inputs: Inputs) -> Array:
    """Probabilities, shape (case, threshold, window)."""
    found = []
    with torch.inference_mode(), one_thread():
        for start in range(0, len(inputs), 512):
            process = bundle.ensemble(inputs.read_shared(slice(start, start + 512))).double()
            found.append(process.probabilities(bundle.ensemble.fluxes.double()).numpy())
    return np.concatenate(found)


class Blind:
    """Images of which some channels are never seen."""

    def __init__(self, images: Any, lost: Array) -> None:
        self.images, self.lost = images, lost
        self.names, self.shape, self.signed = images.names, images.shape, images.signed
        self.latest, self.share, self.found = images.latest, images.share, images.found & ~lost

    def read(self, rows: Array) -> tuple[Array, Array]:
        """Read, and hide the lost channels."""
        values, mask = self.images.read(rows)
        return values, mask & ~self.lost[:, None, None]


def without(inputs: Inputs, lost: str) -> Inputs:
    """Take one instrument away: its images, or the tables that come from it."""
    tables = {
        "SHARP (HMI keywords)": ("keywords",),
        "GOES XRS": ("xrs",),
        "flare list and summaries": ("history", "region"),
    }
    if lost in tables:
        hidden = {
            name: (values, np.zeros_like(mask) if name in tables[lost] else mask)
            for name, (values, mask) in inputs.modalities.items()
        }
        return replace(inputs, modalities=hidden)
    lazy = {}
    for name, images in inputs.lazy.items():
        gone = np.array([lost == "all images" or channel.startswith(lost) for channel in images.names])
        # the angle of view comes with the patch's first channel
        lazy[name] = Blind(images, np.where(np.array(images.names) == "mu", gone[0], gone))
    return replace(inputs, lazy=lazy)


IMAGES = ("aia", "hmi", "suvi16", "euvi_a", "euvi_b", "sharp_b")
LOST = ("all images", "GOES XRS", "flare list and summaries", "SHARP (HMI keywords)")


def lost_of(inputs: Inputs) -> list[str]:
    """Name what a model sees and may lose: vector magnetograms are the groups ``sharp_b...``."""
    channels = [channel for images in inputs.lazy.values() for channel in images.names]
    there = [name for name in IMAGES if any(channel.startswith(name) for channel in channels)]
    return [*there, *LOST]


def skills(cases: Cases, probability: Array, reference: Array, blocks: Blocks, event: int) -> Array:
    """Brier skill in each resample, 24 h; both forecasts over the training base rate."""
    return bootstrap_skill(blocks, probability[:, event, 0], reference[:, event, 0], cases.event[:, event, 0])


def measure(plan: Plan, bundles: dict[str, Bundle]) -> Row:
    """Score everything on the test block."""
    samples = xr.load_dataset(plan.samples, engine="h5netcdf")
    history = load_cases(samples, plan.archive, bundles["without images"].inputs)
    known = np.isfinite(history.event[:, :2, 0]).all(axis=1) & (history.entity == "region")
    test = np.flatnonzero((history.block == "test") & known)
    cases, rows = history.pick(test), samples.isel(sample=test)
    climate = np.broadcast_to(np.nanmean(history.event[(history.block == "train") & known], axis=0), cases.event.shape)
    blocks = make_blocks((cases.issue_time.astype("datetime64[D]").astype(int) // 27).astype(np.int64), 2000, 0)
    inputs = {name: build(plan.archive, rows, bundle.inputs) for name, bundle in bundles.items()}
    probabilities = {name: answers(bundle, inputs[name]) for name, bundle in bundles.items()}
    for name, baseline in members("sunproof.pipeline.verification.baselines", "BASELINE").items():
        found = np.asarray(baseline.fit(history).predict(cases), float)
        if np.isfinite(found[:, :2, 0]).all():
            probabilities[f"baseline: {name}"] = found
    degraded = {lost: answers(bundles["full"], without(inputs["full"], lost)) for lost in lost_of(inputs["full"])}
    return {
        "cases": len(test),
        "events": {name: int(cases.event[:, place, 0].sum()) for name, place in EVENTS.items()},
        "blocks": blocks.weights.shape[1],
        "scores": _scores(cases, probabilities, climate, blocks),
        "degraded": _scores(cases, {"nothing": probabilities["full"], **degraded}, climate, blocks, "nothing"),
        "finite": {lost: bool(np.isfinite(values).all()) for lost, values in degraded.items()},
    }


def _scores(cases: Cases, found: dict[str, Array], climate: Array, blocks: Blocks, against: str = "full") -> list[Row]:
    rows = []
    for event, place in EVENTS.items():
        ours = skills(cases, found[against], climate, blocks, place)
        for name, probability in found.items():
            theirs = skills(cases, probability, climate, blocks, place)
            own, gain = interval(theirs), interval(ours - theirs)
            rows.append({"event": event, "name": name, "bss": own.value, "low": own.low, "high": own.high,
                         "gain": gain.value, "gain_low": gain.low, "gain_high": gain.high})  # fmt: skip
    return rows


def tables(found: Row) -> str:
    """Write what was measured as Markdown."""
    events = ", ".join(f"{count} of {name}" for name, count in found["events"].items())
    lines = [
        f"{found['cases']} slots of regions in the test block ({events}), {found['blocks']} blocks of 27 days.",
        "",
    ]
    lines += [
        "| event | forecaster | BSS over the training base rate | full model minus it, paired |",
        "|---|---|---|---|",
    ]
    lines += [_line(row, row["name"] == "full") for row in found["scores"]]
    lines += ["", "Lost at service, the same full model:", ""]
    lines += ["| event | lost | BSS | cost, paired |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_line(row, row["name"] == "nothing") for row in found["degraded"]), ""])


def _line(row: Row, own: bool) -> str:
    gain = "" if own else f"{row['gain']:+.4f} [{row['gain_low']:+.4f}, {row['gain_high']:+.4f}]"
    return f"| {row['event']} | {row['name']} | {row['bss']:.4f} [{row['low']:.4f}, {row['high']:.4f}] | {gain} |"


def figures(found: Row) -> dict[str, Row]:
    """Name every figure with its value and target."""
    result: dict[str, Row] = {}
    for event in EVENTS:
        rows = {row["name"]: row for row in found["scores"] if row["event"] == event}
        best = max((row for name, row in rows.items() if name.startswith("baseline")), key=lambda row: row["bss"])
        for label, row in {
            "keywords": rows["keywords"],
            "best_baseline": best,
            "no_images": rows["without images"],
        }.items():
            low = row["gain_low"]
            result[f"gain_{event}_over_{label}_low"] = {"value": round(low, 4), "target": 0.0, "ok": bool(low > 0)}
    broken = sum(not good for good in found["finite"].values())
    return {**result, "instruments_that_break_it": {"value": broken, "target": 0, "ok": broken == 0}}


def main(arguments: list[str]) -> None:
    """Measure everything, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "multimodal", help="folder for everything made")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    parser.add_argument("--days", type=int, default=1000, help="length of the observations")
    parser.add_argument("--regions", type=float, default=1.2, help="regions a day at the maximum of the cycle")
    parser.add_argument("--seed", type=int, default=31, help="of the Sun")
    parser.add_argument("--seeds", type=int, default=3, help="networks in each ensemble")
    parser.add_argument("--epochs", type=int, default=15, help="longest training")
    parser.add_argument("--magnetograms", action="store_true", help="no images but those of HMI, vectors among them")
    parser.add_argument("--ablate", action="store_true", help="physics in training, on validation alone; then stop")
    parser.add_argument("--demands", nargs="+", choices=tuple(PHYSICS), help="of the ablation; all by default")
    models = ("full", "without images", "keywords", "keywords and vector magnetograms")
    parser.add_argument("--of", default="full", choices=models, help="model to ablate")
    parser.add_argument("--only-world", action="store_true", help="simulate, ingest and label; then stop")
    options = parser.parse_args(arguments)
    plan = plan_of(options)
    world(plan)
    if options.only_world:
        return
    if options.ablate:
        print(ablation(plan, options))
        return
    found = measure(plan, trained(plan, options))
    text = tables(found)
    (options.work / "multimodal.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    if options.docs:
        page = options.docs.read_text(encoding="utf-8")
        between = f"{MARKS[0]}\n\n{text}\n{MARKS[1]}"
        options.docs.write_text(
            re.sub(f"{MARKS[0]}.*{MARKS[1]}", lambda _: between, page, flags=re.S), encoding="utf-8"
        )
    print(text)
    print(json.dumps(figures(found)))


if __name__ == "__main__":
    main(sys.argv[1:])
