"""What `benchmarks/training.py` measures on a CPU, in processor time of one thread: nothing else that runs counts."""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from image_model import OPTIMISER, SMALL, Pool, Resident, bare_steps, build, flops, make_batch, settings
from plain_nets import ResNet18, VisionTransformer
from sunproof.models.forecaster import Ensemble, Forecaster
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.models.prepared import prepare
from sunproof.pipeline.training.blocks import TensorBlock, loader
from sunproof.pipeline.training.fit import fit_deep
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["MEASUREMENTS", "TARGETS"]

TARGETS = {
    "training_overhead_percent": 15.0,
    "attributions_per_core_second": 50.0,
    "attributions_complete": 0.99,
    "cpu_rate_over_vit": 0.9,
    "cpu_rate_over_resnet18": 0.5,
    "cpu_wait_percent": 5.0,
}
BATCH, ROWS, CHANNELS = 512, 8, 10
REGION = [f"scalar_{number}" for number in range(60)]
Found = dict[str, float]


def tabular() -> dict[str, Any]:
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
    shapes = {name: (block["steps"], len(block["features"])) for name, block in tabular()["modalities"].items()}
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
    return TensorBlock(prepare(inputs, fit_normaliser(inputs), tabular()), events, events[:, 0])


def with_lightning(blocks: tuple[TensorBlock, TensorBlock], epochs: int) -> float:
    """Time a training run as `sunproof train` does it."""
    module = Forecaster(tabular(), OPTIMISER)
    chosen = settings(BATCH, "cpu", max_epochs=epochs, patience=epochs, deterministic=True)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        fit_deep(module, blocks, chosen, 0, Path(folder))
        return time.process_time() - started


def bare(blocks: tuple[TensorBlock, TensorBlock], epochs: int) -> float:
    """Time the same arithmetic in a plain loop."""
    module = Forecaster(tabular(), OPTIMISER).train()
    solver = module.configure_optimizers()
    best = float("inf")
    started = time.process_time()
    for epoch in range(epochs):
        batches = loader(blocks[0], BATCH, 0)
        batches.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        for batch in batches:
            solver.zero_grad()
            module.loss(batch).backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            solver.step()
        module.eval()
        with torch.no_grad():
            parts = [module.loss(batch) for batch in loader(blocks[1], 4096)]
        module.train()
        loss = float(torch.stack(parts).mean())
        if loss < best:
            best, _ = loss, copy.deepcopy(module.state_dict())
    return time.process_time() - started


def overhead(epochs: int = 3, rounds: int = 3) -> Found:
    """Percent by which an epoch takes longer through Lightning; start-up, paid once a run, is taken out."""
    blocks = (make_block(20_000), make_block(4_000))
    with_lightning(blocks, 1)
    bare(blocks, 1)
    ratios = []
    for _ in range(rounds):
        # one after the other, so that what else runs on the machine meets both
        long, short = with_lightning(blocks, epochs + 1), with_lightning(blocks, 1)
        plain = bare(blocks, epochs)
        ratios.append(100 * ((long - short) / plain - 1))
        print(f"  lightning {(long - short) / epochs:.3f} s an epoch, bare {plain / epochs:.3f} s an epoch")
    return {"training_overhead_percent": statistics.median(ratios)}


def attributions(size: int = 256) -> Found:
    """Attributions a second of one core, and the fraction that is complete."""
    from sunproof.models.attribution.integrated_gradients import attribute

    inputs = make_inputs(size)
    torch.manual_seed(0)
    networks = [Network(tabular()) for _ in range(3)]
    for network in networks:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    model = Ensemble(tabular(), fit_normaliser(inputs), networks)
    attribute(model, {name: (values[:4], mask[:4]) for name, (values, mask) in inputs.items()})
    started = time.process_time()
    found = attribute(model, inputs)
    seconds = time.process_time() - started
    return {"attributions_per_core_second": size / seconds, "attributions_complete": float(found.complete.mean())}


