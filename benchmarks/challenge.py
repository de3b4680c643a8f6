"""The challenge: what the audit finds of what is planted, and how many good forecasts it takes for faults.

    SUNPROOF_CHALLENGE_SEED=<private> python benchmarks/challenge.py [--work FOLDER] [--docs PAGE] [--small]
    SUNPROOF_CHALLENGE_SEED=<private> python benchmarks/challenge.py --simulated FOLDER [--images-alone] [--docs PAGE]

Works on the archive, samples and bundle that benchmarks/skill.py leaves in its folder (``--work``, by default
work/skill): real data, without images. ``--simulated`` works on a simulated Sun with the model that reads images, 40
forecasts a plant: the folder is that of `sunproof demo` or of benchmarks/multimodal.py; where it holds neither, the
demo's Sun and model are made there. ``--images-alone`` challenges a model that reads nothing but images and X-rays,
trained here: a model that has the keywords hardly looks at its images. ``--small`` holds 100 forecasts against 8
plants, with the models of a run before. The tables go to the work folder, and with ``--docs`` between the marks of that
page. The last line printed is JSON: figure -> value, target, ok. Targets: detection at 5 % false alarms at least 0.90
on input, leak and random families and 0.60 on every family, none of which any limit or rule was fitted to; at most 10 %
alarms on hard but good cases; a random-weights twin withheld in 99 %; every shortcut that looks excellent in validation
exposed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.report import markdown
from sunproof.pipeline.challenge.run import run
from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.errors import SunproofError
from sunproof.pipeline.simulate.config import DemoConfig
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import TrainConfig, TrainerConfig

ROOT = Path(__file__).resolve().parent.parent
MARKS = {
    "real": "<!-- tables: benchmarks/challenge.py -->",
    "simulated": "<!-- tables: benchmarks/challenge.py --simulated -->",
    "images": "<!-- tables: benchmarks/challenge.py --simulated --images-alone -->",
}
END = "<!-- end of tables -->"
SMALL = {
    "plants": (
        "units",
        "gain",
        "another region",
        "wrong number",
        "zeros",
        "padding leak",
        "dealt weights",
        "map of another region",
    ),
    "each": 100,
    "good": 200,
    "question": {"above": 0.02, "probes": 15, "twins": 2, "fillings": 3},
}
# Questions about images cost more than all else: fewer forecasts, but every one of them is asked about.
SIMULATED = {"each": 40, "good": 200, "hard": 20, "question": SMALL["question"]}

Row = dict[str, Any]


def figures(result: Row) -> dict[str, Row]:
    """Name every figure with its value and target."""
    found: dict[str, Row] = {}
    for name, group in result["groups"].items():
        if group["plants"]:
            found[f"detection_{name}"] = _least(group["at_5"], 0.90)
    for name, family in result["families"].items():
        found[f"detection_family_{name.replace(' ', '_')}"] = _least(family["at_5"], 0.60)
    false = result["false"]
    found["false_alarms"] = _most(false["at_5"], 0.05)
    if false["hard_at_5"] is not None:
        found["false_alarms_hard_but_good"] = _most(false["hard_at_5"], 0.10)
    rows = {row["plant"]: row for row in result["rows"]}
    for name in ("dealt weights", "random weights"):
        if name in rows:
            found[f"{name.replace(' ', '_')}_withheld"] = _least(rows[name]["rejected_all"], 0.99)
    if leaks := [row for row in rows.values() if row["family"] == "leak"]:
        # a cue that the model hardly learnt is no shortcut: it counts as little as any plant that harms few
        learnt = [row["found_all"] >= 0.99 for row in leaks if row["potent"]]
        # a model is exposed if next to none of its forecasts is accepted; without a shortcut nothing was shown
        exposed = sum(learnt) / len(learnt) if learnt else None
        found["shortcuts_exposed"] = {"value": exposed, "target": 1.0, "ok": exposed == 1}
    if result["worst"]:
        found["worst_plant"] = {"value": result["worst"], "target": "named", "ok": True}
    return found


def _least(value: float, target: float) -> Row:
    return {"value": value, "target": target, "ok": bool(value >= target)}


def _most(value: float, target: float) -> Row:
    return {"value": value, "target": target, "ok": bool(value <= target)}


def write_docs(page: Path, mark: str, text: str) -> None:
    """Put the tables between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(mark)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{mark}\n\n{text}\n{END}{after}", encoding="utf-8")


