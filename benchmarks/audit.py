"""What a full audit costs: forecasts a second on two cores, with random-weight nulls and without, and where time goes.

    python benchmarks/audit.py [--work WORK] [--images DEMO] [--forecasts 2048] [--docs docs/explanations.md]

WORK is what benchmarks/skill.py left (archive.zarr, samples.nc, bundle, forecasts.nc), DEMO what `sunproof demo` left;
the demo is run as far as its forecasts where there is none, and without WORK a model without images is trained on it.
Every forecast of the batch is asked about: Integrated Gradients, ablation, probes, counterfactuals, domain, identity,
intervals; then come checks, verdicts and certificates. The rate counts all of that by the clock, for a process that
has its model and its workers; what it takes to get there (fits to the training block, start of the workers), and pages
of single forecasts, whose number is fixed, are told beside it. Nulls afresh: five twins with shuffled weights are
explained for every forecast; without them H5 is not evaluable. The last line printed is JSON: figure -> value,
target, ok.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from multimodal import command
from skill import ROOT, write_between
from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.counterfactuals import counterfactuals
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.nulls import random_twins, twin_correlation
from sunproof.models.attribution.skill import probe
from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.cost import Cost
from sunproof.pipeline.auditing.explain import explain
from sunproof.pipeline.auditing.kit import Kit
from sunproof.pipeline.auditing.loading import load_batch, open_netcdf
from sunproof.pipeline.auditing.parts import keep
from sunproof.pipeline.auditing.questions import Task, question
from sunproof.pipeline.auditing.report.pages import write_report
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig, load_config
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.simulate.config import DemoConfig
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.threads import one_thread

MARKS = ("<!-- tables: benchmarks/audit.py -->", "<!-- end of tables -->")
WORKERS = 2
# Full audits a second, with the nulls known and with them made afresh.
TARGETS = {0: 100.0, 5: 20.0}
# Stages for single forecasts that somebody looks at, as many however large the batch: beside the rate, not in it.
PICTURES = ("explanations shown", "report")

Row = dict[str, Any]


class Model(NamedTuple):
    """A model with the archive it reads, the samples it learnt from, and forecasts it made."""

    name: str
    archive: Path
    samples: Path
    bundle: Path
    forecasts: Path


def laid_out(name: str, folder: Path) -> Model:
    """Name what benchmarks/skill.py or a demo left."""
    return Model(name, *(folder / part for part in ("archive.zarr", "samples.nc", "bundle", "forecasts.nc")))


def demo(folder: Path) -> Model:
    """Give the demo's image model, made unless it is there: configs/demo.yaml as far as the forecasts."""
    model = laid_out("image model, simulated Sun", folder)
    if not model.forecasts.exists():
        for stage in _plan(folder).stages()[:5]:
            command(stage.command, stage.config)
    return model


def blind(folder: Path) -> Model:
    """Give a model of the same simulated Sun that sees no images."""
    seeing, own = demo(folder), folder / "without_images"
    stages = {stage.command: stage.config for stage in _plan(folder).stages()[:5]}
    inputs = stages["train"].inputs.without_images()
    model = stages["train"].model.model_copy(update={"background": ()})
    train = stages["train"].model_copy(update={"output": own / "bundle", "inputs": inputs, "model": model})
    forecast = stages["forecast"].model_copy(update={"bundle": train.output, "output": own / "forecasts.nc"})
    if not forecast.output.exists():
        command("train", train)
        command("forecast", forecast)
    return Model("sequence model, simulated Sun", seeing.archive, seeing.samples, train.output, forecast.output)


def _plan(folder: Path) -> Plan:
    return Plan(load_config(DemoConfig, ROOT / "configs" / "demo.yaml", [f"output={folder}"]))


def draw(model: Model, count: int, path: Path) -> int:
    """Keep some issued forecasts of regions, evenly drawn; the audit asks about every one of them."""
    forecasts = open_netcdf(model.forecasts)
    usable = (forecasts["entity"].values == "region") & (forecasts["status"].values == "ISSUED")
    rows = np.random.default_rng(0).permutation(np.flatnonzero(usable))[:count]
    forecasts.isel(forecast=np.sort(rows)).to_netcdf(path, engine="h5netcdf")
    return len(rows)


