"""Predictions beside flares on the real SHARP series: what they are worth, and what they do to the flares' forecasts.

    SUNPROOF_DATA=<folder of real observations> python benchmarks/auxiliary.py [--work FOLDER] [--seeds 3]

Ingests and labels as benchmarks/builtin_model.py does, unless it is done; then trains configs/train.yaml without and
with unsigned flux and energy density 6, 24 and 48 h ahead, and prints what the validation block says; nothing else is
read. Targets: the lower end of the 95 % interval of each prediction's skill over persistence above 0 (whole regions
resampled), with the weight that is the default; no more than 0.0005 of validation loss lost by it. The last line
printed is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

from builtin_model import command, prepare
from multimodal import Row, ahead
from skill import ROOT
from sunproof.pipeline.training.bundle import load_bundle

# Name -> configuration of the predictions.
VARIANTS = {
    "nothing": "null",
    **{
        f"auxiliary {weight:g}": f"{{quantities: [usflux, totpot], lead_hours: [6, 24, 48], weight: {weight}}}"
        for weight in (0.0, 0.1, 1.0)
    },
}
# The weight that is the default, and how much of the loss it may cost: three times what three seeds differed by.
CHOSEN, LOST = "auxiliary 0.1", 0.0005


def trained(name: str, work: Path, seeds: int) -> Row:
    """Train one variant, unless it is done, and give its facts."""
    output = work / f"bundle {name}".replace(" ", "_")
    if not Path(f"{output}.receipt.json").exists():
        known = {"archive": work / "archive.zarr", "samples": work / "samples.nc", "output": output}
        chosen = {"optimiser__physics__auxiliary": VARIANTS[name], "seeds": list(range(seeds))}
        command("train", f"{ROOT}/configs/train.yaml", **known, **chosen)
    return load_bundle(output).facts


def table(found: dict[str, Row]) -> list[str]:
    """Lay out what validation says of the flares."""
    lines = [
        "| physics in training | validation loss | Brier skill on validation, C1.0 24 h | M1.0 24 h |",
        "|---|---|---|---|",
    ]
    for name, facts in found.items():
        skill = {row["threshold"]: row["brier_skill"] for row in facts["scores"] if row["window"] == 24}
        losses = " ".join(f"{loss:.5f}" for loss in facts["validation_losses"])
        lines.append(f"| {name} | {losses} | {skill['C1.0']:.4f} | {skill['M1.0']:.4f} |")
    return [*lines, "", *ahead({name: facts["auxiliary"] for name, facts in found.items() if "auxiliary" in facts})]


def figures(found: dict[str, Row]) -> dict[str, Row]:
    """Name every figure with its value and target."""
    result = {}
    for row in found[CHOSEN]["auxiliary"]:
        low = row["interval"][0]
        name = f"skill_{row['quantity']}_{row['lead_hours']:g}h_low"
        result[name] = {"value": round(low, 4), "target": 0.0, "ok": bool(low > 0)}
    lost = float(np.mean(found[CHOSEN]["validation_losses"]) - np.mean(found["nothing"]["validation_losses"]))
    return {**result, "loss_lost": {"value": round(lost, 6), "target": LOST, "ok": lost <= LOST}}


def main(arguments: list[str]) -> None:
    """Measure everything, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "auxiliary", help="folder for everything made")
    parser.add_argument("--seeds", type=int, default=3, help="networks in each ensemble")
    options = parser.parse_args(arguments)
    if not (options.work / "samples.nc").exists():
        if "SUNPROOF_DATA" not in os.environ:
            sys.exit("SUNPROOF_DATA: not set; wanted the folder of real observations")
        prepare(Path(os.environ["SUNPROOF_DATA"]), options.work)
    found = {name: trained(name, options.work, options.seeds) for name in VARIANTS}
    print("\n".join(table(found)))
    print(json.dumps(figures(found)))


if __name__ == "__main__":
    main(sys.argv[1:])
