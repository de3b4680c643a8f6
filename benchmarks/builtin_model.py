"""The model that ships inside the package: trained on the real SHARP series, scored, its card written, put in place.

    SUNPROOF_DATA=<folder of real observations> python benchmarks/builtin_model.py [--work FOLDER] [--keep]

Runs the ordinary commands (ingest, label, train configs/train_builtin.yaml, forecast, evaluate, card) as
benchmarks/skill.py does, and replaces pipeline/training/builtin; ``--keep`` scores the model that is there instead, and
``--docs PAGE`` replaces the tables of that page. Then takes inputs away, one kind at a time, and scores again. The last
line printed is JSON: figure -> value, target, ok. Targets: at most 5 MB; on the test block (24 h, regions, at least
three quarters of the history observed) a Brier skill of the logistic regression's or above; whatever is lost but the
keywords, some skill is left.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from skill import MARKS, ROOT, SPLIT, Row, lay_out, pick
from sunproof.pipeline import receipts
from sunproof.pipeline.cli import main as command_line
from sunproof.pipeline.forecasting.predict import predict
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.bundle import Bundle, load_bundle
from sunproof.pipeline.training.shelf import BUILTIN, bundle_folder

LIMIT_MB = 5.0
CELL = {"entity": "region", "subset": "all", "window": 24.0}


def command(*arguments: str, **settings: object) -> None:
    """Run a command of the house; its mistakes end this script, too."""
    overrides = [part for key, value in settings.items() for part in ("--set", f"{key.replace('__', '.')}={value}")]
    if command_line([*arguments, *overrides]):
        sys.exit(f"{arguments[0]} failed")


def prepare(data: Path, work: Path) -> None:
    """Ingest and label, as benchmarks/skill.py does."""
    lay_out(data, work / "raw")
    archive = work / "archive.zarr"
    command("ingest", f"{ROOT}/configs/ingest.yaml", raw=work / "raw", archive=archive, cluster="{kind: threads}")
    split = {f"split__{key}": value for key, value in SPLIT.items()}
    config = f"{ROOT}/configs/label.yaml"
    known = {"archive": archive, "held_out": ROOT / "cases"}
    command("label", config, output=work / "samples.nc", unassigned="ignore", **known, **split)


def score(work: Path, bundle: str | Path) -> Row:
    """Forecast the test block and evaluate it."""
    known = {"archive": work / "archive.zarr", "samples": work / "samples.nc"}
    forecasts = work / "builtin_forecasts.nc"
    config = f"{ROOT}/configs/forecast.yaml"
    command("forecast", config, "--model", str(bundle), output=forecasts, baselines="false", **known)
    output = work / "builtin_scores"
    config = f"{ROOT}/configs/evaluate.yaml"
    command("evaluate", config, forecasts=forecasts, output=output, min_history=0.75, per_year="false", **known)
    results: Row = json.loads((output / "scores.json").read_text())
    return results


def make(work: Path) -> Row:
    """Train, score, write the card, and put the bundle into the package."""
    trained, carded = work / "builtin_trained", work / "builtin_carded"
    known = {"archive": work / "archive.zarr", "samples": work / "samples.nc"}
    command("train", f"{ROOT}/configs/train_builtin.yaml", output=trained, **known)
    results = score(work, trained)
    scores = work / "builtin_scores" / "scores.json"
    command("card", f"{ROOT}/configs/card.yaml", bundle=trained, scores=scores, output=carded)
    with receipts.replacing(bundle_folder(BUILTIN)) as partial:
        shutil.copytree(carded, partial)
    return results


def _without(inputs: dict[str, Any], names: dict[str, Any], lost: str) -> dict[str, Any]:
    """Take something away from every sample."""
    taken = {name: (values, mask.copy()) for name, (values, mask) in inputs.items()}
    flares = ["flare" in name or "hours_since" in name for name in names["region"]]
    if lost == "flare list":
        taken["history"][1][:] = False
        taken["region"][1][:, flares] = False
    elif lost == "region summaries":
        own = [name.startswith(("srs_", "mcintosh", "hale", "spot")) for name in names["region"]]
        taken["region"][1][:, own] = False
    elif lost == "all keywords but the latest hour":
        taken["keywords"][1][:, :-1] = False
    elif lost in taken:
        taken[lost][1][:] = False
    return taken


def losses(work: Path, bundle: Bundle) -> list[Row]:
    """Brier skill on the test block when something is missing."""
    data = SampleData(work / "archive.zarr", work / "samples.nc", bundle.inputs)
    data.setup()
    rows = data.rows("test").numpy()
    samples: xr.Dataset = data.samples.isel(sample=rows)
    inputs = {name: (values[rows], mask[rows]) for name, (values, mask) in data.inputs.modalities.items()}
    full = inputs["keywords"][1].any(axis=2).mean(axis=1) >= 0.75
    event = samples["event"].sel(window=24).to_numpy()
    found = []
    kinds = ("nothing", "region summaries", "flare list", "region", "history", "all keywords but the latest hour")
    for lost in kinds:
        process = predict(bundle, _without(inputs, dict(data.inputs.names), lost), 4096)
        probability = process.probabilities(bundle.ensemble.fluxes.double()).numpy()[:, :, 0]
        row: Row = {"lost": lost}
        for place, name in enumerate(bundle.ensemble.architecture["thresholds"][:2]):
            known = full & np.isfinite(event[:, place])
            happened, shown = event[known, place], probability[known, place]
            # the reference of benchmarks/skill.py: the base rate of the training block
            base = next(told["base_rate"] for told in bundle.facts["scores"] if told["threshold"] == name)
            row[name] = float(1 - np.mean((shown - happened) ** 2) / np.mean((base - happened) ** 2))
        found.append(row)
    return found


def report(results: Row, lost: list[Row]) -> str:
    """Write both tables as Markdown."""
    lines = ["| event | forecaster | cases | events | BSS | 95 % interval (27-day blocks) | AUC |", "|---" * 7 + "|"]
    for row in results["scores"]:
        if all(row[key] == value for key, value in CELL.items()) and row["bss"] is not None:
            ends = row["intervals"]["bss"]["rotation"]
            lines.append(
                f"| {row['threshold']} | {results['titles'][row['forecaster']]} | {row['cases']} | {row['events']} | "
                f"{row['bss']:.3f} | {ends['low']:+.3f} to {ends['high']:+.3f} | {row['auc']:.3f} |"
            )
    lines += ["", "| missing | BSS C1.0 | BSS M1.0 |", "|---|---|---|"]
    lines += [f"| {row['lost']} | {row['C1.0']:.4f} | {row['M1.0']:.4f} |" for row in lost]
    return "\n".join(lines) + "\n"


def figures(results: Row, lost: list[Row]) -> dict[str, Row]:
    """Name every figure with its value and target."""
    folder = bundle_folder(BUILTIN)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    found = {"size_mb": {"value": round(size, 3), "target": LIMIT_MB, "ok": size <= LIMIT_MB}}
    for event in ("C1.0", "M1.0"):
        ours, theirs = (
            pick(results["scores"], forecaster=name, threshold=event, **CELL)["bss"] for name in ("model", "logistic")
        )
        found[f"bss_{event}"] = {"value": round(ours, 4), "target": round(theirs, 4), "ok": ours >= theirs}
        worst = min(row[event] for row in lost)
        found[f"bss_{event}_worst_loss"] = {"value": round(worst, 4), "target": 0.0, "ok": worst > 0}
    return found


def main(arguments: list[str]) -> None:
    """Make or score the model, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--work", type=Path, default=ROOT / "work" / "builtin", help="folder for archive, samples, scores"
    )
    parser.add_argument("--keep", action="store_true", help="score the model in the package, do not make it again")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args(arguments)
    data = os.environ.get("SUNPROOF_DATA")
    if not data:
        sys.exit("SUNPROOF_DATA is not set: no real observations here")
    work = options.work.resolve()
    prepare(Path(data).resolve(), work)
    results = score(work, BUILTIN) if options.keep else make(work)
    lost = losses(work, load_bundle(BUILTIN))
    text = report(results, lost)
    if options.docs:
        before, rest = options.docs.read_text(encoding="utf-8").split(MARKS[0].replace("skill", "builtin_model"))
        after = rest.split(MARKS[1])[1]
        marks = (MARKS[0].replace("skill", "builtin_model"), MARKS[1])
        options.docs.write_text(f"{before}{marks[0]}\n\n{text}\n{marks[1]}{after}", encoding="utf-8")
    print(text)
    print(json.dumps(figures(results, lost)))


if __name__ == "__main__":
    main(sys.argv[1:])