def simulated(work: Path, images_alone: bool) -> dict[str, Path]:
    """Find a simulated Sun and the model that reads its images, or make them."""
    root = work / "world" if (work / "world" / "archive.zarr").exists() else work
    bundle = work / "bundle_full" if root != work else work / "bundle"
    plan = Plan(DemoConfig(output=root))
    if not bundle.exists():
        for stage in plan.stages()[:4]:
            if not Path(f"{stage.output}.receipt.json").exists():
                command(stage.command, stage.config)
    paths = {"archive": root / "archive.zarr", "samples": root / "samples.nc", "bundle": bundle}
    return paths | ({"bundle": trained_on_images(work / "bundle_images", paths)} if images_alone else {})


def trained_on_images(output: Path, paths: dict[str, Path]) -> Path:
    """Train a model that reads images and X-rays alone, unless it is there."""
    inputs = load_bundle(paths["bundle"]).inputs.model_copy(update={"modalities": ("xrs",)})
    trainer = TrainerConfig(max_epochs=30, patience=5)
    config = TrainConfig(
        archive=paths["archive"], samples=paths["samples"], output=output, inputs=inputs, trainer=trainer, seeds=(0,)
    )
    if not output.exists():
        command("train", config)
    return output


def command(name: str, config: Any) -> None:
    """Run one command of the house."""
    module, function = COMMANDS[name].run.split(":")
    getattr(import_module(f"sunproof.pipeline.{module}"), function)(config)


def main(arguments: list[str]) -> None:
    """Hold the challenge, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "skill", help="archive.zarr, samples.nc, bundle")
    parser.add_argument("--simulated", type=Path, help="folder of a simulated Sun and its model, instead of --work")
    parser.add_argument("--images-alone", action="store_true", help="challenge a model that reads images and X-rays")
    parser.add_argument("--validation", action="store_true", help="plant in the validation block, while developing")
    parser.add_argument("--output", type=Path, help="folder for the report (default: WORK/challenge)")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    parser.add_argument("--small", action="store_true", help="100 forecasts, 8 plants")
    options = parser.parse_args(arguments)
    work = options.simulated or options.work
    kind = "real" if options.simulated is None else "images" if options.images_alone else "simulated"
    paths = {"archive": work / "archive.zarr", "samples": work / "samples.nc", "bundle": work / "bundle"}
    if kind != "real":
        paths = simulated(work, options.images_alone)
    missing = [str(path) for path in paths.values() if not path.exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there; run benchmarks/skill.py first, or name its folder with --work")
    begun = time.process_time()
    try:
        output = options.output or work / ("challenge_images" if kind == "images" else "challenge")
        size = (SIMULATED if kind != "real" else {}) | (SMALL if options.small else {})
        block = "validation" if options.validation else "test"
        path = run(ChallengeConfig(**paths, output=output, block=block, **size))
    except SunproofError as error:
        sys.exit(f"error: {error}")
    result = json.loads(path.read_text(encoding="utf-8"))
    text = markdown(result)
    if options.docs:
        # tables of simulated Suns stand one heading deeper
        write_docs(options.docs, MARKS[kind], text if kind == "real" else text.replace("### ", "#### "))
    print(text)
    print(f"{time.process_time() - begun:.0f} s of one core")
    print(json.dumps(figures(result)))


if __name__ == "__main__":
    main(sys.argv[1:])
