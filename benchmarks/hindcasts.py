"""Hindcasts of the training years by the reference model: limits are frozen on them, never on the test block.

    python benchmarks/hindcasts.py WORK FOLDER

WORK is what benchmarks/skill.py left (archive.zarr, samples.nc). FOLDER gets one folder a fold: samples.nc with the
blocks of the fold, the bundle (configs/train.yaml, trained on the other folds), forecasts.nc with all baselines, and
the audit. The folds are five stretches of time before the test block with as many samples each, 96 h apart, of the full
disk a rotation more; a region is in one of them alone. Printed is how many of the good forecasts each check asks to
review, for what reason: what limits.yaml says under ``gate``. The last line is JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from skill import command
from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.regions import load_regions

FOLDS = 5
GAP = np.timedelta64(96, "h")
# an active longitude comes back after a rotation
DISK_GAP = np.timedelta64(27 * 24 + 96, "h")
END = np.datetime64("2014-10-01", "ns")


def fold_of(samples: xr.Dataset) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Count the stretch of time of each sample, and tell the borders between them."""
    time = samples["issue_time"].to_numpy()
    order = np.sort(time[texts(samples["entity"]) == "region"])
    edges = order[np.arange(1, FOLDS) * len(order) // FOLDS]
    return np.searchsorted(edges, time, side="right"), edges


def blocks(samples: xr.Dataset, group: NDArray[np.int64], number: int) -> NDArray[np.object_]:
    """Name the blocks of one fold: it is the test, the next one the validation, the others train."""
    time = samples["issue_time"].to_numpy()
    fold, edges = fold_of(samples)
    borders = np.concatenate([[time.min() - GAP], edges, [time.max() + GAP]])
    block = np.full(len(time), "train", object)
    gap = np.where(texts(samples["entity"]) == "full_disk", DISK_GAP, GAP)
    for name, held in (("validation", (number + 1) % FOLDS), ("test", number)):
        begin, end = borders[held], borders[held + 1]
        near = ((time >= begin - gap) & (time < begin)) | ((time >= end) & (time < end + gap))
        block[near] = "none"
        block[fold == held] = name
    for name in ("test", "validation"):
        own = np.unique(group[(group >= 0) & (block == name)])
        block[np.isin(group, own) & (block != name)] = "none"
    return block


def main(work: Path, folder: Path) -> dict[str, dict[str, object]]:
    """Make every fold; what is there already stays."""
    samples = read_samples(work / "samples.nc")
    samples = samples.isel(sample=np.flatnonzero(samples["issue_time"].to_numpy() < END))
    disk = texts(samples["entity"]) == "full_disk"
    harp, noaa = (np.where(disk, -1, samples[name].to_numpy().astype(np.int64)) for name in ("harpnum", "noaa_ar"))
    group = load_regions(work / "archive.zarr").groups(harp, noaa)
    archive, rows = f"archive={work / 'archive.zarr'}", 0
    for number in range(FOLDS):
        fold = folder / f"fold{number}"
        fold.mkdir(parents=True, exist_ok=True)
        paths = {name: str(fold / name) for name in ("samples.nc", "bundle", "forecasts.nc", "audit")}
        block = blocks(samples, group, number)
        rows += int(((block == "test") & ~disk).sum())
        if not Path(paths["samples.nc"]).exists():
            samples.assign(block=("sample", block)).to_netcdf(paths["samples.nc"], engine="h5netcdf")
        labelled, bundle = f"samples={paths['samples.nc']}", paths["bundle"]
        if not Path(bundle).exists():
            command("train", archive, labelled, f"output={bundle}")
        if not Path(paths["forecasts.nc"]).exists():
            forecasts = f"output={paths['forecasts.nc']}"
            command("forecast", archive, labelled, f"bundle={bundle}", forecasts, "blocks=[test]")
        # all that may be asked about are: how often a good forecast meets what questions find is counted here, too
        audit(fold, work / "archive.zarr", paths["samples.nc"], samples.sizes["sample"])
    found = objections([folder / f"fold{number}" for number in range(FOLDS)])
    known = {
        (check, reason): n for check, reasons in load_limits().gate.objected.items() for reason, n in reasons.items()
    }
    for check, reason in sorted(found | known):
        print(f"{check} {found[check, reason]} ({known.get((check, reason), 0)} in limits.yaml): {reason}")
    other = sum(found[key] != known.get(key, 0) for key in found | known)
    return {
        "hindcasts": {"value": rows, "target": 20_000, "ok": rows >= 20_000},
        "objections_not_as_in_limits": {"value": other, "target": 0, "ok": other == 0},
    }


def objections(folds: list[Path]) -> Counter[tuple[str, str]]:
    """Count the forecasts of regions that each check asks to review, by check and reason; K3 abstains and is none."""
    found: Counter[tuple[str, str]] = Counter()
    for fold in folds:
        forecasts, findings = open_netcdf(fold / "forecasts.nc"), open_netcdf(fold / "audit" / "findings.nc")
        own = (forecasts["entity"].values == "region") & (forecasts["status"].values == "ISSUED")
        reasons = findings["reason_text"].values
        rows = zip(findings["check"].values, findings["outcome"].values, findings["reason"].values, strict=True)
        for check, outcome, reason in rows:
            told = reason[own & (outcome == Outcome.REVIEW)]
            if check != "K3":
                found.update((str(check), str(reasons[number])) for number in told)
    return found


def audit(folder: Path, archive: Path, samples: str | Path, asked: int) -> None:
    """Audit the forecasts of a folder with its bundle; no pages, no explanations of single forecasts."""
    command(
        "audit",
        f"forecasts={folder / 'forecasts.nc'}",
        f"archive={archive}",
        f"bundle={folder / 'bundle'}",
        f"training={samples}",
        f"output={folder / 'audit'}",
        f"question.most={asked}",
        "explain={top: 0, grave: 0, sampled: 0}",
        "report={pages: 0, rows: 1}",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path, help="what benchmarks/skill.py left")
    parser.add_argument("folder", type=Path, help="gets one folder a fold")
    options = parser.parse_args()
    print(json.dumps(main(options.work.resolve(), options.folder.resolve())))
