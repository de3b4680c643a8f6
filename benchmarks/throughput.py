"""How fast the stages are, on made-up data of realistic size.

    python benchmarks/throughput.py [FIGURE ...]

Every figure is a function that returns (value, target) in the unit of its name; ``FIGURES`` lists them. The last line
printed is JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch

import training_cpu
from batches import full_batch
from sunproof.models.constraints.engine import evaluate
from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.samples.catalogue import Catalogue
from sunproof.pipeline.samples.labels import label
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.vocabulary import THRESHOLDS

# A solar cycle: as many flares and regions as the SWPC list of 2010-2019 and the SHARP series hold.
_FLARES, _HARPS, _DAYS = 20_000, 1_300, 3_300
_REGION_TIMES = 1_000_000


def labelling() -> tuple[float, float]:
    """CPU seconds to label a million region-times, three windows and three thresholds, on one core; target 2 s."""
    rng = np.random.default_rng(0)
    start = np.datetime64("2010-05-01", "ns")
    noaa = np.where(rng.random(_FLARES) < 0.15, -1, 11_000 + rng.integers(0, _HARPS, _FLARES))
    flux = 5e-7 * (1 - rng.random(_FLARES)) ** -1.0
    peak = np.sort(start + rng.integers(0, _DAYS * 1440, _FLARES) * np.timedelta64(1, "m"))
    harps = np.arange(_HARPS)
    harp = rng.integers(0, _HARPS, _REGION_TIMES)
    issued = start + rng.integers(0, _DAYS * 4, _REGION_TIMES) * np.timedelta64(6, "h")

    def once() -> float:
        # the list's index is part of the price
        catalogue = Catalogue(
            time=peak,
            low=flux,
            high=flux,
            true=flux / 0.7,
            noaa_ar=noaa,
            regions=RegionMap(harps, harps + 11_000),
            scale="operational",
            name="made up",
            start=start,
            end=start + np.timedelta64(_DAYS, "D"),
            facts={},
        )
        begun = time.process_time()
        label(catalogue, harp, issued, (24, 48, 72), ("C1.0", "M1.0", "X1.0"))
        return time.process_time() - begun

    return min(once() for _ in range(3)), 2.0


def checks() -> tuple[float, float]:
    """CPU seconds for every check on 100,000 forecasts with all evidence, on one core; target 10 s."""
    batch = full_batch(100_000)

    def once() -> float:
        begun = time.process_time()
        evaluate(batch)
        return time.process_time() - begun

    # the first evaluation imports what checks need
    return min(once() for _ in range(2)), 10.0


def forecast_and_checks() -> tuple[float, float]:
    """Wall seconds from inputs to verdicts for 100,000 region forecasts: three members, all checks; target 60 s."""
    size, batch_size = 100_000, 4096
    inputs = training_cpu.make_inputs(size)
    torch.manual_seed(0)
    members = [Network(training_cpu.tabular()) for _ in range(3)]
    # a fitted network is not at zero, where its deep path would be idle
    for parameter in (parameter for member in members for parameter in member.parameters()):
        torch.nn.init.normal_(parameter, std=0.05)
    ensemble = Ensemble(training_cpu.tabular(), fit_normaliser(inputs), members)
    batch = full_batch(size)
    fluxes = torch.tensor(list(THRESHOLDS.values()), dtype=torch.float64)
    begun = time.perf_counter()
    parts = []
    with torch.inference_mode():
        for start in range(0, size, batch_size):
            rows = slice(start, start + batch_size)
            process = ensemble({name: (values[rows], mask[rows]) for name, (values, mask) in inputs.items()})
            parts.append(process.double().probabilities(fluxes).numpy())
    dims = batch["probability"].dims
    batch["probability"] = (dims, np.concatenate(parts), batch["probability"].attrs)
    judge(batch, evaluate(batch))
    return time.perf_counter() - begun, 60.0


def training_overhead() -> tuple[float, float]:
    """Per cent that the training loop takes longer than a bare PyTorch loop of the same arithmetic; target 15."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as `sunproof train` does; a loop on two threads would spend time waiting for itself
    try:
        return training_cpu.overhead(2, 5)["training_overhead_percent"], 15.0
    finally:
        torch.set_num_threads(threads)


# Smaller is better for each of them.
FIGURES: dict[str, Callable[[], tuple[float, float]]] = {
    "labelling": labelling,
    "checks": checks,
    "forecast_and_checks": forecast_and_checks,
    "training_overhead": training_overhead,
}


def main() -> None:
    """Measure the named figures (all by default), print a line each and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("figures", nargs="*", help=f"of {', '.join(FIGURES)}; all where none is named")
    names = parser.parse_args().figures
    if unknown := sorted(set(names) - set(FIGURES)):
        parser.error(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    results = {}
    for name in names or FIGURES:
        measure = FIGURES[name]
        value, target = measure()
        results[name] = {"value": round(value, 3), "target": target, "ok": value <= target}
        print(f"{name}: {value:.3f} (target {target:g})  {(measure.__doc__ or '').splitlines()[0]}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
