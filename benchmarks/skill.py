"""Skill on real data, through the house: ingest, label, train, forecast, evaluate; and the ten LLM-FlareNet folds.

    SUNPROOF_DATA=<folder of real observations> python benchmarks/skill.py [--work FOLDER] [--docs docs/skill.md]

Reads, below SUNPROOF_DATA, the SHARP keyword series, the SWPC flare list, the HARP-NOAA list and the region summaries;
trains with configs/train.yaml. The tables go to the work folder, and with ``--docs`` between the marks of that page.
The last line printed is JSON: figure -> value, target, ok. Targets are regression and persistence scores measured
elsewhere on the same data (to be reproduced within 0.02: samples are not quite the same), and for gains the lower end
of the paired 95 % interval, which must be above 0.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from llm_folds import ARCHIVE, LEARNT, UNSEEN, run_folds
from sunproof.pipeline import console
from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import SunproofError

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("<!-- tables: benchmarks/skill.py -->", "<!-- end of tables -->")

# Raw folder of a source -> files below SUNPROOF_DATA.
RAW = {
    "sharp": "sharp/*.parquet",
    "harp_noaa": "catalogues/HARP_Mapping_to_13306.txt",
    "flares_swpc": "catalogues/swpc_ftp_flares_*.csv.gz",
    "srs": "catalogues/SRS_2010_2019/*.tar.gz",
}

# (forecaster, event, score) -> what a plain regression and conditional persistence reach elsewhere on the test block.
ANCHORS = {
    ("logistic", "C1.0", "bss"): 0.474,
    ("logistic", "C1.0", "auc"): 0.914,
    ("logistic", "C1.0", "tss_best"): 0.674,
    ("logistic", "M1.0", "bss"): 0.410,
    ("logistic", "M1.0", "auc"): 0.974,
    ("logistic", "M1.0", "tss_best"): 0.849,
    ("persistence", "C1.0", "bss"): 0.310,
    ("persistence", "M1.0", "bss"): 0.210,
}
TOLERANCE = 0.02

SPLIT = {
    "train_end": "2014-01-01",
    "validation_start": "2014-01-01",
    "validation_end": "2014-10-01",
    "test_start": "2014-10-15",
}

Row = dict[str, Any]


def command(name: str, *settings: str) -> None:
    """Run one command of the house as its command line does, with configs/<name>.yaml and settings."""
    begun = time.perf_counter()
    module, kind = COMMANDS[name].config.split(":")
    config = load_config(_load(module, kind), ROOT / "configs" / f"{name}.yaml", settings)
    module, function = COMMANDS[name].run.split(":")
    _load(module, function)(config)
    console.say(f"{name}: {time.perf_counter() - begun:.0f} s")


def _load(module: str, name: str) -> Any:
    return getattr(__import__(f"sunproof.pipeline.{module}", fromlist=[name]), name)


def lay_out(data: Path, raw: Path) -> None:
    """Link the observations into the folders that the sources look in."""
    for source, pattern in RAW.items():
        (raw / source).mkdir(parents=True, exist_ok=True)
        found = sorted(data.glob(pattern))
        if not found:
            sys.exit(f"{data / pattern}: no such file; SUNPROOF_DATA must point to the folder of real observations")
        for path in found:
            link = raw / source / path.name
            if not link.exists():
                link.symlink_to(path)


def flow(data: Path, work: Path) -> dict[str, Row]:
    """Run the whole flow and return the scores, for full histories and for all slots."""
    lay_out(data, work / "raw")
    archive, samples = f"archive={work / 'archive.zarr'}", f"samples={work / 'samples.nc'}"
    split = [f"split.{key}={value}" for key, value in SPLIT.items()]
    command("ingest", f"raw={work / 'raw'}", archive, "cluster={kind: threads}")
    # as the targets were measured: a flare without a region belongs to none
    command("label", archive, f"output={work / 'samples.nc'}", "unassigned=ignore", *split)
    command("train", archive, samples, f"output={work / 'bundle'}")
    forecasts = work / "forecasts.nc"
    command("forecast", archive, samples, f"bundle={work / 'bundle'}", f"output={forecasts}", "baselines=false")
    results = {}
    for name, least in {"full": 0.75, "all": 0.0}.items():
        output = work / f"scores_{name}"
        settings = (archive, samples, f"forecasts={forecasts}", f"output={output}", f"min_history={least}")
        command("evaluate", *settings)
        results[name] = json.loads((output / "scores.json").read_text())
    return results


def pick(rows: list[Row], **where: Any) -> Row:
    """Return the one row with these values."""
    (row,) = (row for row in rows if all(row[key] == value for key, value in where.items()))
    return row


def figures(results: Row, folds: dict[str, list[Row]]) -> dict[str, Row]:
    """Name every figure with its value and target."""
    cell = {"entity": "region", "subset": "all", "window": 24.0}
    found: dict[str, Row] = {}
    for (forecaster, event, score), target in ANCHORS.items():
        value = pick(results["scores"], forecaster=forecaster, threshold=event, **cell)[score]
        found[f"{forecaster}_{event}_{score}"] = _figure(value, target, abs(value - target) <= TOLERANCE)
    for event in ("C1.0", "M1.0"):
        ours, theirs = (
            pick(results["scores"], forecaster=name, threshold=event, **cell)["bss"] for name in ("model", "logistic")
        )
        found[f"model_{event}_bss"] = _figure(ours, theirs, ours > theirs)
        gain = pick(results["comparisons"], baseline="logistic", threshold=event, **cell)["difference"]["bss"]
        for kind, interval in gain.items():
            found[f"gain_{event}_bss_low_{kind}"] = _figure(interval["low"], 0.0, interval["low"] > 0)
    for name, (key, target) in {"llm_folds": ("tss", LEARNT), "llm_folds_unseen": ("tss_unseen", UNSEEN)}.items():
        value = sum(row[key] for row in folds["model"]) / len(folds["model"])
        found[f"{name}_tss"] = _figure(value, target, value >= target)
    return found


def _figure(value: float, target: float, ok: bool) -> Row:
    return {"value": round(value, 4), "target": round(target, 4), "ok": bool(ok)}


def tables(results: dict[str, Row], folds: dict[str, list[Row]]) -> str:
    """Write what was measured as Markdown."""
    lines = []
    for name, title in {"full": "at least 75 % of the history observed", "all": "all slots"}.items():
        lines += _flow_tables(results[name], title)
    lines += ["### LLM-FlareNet folds: >= M1.0 within 24 h, mean +- standard deviation over ten folds", ""]
    lines += ["| forecaster | TSS, threshold from validation | TSS at the training base rate | AUC |"]
    lines[-1] += " unseen regions: TSS, threshold from validation | TSS at base rate | AUC |"
    lines += ["|---|---|---|---|---|---|---|"]
    for forecaster, rows in folds.items():
        keys = ("tss_validation", "tss", "auc", "tss_validation_unseen", "tss_unseen", "auc_unseen")
        lines.append(f"| {forecaster} | {' | '.join(_spread([row[key] for row in rows]) for key in keys)} |")
    counts = [sum(row[key] for row in folds["model"]) for key in ("cases", "events", "cases_unseen", "events_unseen")]
    lines += ["", "{} test samples ({} events) in ten folds; {} ({} events) of unseen regions.".format(*counts), ""]
    return "\n".join(lines)


def _flow_tables(results: Row, title: str) -> list[str]:
    cell = {"entity": "region", "subset": "all", "window": 24.0}
    population = results["population"]
    lines = [
        f"### Test block, regions, 24 h: {title}",
        "",
        f"{population['slots']} slots (full disk included) of {population['regions']} regions, "
        f"{population['first_issue'][:10]} to {population['last_issue'][:10]}.",
        "",
        "| event | forecaster | cases | events | BSS [27-day blocks; by region] | AUC "
        "| TSS at base rate | best TSS | slope |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in results["scores"]:
        if all(row[key] == value for key, value in cell.items()) and row["bss"] is not None:
            ends = "; ".join(_ends(interval) for interval in row["intervals"]["bss"].values())
            numbers = " | ".join(_number(row[key]) for key in ("auc", "tss", "tss_best", "slope"))
            forecaster = results["titles"][row["forecaster"]]
            lines.append(
                f"| {row['threshold']} | {forecaster} | {row['cases']} | {row['events']} | "
                f"{_number(row['bss'])} [{ends}] | {numbers} |"
            )
    lines += ["", "Model minus baseline, paired:", ""]
    lines += ["| event | baseline | BSS difference | 27-day blocks | by region |", "|---|---|---|---|---|"]
    for row in results["comparisons"]:
        if all(row[key] == value for key, value in cell.items()):
            gain = row["difference"]["bss"]
            ends = " | ".join(_ends(gain[kind]) for kind in ("rotation", "region"))
            value = gain["rotation"]["value"]
            lines.append(f"| {row['threshold']} | {results['titles'][row['baseline']]} | {_signed(value)} | {ends} |")
    return [*lines, ""]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.4f}"


def _ends(interval: Row) -> str:
    return "" if interval["low"] is None else f"{interval['low']:+.4f} to {interval['high']:+.4f}"


def _spread(values: list[float]) -> str:
    mean = sum(values) / len(values)
    return f"{mean:.3f} +- {(sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5:.3f}"


def write_between(page: Path, marks: tuple[str, str], text: str) -> None:
    """Put text between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(marks[0])
    after = rest.split(marks[1])[1]
    page.write_text(f"{before}{marks[0]}\n\n{text}\n{marks[1]}{after}", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Measure everything, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "skill", help="folder for archive, bundle, scores")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args(arguments)
    data = os.environ.get("SUNPROOF_DATA")
    if not data:
        sys.exit("SUNPROOF_DATA is not set: no real observations here")
    try:
        folds = run_folds(Path(data) / ARCHIVE, options.work / "folds")
        results = flow(Path(data).resolve(), options.work.resolve())
    except SunproofError as error:
        sys.exit(f"error: {error}")
    text = tables(results, folds)
    (options.work / "skill.md").write_text(text, encoding="utf-8")
    if options.docs:
        write_between(options.docs, MARKS, text)
    print(text)
    print(json.dumps(figures(results["full"], folds)))


if __name__ == "__main__":
    main(sys.argv[1:])
