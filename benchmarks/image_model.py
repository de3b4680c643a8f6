"""The ten-channel full-disk configuration that the training benchmarks measure, its batches, and steps timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from sunproof.models.forecaster import Forecaster
from sunproof.models.prepared import Prepared
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = [
    "LARGE",
    "OPTIMISER",
    "SMALL",
    "Pool",
    "Resident",
    "bare_steps",
    "build",
    "flops",
    "make_batch",
    "settings",
    "wait_for",
]

AIA = [f"aia_{band}" for band in (94, 131, 171, 193, 211, 304, 335, 1600, 1700)]
CHANNELS = [*AIA, "hmi_m"]
OPTIMISER = {
    "learning_rate": 1e-3,
    "weight_decay": 1e-2,
    "wide_learning_rate": 0.0,
    "fluxes": [1e-6, 1e-5, 1e-4, 3e-6, 3e-5],
    "flux_weights": [1.0] * 5,
    "further_windows": 0.1,
    "count_weight": 0.0,
}
# A transformer of the size that is called small, on each instrument's 1024 patches of 16 x 16 pixels.
LARGE = {"side": 512, "patch": 16, "inner": 384, "depth": 6, "heads": 6}
# What two cores can train in a minute.
SMALL = {"side": 128, "patch": 8, "inner": 48, "depth": 2, "heads": 4}


def architecture(size: dict[str, int]) -> dict[str, Any]:
    """Ten channels of two instruments and the region's keywords, fused by attention."""
    side, own = size["side"], {name: size[name] for name in ("patch", "inner", "depth", "heads")}
    disk = {
        "encoder": "disk_image",
        "features": CHANNELS,
        "steps": 1,
        "grid": [side, side],
        "signed": [name == "hmi_m" for name in CHANNELS],
        "wide": [],
        "instruments": [list(range(9)), [9]],
        "channel_dropout": 0.0,
        "tokens": 4,
        **own,
    }
    keywords = {
        "encoder": "sequence",
        "features": list(SHARP_KEYWORDS),
        "steps": 24,
        "layers": 1,
        "summaries": ["last", "trend", "square"],
        "wide": list(SHARP_KEYWORDS),
    }
    return {
        "modalities": {"disk": disk, "keywords": keywords},
        "thresholds": ["C1.0", "M1.0", "X1.0"],
        "windows": [24.0, 48.0, 72.0],
        "width": 64,
        "hidden": 128,
        "dropout": 0.1,
        "modality_dropout": 0.05,
        "fusion": {"layers": 1, "heads": 4},
    }


def build(size: dict[str, int], device: str) -> Forecaster:
    """Make the model."""
    torch.manual_seed(0)
    return Forecaster(architecture(size), OPTIMISER).to(device).train()


def make_batch(rows: int, side: int, device: str) -> tuple[Prepared, Tensor, Tensor]:
    """Draw a batch of normalised inputs; a tenth of the pixels is missing, as behind an eclipse or beside the field."""
    images = torch.randn(rows, 1, len(CHANNELS), side, side, device=device)
    seen = torch.ones_like(images, dtype=torch.bool)
    seen[..., : side // 10] = False
    series = torch.randn(rows, 24, len(SHARP_KEYWORDS), device=device)
    parts = {"disk": (images * seen, seen), "keywords": (series, torch.ones_like(series, dtype=torch.bool))}
    index = {"disk": torch.arange(rows, device=device)}
    events = (torch.rand(rows, 5, 3, device=device) < 0.1).float().cummax(dim=2).values
    return Prepared(parts, torch.full((rows,), 1e-3, device=device), index), events, events[:, 0]


class Resident:
    """Batches that lie on the device already: what is measured is the loop and the arithmetic."""

    def __init__(self, batches: list[Any], steps: int) -> None:
        self.batches, self.steps = batches, steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Any]:
        for step in range(self.steps):
            yield self.batches[step % len(self.batches)]


class Pool:
    """Images in memory, as a lazily read modality: eight different ones, each for one row of a batch."""

    names = tuple(CHANNELS)
    signed = (*[False] * 9, True)

    def __init__(self, rows: int, side: int, kinds: int = 8) -> None:
        self.shape = (1, len(CHANNELS), side, side)
        random = np.random.default_rng(0)
        self.images = random.lognormal(size=(kinds, *self.shape)).astype(np.float32)
        self.share = np.arange(rows)
        self.found = np.ones((rows, 1, len(CHANNELS)), bool)
        self.latest = np.full(rows, np.datetime64("2014-01-01", "us"))

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Copy rows, as a reader of an archive would."""
        images = self.images[rows % len(self.images)]
        return images, np.ones(images.shape, bool)


def settings(rows: int, device: str, **changes: Any) -> Any:
    """Give what `sunproof.pipeline.training.config.TrainerConfig` holds; the machine may lack pydantic."""
    values = {
        "max_epochs": 1,
        "patience": 1,
        "batch_size": rows,
        "accumulate": 1,
        "gradient_clip": 1.0,
        "accelerator": "gpu" if device == "cuda" else "cpu",
        "devices": 1,
        "num_nodes": 1,
        "strategy": "auto",
        "precision": "32",
        "compile": False,
        "deterministic": False,
        "threads": 1,
        "checkpoint_every_steps": None,
        "checkpoint_every_minutes": 10,
        "logger": "csv",
        "ranks": 1,
    }
    return SimpleNamespace(**{**values, **changes})


def wait_for(device: str) -> None:
    """Let the device finish."""
    if device == "cuda":
        torch.cuda.synchronize()


def bare_steps(
    module: Forecaster,
    batches: Any,
    warm: int,
    device: str,
    precision: str,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Time the steps of a plain loop after the first ``warm`` ones; seconds a step."""
    solver = module.configure_optimizers()
    started, steps = 0.0, 0
    for step, batch in enumerate(batches):
        if step == warm:
            wait_for(device)
            started = clock()
        solver.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16-mixed"):
            loss = module.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        solver.step()
        steps = step + 1
    wait_for(device)
    return (clock() - started) / (steps - warm)


def flops(work: Callable[[], Any]) -> int:
    """Count floating-point operations of matrix products, convolutions and attention."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())