def settings(model: Model, forecasts: Path, output: Path, twins: int) -> AuditConfig:
    """Ask about everything."""
    paths = {"archive": model.archive, "bundle": model.bundle, "training": model.samples, "output": output}
    asked = {"above": 0.0, "most": 10**9, "twins": twins}
    return AuditConfig(forecasts=str(forecasts), question=asked, **{name: str(path) for name, path in paths.items()})


@contextmanager
def workers(kit: Kit, folder: Path, warm: xr.Dataset) -> Iterator[Callable[..., list[Any]]]:
    """Start the workers, let each import and compile what it needs, and give what runs parts on them."""
    with dask_client(ClusterConfig(kind="local", workers=WORKERS)) as client:
        client.wait_for_workers(WORKERS)
        sent = client.scatter(kit, broadcast=True)

        def run(_: Kit, forecasts: xr.Dataset, tasks: Sequence[Task]) -> list[Any]:
            paths = [folder / f"{time.monotonic_ns()}-{number}.npz" for number in range(len(tasks))]
            work = [(forecasts.isel(forecast=task.rows), task.kind) for task in tasks]
            futures = [client.submit(keep, sent, *one, path, pure=False) for one, path in zip(work, paths, strict=True)]
            client.gather(futures)
            return [dict(np.load(path)) for path in paths]

        few: NDArray[np.int64] = np.arange(8)
        run(kit, warm, [Task(kind, few) for kind in ("look", "ask") for _ in range(2 * WORKERS)])  # type: ignore[arg-type]
        yield run


def measure(model: Model, count: int, twins: int, folder: Path) -> Row:
    """Audit a batch and tell forecasts a second, and seconds a stage."""
    folder.mkdir(parents=True, exist_ok=True)
    size = draw(model, count, folder / "forecasts.nc")
    config = settings(model, folder / "forecasts.nc", folder, twins)
    begun, cost = time.perf_counter(), Cost()
    kit = Kit.make(config)
    fitted = time.perf_counter() - begun
    with workers(kit, folder, load_batch(config)) as run:
        ready = time.perf_counter() - begun
        with cost.of("reading"):
            forecasts = load_batch(config)
        with cost.of("looking and asking"):
            forecasts = question(forecasts, config, run=run, kit=kit)
    with cost.of("checks and verdicts"):
        findings = evaluate(forecasts)
        verdicts = judge(forecasts, findings)
    with cost.of("explanations shown"):
        shown = explain(forecasts, verdicts, config)
    with cost.of("certificates"):
        write_certificates(folder / "certificates.jsonl", forecasts, findings, verdicts, shown, _facts())
    with cost.of("report"):
        write_report(folder / "report", folder / "certificates.jsonl", forecasts, findings, verdicts, config)
    whole = sum(spent for stage, spent in cost.seconds.items() if stage not in PICTURES)
    asked = int(np.isfinite(forecasts["attribution_error"].values).sum())
    return {
        "model": model.name,
        "twins": twins,
        "forecasts": size,
        "asked": asked,
        "rate": size / whole,
        "stages": cost.seconds,
        "fits": fitted,
        "start": ready - fitted,
    }


def _facts() -> Row:
    return {"code": "benchmark", "config": {}, "config_digest": "", "environment": {}, "inputs": {}, "simulated": False}


