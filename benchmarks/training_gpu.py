"""What `benchmarks/training.py` measures on a GPU: each figure by itself, so that one that fails costs no other."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning.callbacks import Callback

from image_model import LARGE, Pool, Resident, bare_steps, build, flops, make_batch, settings, wait_for
from sunproof.pipeline.training.keeping import Keeper, Randomness
from sunproof.pipeline.training.quiet import quiet
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag
from sunproof.pipeline.training.trainer import make_trainer

__all__ = ["MEASUREMENTS", "TARGETS", "free"]

TARGETS = {"gpu_overhead_percent": 10.0, "gpu_utilisation_of_measured_peak_percent": 40.0, "gpu_wait_percent": 5.0}
DEVICE, ROWS, WARM, STEPS = "cuda", 32, 5, 25
# Of the product that tells what the card can reach.
SIZE, BATCHES = 8192, (4, 8, 16, 32, 64, 128)
# Dense bf16 products without sparsity, FLOP/s, as the vendor states them (data sheets of the SXM cards).
STATED = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "B200": 2250e12}
Found = dict[str, float]


class Clock(Callback):
    """Seconds a step after the first ones, and the share of them spent waiting for a batch."""

    def __init__(self, warm: int) -> None:
        self.warm, self.started, self.seconds, self.waited = warm, 0.0, 0.0, 0.0

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
        """Start the clock."""
        if index == self.warm:
            wait_for(DEVICE)
            self.started = time.perf_counter()
            self.waited = -getattr(trainer.train_dataloader, "waited", 0.0)

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        """Stop it after the last step."""
        if index + 1 == trainer.num_training_batches:
            wait_for(DEVICE)
            steps = index + 1 - self.warm
            self.seconds = (time.perf_counter() - self.started) / steps
            self.waited = (self.waited + getattr(trainer.train_dataloader, "waited", 0.0)) / steps


def lightning_steps(batches: Any, rows: int = ROWS, **changes: Any) -> Clock:
    """Time steps through Lightning, with the callbacks and the log file of `sunproof train`."""
    chosen = settings(rows, DEVICE, **{"precision": "bf16-mixed", **changes})
    module, clock, ranks = build(LARGE, "cpu"), Clock(WARM), Ranks()
    if chosen.compile:
        module.network.compile()
    with tempfile.TemporaryDirectory() as folder, quiet():
        place = Path(folder)
        callbacks = [Randomness(0, ranks), clock, Keeper(place, chosen, ranks, StopFlag())]
        make_trainer(chosen, ranks, callbacks, place / "log").fit(module, batches)
    return clock


def resident(rows: int = ROWS, steps: int = WARM + STEPS) -> Resident:
    """Give batches on the card."""
    return Resident([make_batch(rows, LARGE["side"], DEVICE) for _ in range(2)], steps)


def overhead() -> Found:
    """`sunproof train`'s loop against a plain one, one after the other, three times."""
    batches, ratios, rates = resident(), [], []
    for _ in range(3):
        ours = lightning_steps(batches).seconds
        bare = bare_steps(build(LARGE, DEVICE), batches, WARM, DEVICE, "bf16-mixed")
        ratios.append(100 * (ours / bare - 1))
        rates.append(ROWS / ours)
        print(f"  lightning {1e3 * ours:.2f} ms a step, bare {1e3 * bare:.2f} ms")
    return {"gpu_overhead_percent": statistics.median(ratios), "gpu_samples_per_second": statistics.median(rates)}


