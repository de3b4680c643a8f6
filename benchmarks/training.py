"""Cost of the training loop over a bare PyTorch loop, and of Integrated Gradients; on the GPU where there is one.

usage: python benchmarks/training.py [--epochs N] [--rounds N]

The same network, batches and optimiser run through Lightning as `sunproof train` sets it up (log file, checkpoints,
early stopping, validation each epoch) and through a plain loop of the same arithmetic. Needs torch, pytorch-lightning,
numpy and captum alone; from a checkout without installation: PYTHONPATH=.typecheck. The last line printed is one line
of JSON.
On a CPU processor time is measured, on one thread, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.forecaster import Ensemble, Forecaster
from sunproof.models.network import Network, prepare
from sunproof.models.normaliser import fit_normaliser
from sunproof.pipeline.training.blocks import TensorBlock, loader
from sunproof.pipeline.training.fit import fit_deep
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

TARGETS = {"training_overhead_percent": 15.0, "attributions_per_core_second": 50.0, "attributions_complete": 0.99}
BATCH = 512
REGION = [f"scalar_{number}" for number in range(60)]
OPTIMISER = {
    "learning_rate": 1e-3,
    "weight_decay": 1e-2,
    "wide_learning_rate": 0.0,
    "fluxes": [1e-6, 1e-5, 1e-4, 3e-6, 3e-5],
    "flux_weights": [1.0] * 5,
    "further_windows": 0.1,
    "count_weight": 0.0,
}


def clock() -> float:
    """Seconds: of the processor on a CPU, of the wall where a GPU does the work."""
    return time.perf_counter() if torch.cuda.is_available() else time.process_time()


def architecture() -> dict[str, Any]:
    """Build the shipped architecture on its four modalities."""
    sequence = {"encoder": "sequence", "steps": 24, "layers": 1, "summaries": ["last", "trend", "square"], "wide": []}
    history = ["flares_region", "log_largest_region", "flares_disk", "log_largest_disk"]
    return {
        "modalities": {
            "keywords": {**sequence, "features": list(SHARP_KEYWORDS), "wide": list(SHARP_KEYWORDS)},
            "xrs": {**sequence, "features": ["xrsa", "xrsb"]},
            "history": {**sequence, "features": history},
            "region": {"encoder": "tabular", "features": REGION, "steps": None, "layers": 1, "wide": REGION[:20]},
        },
        "thresholds": ["C1.0", "M1.0", "X1.0"],
        "windows": [24.0, 48.0, 72.0],
        "width": 24,
        "hidden": 48,
        "dropout": 0.2,
        "modality_dropout": 0.05,
    }


def make_inputs(size: int) -> dict[str, tuple[Any, Any]]:
    """Draw inputs of the right shapes; a tenth is missing."""
    random = np.random.default_rng(0)
    shapes = {name: (block["steps"], len(block["features"])) for name, block in architecture()["modalities"].items()}
    found = {}
    for name, (steps, features) in shapes.items():
        values = random.normal(size=(size, steps, features) if steps else (size, features)).astype(np.float32)
        if name == "keywords":
            values[..., 0] = 10 ** (22 + values[..., 0] / 2)
        found[name] = (values, random.random(values.shape) > 0.1)
    return found


def make_block(size: int) -> TensorBlock:
    """Prepare inputs with random labels."""
    inputs = make_inputs(size)
    events = (torch.rand(size, 5, 3) < 0.1).float().cummax(dim=2).values
    return TensorBlock(prepare(inputs, fit_normaliser(inputs), architecture()), events, events[:, 0])


def with_lightning(blocks: tuple[TensorBlock, TensorBlock], epochs: int, device: str) -> float:
    """Time a training run as `sunproof train` does it."""
    module = Forecaster(architecture(), OPTIMISER)
    kind = "gpu" if device == "cuda" else "cpu"
    settings = SimpleNamespace(
        max_epochs=epochs, patience=epochs, batch_size=BATCH, gradient_clip=1.0, accelerator=kind
    )
    with tempfile.TemporaryDirectory() as folder:
        started = clock()
        fit_deep(module, blocks, settings, 0, Path(folder), None)  # type: ignore[arg-type]
        return clock() - started


def bare(blocks: tuple[TensorBlock, TensorBlock], epochs: int, device: str) -> float:
    """Time the same arithmetic in a plain loop."""
    module = Forecaster(architecture(), OPTIMISER).to(device).train()
    solver: torch.optim.Optimizer = module.configure_optimizers()
    best = float("inf")
    started = clock()
    for epoch in range(epochs):
        batches = loader(blocks[0], BATCH, 0)
        batches.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        for batch in batches:
            solver.zero_grad()
            module.loss(tuple(part.to(device) for part in batch)).backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            solver.step()
        module.eval()
        with torch.no_grad():
            parts = [module.loss(tuple(part.to(device) for part in batch)) for batch in loader(blocks[1], 4096)]
        module.train()
        loss = float(torch.stack(parts).mean())
        if loss < best:
            best, _ = loss, copy.deepcopy(module.state_dict())
    if device == "cuda":
        torch.cuda.synchronize()
    return clock() - started


def overhead(epochs: int, rounds: int, device: str) -> float:
    """Percent by which an epoch takes longer through Lightning; start-up, paid once a run, is taken out."""
    blocks = (make_block(20_000), make_block(4_000))
    with_lightning(blocks, 1, device)
    bare(blocks, 1, device)
    ratios = []
    for _ in range(rounds):
        # one after the other, so that what else runs on the machine meets both
        long, short = with_lightning(blocks, epochs + 1, device), with_lightning(blocks, 1, device)
        plain = bare(blocks, epochs, device)
        ratios.append(100 * ((long - short) / plain - 1))
        print(f"lightning {(long - short) / epochs:.3f} s an epoch, bare {plain / epochs:.3f} s an epoch on {device}")
    return statistics.median(ratios)


def attributions(size: int) -> tuple[float, float]:
    """Attributions a second of one core, and the fraction that is complete."""
    inputs = make_inputs(size)
    torch.manual_seed(0)
    networks = [Network(architecture()) for _ in range(3)]
    for network in networks:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    model = Ensemble(architecture(), fit_normaliser(inputs), networks)
    attribute(model, {name: (values[:4], mask[:4]) for name, (values, mask) in inputs.items()})
    started = clock()
    found = attribute(model, inputs)
    return size / (clock() - started), float(found.complete.mean())


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # one thread: two would wait for each other wherever something else runs
    torch.set_num_threads(1)
    speed, complete = attributions(256)
    found = {
        "training_overhead_percent": overhead(options.epochs, options.rounds, device),
        "attributions_per_core_second": speed,
        "attributions_complete": complete,
    }
    lower = {"training_overhead_percent"}
    figures = {
        name: {
            "value": round(value, 3),
            "target": TARGETS[name],
            "ok": bool(value <= TARGETS[name] if name in lower else value >= TARGETS[name]),
        }
        for name, value in found.items()
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