def plain_steps(module: nn.Module, images: torch.Tensor, steps: int) -> float:
    """Seconds a training step of a plain net, after one to begin with."""
    solver = torch.optim.AdamW(module.parameters())
    labels = torch.zeros(len(images), 9)
    started = 0.0
    for step in range(steps + 1):
        if step == 1:
            started = time.process_time()
        solver.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(module(images), labels).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        solver.step()
    return (time.process_time() - started) / steps


def work_of(net: nn.Module, images: torch.Tensor) -> int:
    """FLOPs of a batch, gradients included."""
    return flops(lambda: net(images).sum().backward())


def closest(make: Callable[[int], nn.Module], sizes: range, images: torch.Tensor, wanted: float) -> nn.Module:
    """Give the net, of those of several sizes, whose FLOPs are closest to the wanted ones."""
    return min((make(size) for size in sizes), key=lambda net: abs(work_of(net, images) / wanted - 1))


def plain_nets() -> Found:
    """Training throughput beside a ResNet-18 and a vision transformer of equal FLOPs on images of the same size."""
    side, patch, depth, heads = (SMALL[name] for name in ("side", "patch", "depth", "heads"))
    batch, images = make_batch(ROWS, side, "cpu"), torch.randn(ROWS, CHANNELS, side, side)
    ours = build(SMALL, "cpu")
    wanted = flops(lambda: ours.loss(batch).backward())
    plain = {
        "resnet": closest(lambda width: ResNet18(CHANNELS, 9, width), range(4, 65, 2), images, wanted),
        "vit": closest(
            lambda width: VisionTransformer(CHANNELS, 9, side, patch, width, depth, heads),
            range(32, 161, 4),
            images,
            wanted,
        ),
    }
    # seconds are scaled by the few percent that the nets' FLOPs differ by
    scale = {name: wanted / work_of(net, images) for name, net in plain.items()}
    rounds = []
    for _ in range(3):
        seconds = {"ours": bare_steps(ours, Resident([batch], 6), 1, "cpu", "32", time.process_time)}
        seconds |= {name: scale[name] * plain_steps(net, images, 5) for name, net in plain.items()}
        rounds.append(seconds)
        print("  " + ", ".join(f"{name} {ROWS / value:.1f} samples/s" for name, value in seconds.items()))
    print("  FLOPs beside ours: " + ", ".join(f"{name} {1 / value:.3f}" for name, value in scale.items()))
    return {
        "cpu_rate_over_vit": statistics.median(row["vit"] / row["ours"] for row in rounds),
        "cpu_rate_over_resnet18": statistics.median(row["resnet"] / row["ours"] for row in rounds),
        "cpu_samples_per_second": ROWS / statistics.median(row["ours"] for row in rounds),
        "cpu_gflop_per_sample": wanted / ROWS / 1e9,
    }


def waiting() -> Found:
    """Share of the time in which the model waits for `sunproof train`'s own loader, images in memory."""
    from sunproof.models.normaliser import fit_images

    rows, pool = 8 * ROWS, Pool(8 * ROWS, SMALL["side"])
    prepared, events, counts = make_batch(rows, 16, "cpu")
    held = type(prepared)({"keywords": prepared.modalities["keywords"]}, prepared.limit)
    normaliser = Normaliser({"disk": fit_images([pool.read(np.arange(4))], pool.signed)})
    batches = loader(TensorBlock(held, events, counts, {"disk": pool}, np.arange(rows), normaliser), ROWS, 0)
    bare_steps(build(SMALL, "cpu"), batches, 1, "cpu", "32")
    return {"cpu_wait_percent": 100 * batches.waited / batches.served}


MEASUREMENTS = {
    "loop against a plain one, keywords and scalars": (overhead, ("training_overhead_percent",)),
    "Integrated Gradients": (attributions, ("attributions_per_core_second", "attributions_complete")),
    "images beside plain nets of equal FLOPs": (plain_nets, ("cpu_rate_over_vit", "cpu_rate_over_resnet18")),
    "waiting for data": (waiting, ("cpu_wait_percent",)),
}
