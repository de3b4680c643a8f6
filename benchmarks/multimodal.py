"""Many satellites on the simulated Sun, where the truth is known: what they add, and what the loss of each costs.

    python benchmarks/multimodal.py [--work FOLDER] [--docs docs/model.md] [--days 1000] [--regions 1.2] [--seeds 3]
                                    [--seed 71 72 73 74] [--magnetograms]

Simulates a Sun, or one for each ``--seed``, that SHARP, two GOES, the flare list, the region summaries, AIA, HMI,
SUVI and both EUVI observe; trains one model on everything, one on the keywords alone and one without images; and
scores them on the test block, which nothing else looks at, beside every baseline, the blocks of several Suns
together. All choices were made on the validation block. Targets: full model against keywords, and against the best
baseline, in Brier skill in 24 h with the lower end of the paired 95 % interval (27-day blocks) above 0; and without
any one instrument every forecast is still finite. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from multimodal_scores import by_sun, figures, measure, pool, score, tables
from sunproof.pipeline import console
from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.simulate.config import DemoConfig, ImagesConfig, SunConfig
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.bundle import Bundle, load_bundle
from sunproof.pipeline.training.config import OptimiserConfig, PhysicsConfig, TrainConfig

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

Row = dict[str, Any]


def plan_of(options: argparse.Namespace, seed: int) -> Plan:
    """Say what is simulated and how it is read."""
    seen: dict[str, Any] = {"aia": (131, 171), "suvi": (195,), "euvi": (195,)}
    if options.magnetograms:
        seen = {"aia": (), "suvi": (), "euvi": (), "vector": True, "vector_cell": 0.24}
    images = ImagesConfig(days=None, cadence_hours=24, size=128, **seen)
    sun = SunConfig(days=options.days, regions_per_day=options.regions)
    folder = options.work / f"sun_{seed}" if len(options.seed) > 1 else options.work
    settings = {"seed": seed, "sun": sun, "images": images, "cadence_hours": 12}
    cluster = ClusterConfig(kind="threads", workers=2)
    return Plan(DemoConfig(output=folder / "world", cluster=cluster, **settings))


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
            "output": plan.config.output.parent / f"bundle {name}".replace(" ", "_"),
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


def several(options: argparse.Namespace) -> str:
    """Measure each Sun and all of them together; write it down and lay it out."""
    scored = {}
    for seed in options.seed:
        plan = plan_of(options, seed)
        world(plan)
        scored[seed] = score(plan, trained(plan, options))
    each = {seed: measure(one) for seed, one in scored.items()}
    found = measure(pool(scored.values()))
    (options.work / "multimodal.json").write_text(json.dumps({"all": found, "suns": each}, indent=1), encoding="utf-8")
    text = tables(found)
    if len(each) > 1:
        text = "\n".join([text, "Each Sun by itself:", "", *by_sun(each)])
    if options.docs:
        replace_between(options.docs, text)
    return f"{text}\n{json.dumps(figures(found))}"


def replace_between(page: Path, text: str) -> None:
    """Replace the tables of a page."""
    begin, end = MARKS
    old = page.read_text(encoding="utf-8")
    page.write_text(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n\n{text}\n{end}", old, flags=re.S), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Measure everything, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "multimodal", help="folder for everything made")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    parser.add_argument("--days", type=int, default=1000, help="length of the observations")
    parser.add_argument("--regions", type=float, default=1.2, help="regions a day at the maximum of the cycle")
    parser.add_argument("--seed", type=int, nargs="+", default=[31], help="of the Suns; their test blocks are pooled")
    parser.add_argument("--seeds", type=int, default=3, help="networks in each ensemble")
    parser.add_argument("--epochs", type=int, default=15, help="longest training")
    parser.add_argument("--magnetograms", action="store_true", help="no images but those of HMI, vectors among them")
    parser.add_argument("--ablate", action="store_true", help="physics in training, on validation alone; then stop")
    parser.add_argument("--demands", nargs="+", choices=tuple(PHYSICS), help="of the ablation; all by default")
    models = ("full", "without images", "keywords", "keywords and vector magnetograms")
    parser.add_argument("--of", default="full", choices=models, help="model to ablate")
    parser.add_argument("--only-world", action="store_true", help="simulate, ingest and label; then stop")
    options = parser.parse_args(arguments)
    if options.docs and not options.docs.is_file():
        # known before an hour of training
        parser.error(f"--docs {options.docs}: no such page; name one that holds the line {MARKS[0]!r}")
    if options.only_world or options.ablate:
        plan = plan_of(options, options.seed[0])
        world(plan)
        if options.ablate:
            print(ablation(plan, options))
        return
    print(several(options))


if __name__ == "__main__":
    main(sys.argv[1:])
