"""Training: what the loop costs over a plain one, how fast images are learnt from, and what limits it.

usage: python benchmarks/training.py [--only cpu|gpu]

On a GPU: the 512 x 512 ten-channel configuration in bf16 through Lightning, as `sunproof train` sets it up, against a
plain loop of the same arithmetic; model FLOP against the card's matrix peak, with the kernels that take the time; batch
sizes; precision; torch.compile; waiting for data. Without a GPU this part is left out, and said so.
On a CPU, in processor time of one thread: Lightning's cost on the model of keywords and scalars, Integrated Gradients,
and a small image model beside a plain ResNet-18 and a plain vision transformer of equal FLOPs.

Needs torch, pytorch-lightning, numpy, xarray and PyYAML (and captum for Integrated Gradients); from a checkout without
installation: PYTHONPATH=.typecheck. A figure that cannot be measured is null, with the reason. The last line printed is
one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch

# Of these less is better.
LOWER = {
    "training_overhead_percent",
    "gpu_overhead_percent",
    "gpu_wait_percent",
    "cpu_wait_percent",
}
Figures = dict[str, dict[str, Any]]
Measurement = tuple[Callable[[], dict[str, float]], tuple[str, ...]]


def measure(
    measurements: Mapping[str, Measurement], targets: Mapping[str, float], after: Callable[[], None]
) -> Figures:
    """Measure one after the other; what fails is a figure without a value, and costs no other."""
    figures: Figures = {}
    for name, (work, promised) in measurements.items():
        print(f"{name}:", flush=True)
        started = time.perf_counter()
        try:
            found: dict[str, Any] = {key: figure(key, value, targets) for key, value in work().items()}
        # whatever it is: the next measurement may well work
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            print("  " + traceback.format_exc(limit=-3).replace("\n", "\n  "))
            found = {
                key: {"value": None, "target": targets.get(key), "ok": False, "reason": reason} for key in promised
            }
        for key, row in found.items():
            print(f"  {key} = {row['value']}")
        print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
        figures |= found
        after()
    return figures


def figure(name: str, value: float, targets: Mapping[str, float]) -> dict[str, Any]:
    """Hold a value against its target, if it has one."""
    target = targets.get(name)
    ok = target is None or (value <= target if name in LOWER else value >= target)
    return {"value": round(value, 3), "target": target, "ok": bool(ok)}


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["cpu", "gpu"])
    options = parser.parse_args()
    # advice of libraries would stand between the figures
    warnings.simplefilter("ignore")
    figures: Figures = {}
    if options.only != "cpu":
        if torch.cuda.is_available():
            import training_gpu

            print(f"on {torch.cuda.get_device_name()}, torch {torch.__version__}")
            figures |= measure(training_gpu.MEASUREMENTS, training_gpu.TARGETS, training_gpu.free)
        else:
            print("no GPU on this machine: nothing is said about one")
    if options.only != "gpu":
        import training_cpu

        # one thread: two would wait for each other wherever something else runs
        torch.set_num_threads(1)
        figures |= measure(training_cpu.MEASUREMENTS, training_cpu.TARGETS, lambda: None)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