def parts_of(model: Model, count: int, folder: Path) -> dict[str, float]:
    """Take the questions one by one, in this process on one thread: milliseconds of CPU a forecast."""
    draw(model, count, folder / "few.nc")
    config = settings(model, folder / "few.nc", folder, 5)
    kit, keys = Kit.make(config), load_batch(config)
    served, asked = kit.bundle.ensemble, kit.config
    given = build(model.archive, keys, kit.bundle.inputs).read_shared(slice(None))
    window = float(keys["window"].values[0])
    explained = Explained.of(served, given, asked.threshold, window)
    groups, lags = (partition(served.architecture, by) for by in ("physics", "lag"))
    effects, twins = ablate(explained, groups), random_twins(served, 5, asked.seed)
    tasks: dict[str, Callable[[], Any]] = {
        "reading the inputs": lambda: build(model.archive, keys, kit.bundle.inputs).read_shared(slice(None)),
        "Integrated Gradients": lambda: attribute(served, given, asked.threshold, window),
        "grouped ablation": lambda: ablate(explained, groups),
        "probes (explanation skill)": lambda: probe(explained, groups, lags, asked.probes, asked.seed),
        "counterfactuals": lambda: counterfactuals(served, given, kit.stock, asked.fillings) if kit.stock else None,
        "five random-weight twins": lambda: twin_correlation(
            explained, effects, lambda other: ablate(other, groups), twins
        ),
    }
    with one_thread():
        return {name: 1e3 * _cpu(task) / keys.sizes["forecast"] for name, task in tasks.items()}


def _cpu(task: Callable[[], Any], repeats: int = 3) -> float:
    """Smallest CPU time of several runs: others disturb it least."""
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        task()
        found.append(time.process_time() - begun)
    return min(found)


def tables(rows: Sequence[Row], parts: dict[str, dict[str, float]]) -> str:
    """Write what was measured as Markdown."""
    lines = [
        "| model | random-weight twins | forecasts | a second | fits, once | workers, once |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        once = f"{row['fits']:.1f} s | {row['start']:.1f} s"
        lines.append(f"| {row['model']} | {row['twins']} | {row['asked']} | {row['rate']:.1f} | {once} |")
    lines += ["", "Milliseconds a forecast by the clock, two workers where it is in parallel:", ""]
    stages = list(rows[0]["stages"])
    lines += [f"| model, twins | {' | '.join(stages)} |", "|---" * (len(stages) + 1) + "|"]
    for row in rows:
        spent = " | ".join(f"{1e3 * row['stages'][stage] / row['forecasts']:.2f}" for stage in stages)
        lines.append(f"| {row['model']}, {row['twins']} | {spent} |")
    lines += ["", "Milliseconds of CPU a forecast, one thread, 64 asked together:", ""]
    names = list(next(iter(parts.values())))
    lines += [f"| question | {' | '.join(parts)} |", "|---" * (len(parts) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(f'{part[name]:.2f}' for part in parts.values())} |" for name in names]
    return "\n".join([*lines, ""])


def figures(rows: Sequence[Row]) -> dict[str, Row]:
    """Name every figure with its value and target; of the image model there is no target."""
    found: dict[str, Row] = {}
    for row in rows:
        kind = "sequence" if row["model"].startswith("sequence") else "image"
        name = f"{kind}_{'twins_afresh' if row['twins'] else 'without_twins'}_per_second"
        target = TARGETS[row["twins"]] if kind == "sequence" else None
        ok = row["asked"] == row["forecasts"] and (target is None or row["rate"] >= target)
        found[name] = {"value": round(row["rate"], 1), "target": target, "ok": ok}
    return found


def main() -> None:
    """Measure, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, help="what benchmarks/skill.py left")
    parser.add_argument("--images", type=Path, help="what `sunproof demo` left")
    parser.add_argument("--forecasts", type=int, default=2048, help="of the sequence model")
    parser.add_argument("--seen", type=int, default=128, help="forecasts of the image model; 0 leaves it out")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        world = (options.images or work / "demo").resolve()
        real = "sequence model, real SHARP series"
        sequence = laid_out(real, options.work.resolve()) if options.work else blind(world)
        rows = [measure(sequence, options.forecasts, twins, work / f"twins{twins}") for twins in TARGETS]
        parts = {sequence.name: parts_of(sequence, 64, work)}
        if options.seen:
            disk = demo(world)
            rows += [measure(disk, options.seen, twins, work / f"images{twins}") for twins in TARGETS]
            parts[disk.name] = parts_of(disk, 32, work)
    text = tables(rows, parts)
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
    print(json.dumps(figures(rows)))


if __name__ == "__main__":
    main()