def peak() -> float:
    """FLOP/s of a large bf16 product on this card."""
    size = SIZE
    left, right = (torch.randn(size, size, device=DEVICE, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(5):
        left @ right
    wait_for(DEVICE)
    started = time.perf_counter()
    for _ in range(30):
        left @ right
    wait_for(DEVICE)
    return 30 * 2 * size**3 / (time.perf_counter() - started)


def utilisation() -> Found:
    """Model FLOP against the card's matrix peak, and where the card's time goes."""
    batches, module = resident(), build(LARGE, DEVICE)
    batch = batches.batches[0]

    def work() -> None:
        with torch.autocast(DEVICE, torch.bfloat16):
            loss = module.loss(batch)
        loss.backward()

    count = flops(work)
    seconds = bare_steps(module, batches, WARM, DEVICE, "bf16-mixed")
    reached, measured, name = count / seconds, peak(), torch.cuda.get_device_name()
    print(f"  {reached / 1e12:.0f} TFLOP/s of {measured / 1e12:.0f} that a large product reaches on this card")
    found = {
        "gpu_utilisation_of_measured_peak_percent": 100 * reached / measured,
        "gpu_measured_peak_tflops": measured / 1e12,
        "gpu_gflop_per_sample": count / ROWS / 1e9,
    }
    stated = [value for key, value in STATED.items() if key in name]
    if stated:
        found["gpu_utilisation_of_stated_peak_percent"] = 100 * reached / stated[0]
    return found


KINDS = {
    "matrix products": ("gemm", "cutlass", "cublas", "xmma", "nvjet", "sm90_", "sm80_"),
    "attention": ("flash", "fmha", "attention", "efficient"),
    "optimiser": ("multi_tensor", "adam", "foreach"),
}


def limits() -> Found:
    """Shares of the card's time by kind of kernel, and of the time in which it had nothing to do."""
    module, batches = build(LARGE, DEVICE), resident(steps=6)
    bare_steps(module, batches, 2, DEVICE, "bf16-mixed")
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        seconds = 6 * bare_steps(module, batches, 0, DEVICE, "bf16-mixed")
    shares = dict.fromkeys((*KINDS, "other kernels"), 0.0)
    for event in profile.events():
        if event.device_type != torch.autograd.DeviceType.CUDA:
            continue
        name = event.name.lower()
        # attention first: its kernels are named after the library of matrix products they are made with
        order = ("attention", *KINDS)
        kind = next((kind for kind in order if any(word in name for word in KINDS[kind])), "other kernels")
        shares[kind] += event.time_range.elapsed_us() / 1e6
    busy = sum(shares.values())
    print(f"  the card worked {100 * busy / seconds:.0f} % of the time (profiled: slower than otherwise)")
    for kind, value in shares.items():
        print(f"  {kind}: {100 * value / busy:.0f} % of it")
    return {f"gpu_time_{kind.replace(' ', '_')}_percent": 100 * value / busy for kind, value in shares.items()}


def scaling() -> Found:
    """Time several batch sizes, and tell their memory; a size that does not fit ends the series."""
    found: Found = {}
    for rows in BATCHES:
        torch.cuda.reset_peak_memory_stats()
        try:
            seconds = bare_steps(build(LARGE, DEVICE), resident(rows, 13), 3, DEVICE, "bf16-mixed")
        except torch.cuda.OutOfMemoryError:
            print(f"  {rows} rows do not fit")
            break
        finally:
            free()
        memory = torch.cuda.max_memory_allocated() / 2**30
        print(f"  {rows} rows: {rows / seconds:.0f} samples a second, {memory:.1f} GiB")
        found[f"gpu_samples_per_second_batch_{rows}"] = rows / seconds
    return found


def single() -> Found:
    """Without mixed precision, and with deterministic kernels."""
    full = lightning_steps(resident(steps=WARM + 8), precision="32").seconds
    plain, fixed = (lightning_steps(resident(), deterministic=value).seconds for value in (False, True))
    return {"gpu_speed_up_of_bf16": full / plain, "gpu_cost_of_deterministic_percent": 100 * (fixed / plain - 1)}


def compiled() -> Found:
    """torch.compile: what it costs once, and what it gains."""
    torch.compiler.reset()
    plain = lightning_steps(resident()).seconds
    started = time.perf_counter()
    fast = lightning_steps(resident(), compile=True).seconds
    spent = time.perf_counter() - started - fast * STEPS
    return {"gpu_speed_up_of_compile": plain / fast, "gpu_seconds_to_compile": spent}


def waiting() -> Found:
    """Share of the time in which the model waits for `sunproof train`'s own loader, images in memory."""
    from sunproof.models.normaliser import Normaliser, fit_images
    from sunproof.pipeline.training.blocks import TensorBlock, loader
    from sunproof.pipeline.training.fit import reading

    rows, pool = 40 * ROWS, Pool(40 * ROWS, LARGE["side"])
    statistics_of = fit_images([pool.read(np.arange(4))], pool.signed)
    prepared, events, counts = make_batch(rows, 1, "cpu")
    held = type(prepared)({"keywords": prepared.modalities["keywords"]}, prepared.limit)
    block = TensorBlock(held, events, counts, {"disk": pool}, np.arange(rows), Normaliser({"disk": statistics_of}))
    how = reading(settings(ROWS, DEVICE))
    clock = lightning_steps(loader(block, ROWS, 0, **how))
    print(f"  {how['readers']} threads read")
    print(f"  {1e3 * clock.seconds:.1f} ms a step with reading, normalising and copying to the card")
    return {
        "gpu_wait_percent": 100 * clock.waited / clock.seconds,
        "gpu_samples_per_second_with_loader": ROWS / clock.seconds,
        "gpu_loader_threads": how["readers"],
    }


def free() -> None:
    """Give memory back between two measurements."""
    gc.collect()
    torch.cuda.empty_cache()


MEASUREMENTS = {
    "loop against a plain one": (overhead, ("gpu_overhead_percent", "gpu_samples_per_second")),
    "utilisation": (utilisation, ("gpu_utilisation_of_measured_peak_percent", "gpu_measured_peak_tflops")),
    "what limits it": (limits, ("gpu_time_matrix_products_percent",)),
    "batch size": (scaling, ("gpu_samples_per_second_batch_64",)),
    "precision and deterministic kernels": (single, ("gpu_speed_up_of_bf16", "gpu_cost_of_deterministic_percent")),
    "waiting for data": (waiting, ("gpu_wait_percent",)),
    "torch.compile": (compiled, ("gpu_speed_up_of_compile", "gpu_seconds_to_compile")),
}
