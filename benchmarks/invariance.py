"""What good forecasts and faulty models say of Suns on which physics is the same (I1, I2, I3, I6, I11), counted.

    python benchmarks/invariance.py OUTPUT --work WORK --hindcasts FOLDER --simulated DEMO --images IMAGES --vectors V
        --vectors-alone BUNDLE [--docs docs/explanations.md]

WORK is what benchmarks/skill.py left, FOLDER what benchmarks/hindcasts.py left, DEMO and IMAGES what
benchmarks/challenge.py used (--simulated; --images-alone), V what benchmarks/multimodal.py --magnetograms left, BUNDLE
a model of its Sun that reads vector magnetograms and X-rays alone (docs/challenge.md). Good are the hindcasts, all of
which are asked, and regions drawn from the validation blocks of the simulated Suns. Faults are those of
benchmarks/invariance_faults.py. No test block is touched. The last line printed is JSON: figure -> value, target, ok; a
check that asks for review does so of at most one good forecast in a hundred.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from invariance_faults import World, faults
from skill import command, write_between
from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits
from sunproof.models.constraints.views import cube, logit
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts

MARKS = ("<!-- tables: benchmarks/invariance.py -->", "<!-- end of tables: invariance -->")
SYMMETRIC = {"I1": "probability_opposite", "I2": "probability_turned", "I3": "probability_mirrored"}
CHECKS = (*SYMMETRIC, "I6", "I11")
# What is asked of models of keywords, as the faulty ones are.
FAULTED = ("I1", "I3")
# Regions drawn from a simulated validation block: all are asked, and so many have maps.
DRAWN, MAPPED = 500, 150
# Probabilities whose logits are compared: those of what is certain are infinite.
HELD = (1e-9, 1 - 1e-9)
# Share of the good forecasts above which a check may not ask for review.
RATE = 0.01


def hindcasts(world: World, folder: Path, output: Path) -> list[tuple[Path, Path]]:
    """Audit every hindcast with all questions; what is there already stays."""
    audits = []
    for fold in sorted(folder.glob("fold*")):
        audit = output / "hindcasts" / fold.name
        if not (audit / "evidence.nc").exists():
            ask(fold / "forecasts.nc", World("", world.archive, fold / "samples.nc", fold / "bundle"), audit)
        audits.append((fold / "forecasts.nc", audit))
    return audits


def validation(world: World, output: Path) -> list[tuple[Path, Path]]:
    """Forecast and audit regions drawn from the validation block."""
    folder = output / world.name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    drawn, forecasts, audit = folder / "samples.nc", folder / "forecasts.nc", folder / "audit"
    if not drawn.exists():
        samples = read_samples(world.samples)
        rows = np.flatnonzero((texts(samples["block"]) == "validation") & (texts(samples["entity"]) == "region"))
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:DRAWN])
        samples.isel(sample=rows).to_netcdf(drawn, engine="h5netcdf")
    if not forecasts.exists():
        given = (f"archive={world.archive}", f"samples={drawn}", f"bundle={world.bundle}")
        command("forecast", *given, f"output={forecasts}", "blocks=[validation]")
    if not (audit / "evidence.nc").exists():
        ask(forecasts, world, audit)
    return [(forecasts, audit)]


def ask(forecasts: Path, world: World, audit: Path) -> None:
    """Audit forecasts, every one of which is asked about; nothing is shown."""
    command(
        "audit",
        *(f"forecasts={forecasts}", f"archive={world.archive}", f"bundle={world.bundle}", f"training={world.samples}"),
        f"output={audit}",
        "question={above: 0, most: 1000000, twins: 0, probes: 5}",
        f"maps={{most: {MAPPED}, twins: 1, probes: 5, rolls: 5}}",
        "explain={top: 0, grave: 0, sampled: 0}",
        "report={pages: 0, rows: 1}",
    )


def good(name: str, audits: list[tuple[Path, Path]]) -> list[dict[str, Any]]:
    """Tell how far every answer lies from the forecast, of all that were asked and of those that an audit asks."""
    pieces: dict[str, list[NDArray[Any]]] = {}
    for forecasts, audit in audits:
        batch = xr.load_dataset(forecasts, engine="h5netcdf")
        evidence = xr.load_dataset(audit / "evidence.nc", engine="h5netcdf")
        evidence = evidence.assign({name: batch[name] for name in ("probability", "harpnum")})
        found = xr.load_dataset(audit / "findings.nc", engine="h5netcdf")
        probability = cube(evidence, "probability")
        largest = np.nanmax(np.nan_to_num(cube(evidence.sel(threshold=["M1.0"]), "probability")), axis=(1, 2))
        pieces.setdefault("asked", []).append(largest > 0.05)
        pieces.setdefault("region", []).append(evidence["harpnum"].to_numpy())
        for check in CHECKS:
            pieces.setdefault(check, []).append(found["value"].sel(check=check).to_numpy())
            if check in SYMMETRIC and SYMMETRIC[check] in evidence:
                asked = np.clip(cube(evidence, SYMMETRIC[check]), *HELD)
                change = np.abs(logit(asked) - logit(np.clip(probability, *HELD))).max(axis=(1, 2))
                pieces.setdefault(f"logit {check}", []).append(change)
    one = {key: np.concatenate(values) for key, values in pieces.items()}
    rows = []
    for check in CHECKS:
        for label, chosen in (("all", np.ones(len(one["asked"]), bool)), ("P(M1.0) > 0.05", one["asked"])):
            judged = chosen & np.isfinite(one[check])
            # the most probable have maps: there is nothing to choose among them
            if judged.any() and (check in SYMMETRIC or chosen.all()):
                told = {"set": name, "check": check, "of": label, "forecasts": int(judged.sum())}
                told |= {"regions": len(np.unique(one["region"][judged])), "value": one[check][judged]}
                rows.append(told | {"logit": one.get(f"logit {check}", one[check])[judged]})
    return rows


def limit_of(check: str) -> float:
    """Give the limit of a check, whatever it says beyond."""
    block = load_limits().of(check)
    return float(block["review"] if "review" in block else block["info"])


def of_good(rows: list[dict[str, Any]]) -> str:
    """Write the table of good forecasts."""
    quantiles = ("median", "95 %", "99 %")
    head = ("good forecasts", "check", "forecasts (regions)", *(f"|dP| {name}" for name in quantiles), "> 0.1", "> 0.2")
    lines = [_line(*head, *(f"dlogit {name}" for name in quantiles)), "|---" * 11 + "|"]
    for row in rows:
        value, change = row["value"], row["logit"]
        told = [""] * 5
        if row["check"] in SYMMETRIC:
            told = [f"{at:.3g}" for at in np.quantile(value, (0.5, 0.95, 0.99))]
            told += [f"{100 * (value > at).mean():.2f} %" for at in (0.1, 0.2)]
        told += [f"{at:.3g}" for at in np.quantile(change, (0.5, 0.95, 0.99))]
        lines.append(_line(f"{row['set']}, {row['of']}", row["check"], f"{row['forecasts']} ({row['regions']})", *told))
    return "\n".join(lines)


def of_faults(tried: list[dict[str, Any]]) -> str:
    """Write the table of faulty models: shares beyond the gravest limit of each check."""
    lines = [
        _line("model", "fault", "harmed", *FAULTED, "beyond either, and nothing else but L objects"),
        "|---" * (4 + len(FAULTED)) + "|",
    ]
    for row in tried:
        trial = row["trial"]
        harmed = np.nan_to_num(trial["moved"].to_numpy()) > 0.2
        cells, beyond = [], np.zeros(len(harmed), bool)
        for check in FAULTED:
            value = trial["value"].sel(check=check).to_numpy()
            over = np.nan_to_num(value) > limit_of(check)
            judged = np.isfinite(value).sum()
            cells.append(f"{100 * over.sum() / judged:.0f} % of {judged}" if judged else "")
            beyond |= over
        others = trial["outcome"].sel(check=[name for name in trial["check"].to_numpy() if name not in CHECKS])
        # what the audit finds in the model as a whole (L) needs many regions with known labels
        others = others.sel(check=[name for name in others["check"].to_numpy() if name[0] != "L"])
        alone = beyond & ~(others >= Outcome.REVIEW).any("check").to_numpy()
        lines.append(_line(row["set"], row["plant"], f"{harmed.mean():.2f}", *cells, str(alone.sum())))
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Count, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    for name in ("work", "hindcasts", "simulated", "images", "vectors", "vectors-alone"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    output = options.output.resolve()
    real = World.of("real series", options.work, options.work / "bundle")
    demo = World.of("demo model", options.simulated, options.simulated / "bundle")
    images = World.of("images alone", options.images / "world", options.images / "bundle_images")
    vectors = [
        World.of(name, options.vectors / "world", bundle)
        for name, bundle in (
            ("keywords and vectors", options.vectors / "bundle_keywords_and_vector_magnetograms"),
            ("vectors without keywords", options.vectors / "bundle_the_same_and_vector_magnetograms"),
            ("vectors and X-rays", options.vectors_alone),
        )
    ]
    rows = good("hindcasts", hindcasts(real, options.hindcasts, output))
    for world in (demo, images, *vectors):
        rows += good(world.name, validation(world, output))
    tried = faults(real, output, {"each": 200}, ("leak", "bad labels", "random weights", "damage"))
    text = f"{of_good(rows)}\n\n{of_faults(tried)}"
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
    figures = {}
    for check in CHECKS:
        shares = [float((row["value"] > limit_of(check)).mean()) for row in rows if row["check"] == check]
        if "review" in load_limits().of(check):
            figures[f"{check}_review"] = {"value": max(shares), "target": RATE, "ok": max(shares) <= RATE}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
