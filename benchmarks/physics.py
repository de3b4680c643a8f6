"""Speed of the physics: keywords and energies of a vector magnetogram patch, and all checks on many forecasts.

    python benchmarks/physics.py [--quick]

Uses the real record of HARP 377 where SUNPROOF_DATA points to it, else a made-up region of the same size. In the same
run a straightforward loop over pixels computes the reference kernel (half a minute or more; --quick loops over a
sixteenth of the patch and scales). Where a GPU is at hand the batched throughput is held against the card's measured
copy bandwidth; that part needs torch and numpy alone, and what else is not installed is said and left out. Writes
docs/physics_speed.md, of which a machine without a GPU keeps the section on it, and prints the page. The last line is
JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sunproof.models.physics.potential_field import potential_energy
from sunproof.models.physics.sharp_keywords import PatchGeometry, reference_kernel_field, sharp_keywords
from sunproof.models.physics.virial import virial_energy

SHAPE = (377, 744)
SCALE = PatchGeometry(0.03, 6.96e8, 971.671936, 1.4774622050341e11)
SEGMENTS = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")
_CHUNK = 2  # patches at a time on the CPU, which one already keeps busy
# On a GPU a patch alone is 2 MB an array and done before the next operation is launched: 64 of them keep it busy.
_GPU_PATCHES, _GPU_CHUNK = 256, 64
_MARKS = ("<!-- GPU -->", "<!-- end of GPU -->")
TARGETS = {"patch_seconds_one_core": 0.1, "checks_seconds_100k_two_cores": 10.0, "gpu_largest_error": 1e-9}


def patch() -> list[torch.Tensor]:
    """Give the six segments of one patch, from the real record or random."""
    folder = Path(os.environ.get("SUNPROOF_DATA", "")) / "vector_magnetograms" / "files"
    if os.environ.get("SUNPROOF_DATA") and folder.is_dir():
        from astropy.io import fits

        found = []
        for name in SEGMENTS:
            (path,) = folder.glob(f"*.{name}.fits")
            with fits.open(path) as hdus:
                found.append(torch.from_numpy(hdus[-1].data.astype(float)))
        return found
    return made_up()


def made_up() -> list[torch.Tensor]:
    """Two spots of opposite sign in noise; the mask holds a sixth of the patch, as on the real record."""
    generator = torch.Generator().manual_seed(1)
    noise = 30 * torch.randn(4, *SHAPE, dtype=torch.float64, generator=generator)
    y = (torch.arange(SHAPE[0], dtype=torch.float64)[:, None] - SHAPE[0] / 2) / 60
    x = (torch.arange(SHAPE[1], dtype=torch.float64) - SHAPE[1] / 2) / 60
    spots = [torch.exp(-((x - place) ** 2 + y**2) / 2) for place in (-1.5, 1.5)]
    inside = torch.maximum(*spots) > 0.36
    conf = 60 + 30 * inside.double()
    bitmap = 33 + inside.double()
    br, bp, bt = 1500 * (spots[0] - spots[1]), 600 * (spots[0] + spots[1]), 300 * (spots[1] - spots[0])
    return [br + noise[0], bt + noise[1], bp + noise[2], conf, bitmap, br + noise[3]]


def everything(segments: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """All keywords, potential energy and virial energy of one patch or a batch."""
    br, bt, bp, conf, bitmap, blos = segments
    found = sharp_keywords(br, bt, bp, conf, bitmap, SCALE, blos=blos)
    pixel = 100 * SCALE.metres
    return {**found, "potential": potential_energy(br, pixel), "virial": virial_energy(bp, -bt, br, pixel).energy}


def best(function: Callable[[], object], repeats: int = 7) -> float:
    """Shortest of several runs [s]."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one run; the latter does not grow while others use the machine."""
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


def loop_kernel(bz: np.ndarray) -> np.ndarray:
    """Sum the reference kernel pixel by pixel, as its definition reads."""
    field = bz.tolist()
    ny, nx = bz.shape
    weight = {(j, i): 0.001 / math.sqrt(i * i + j * j + 1e-6) for j in range(-10, 10) for i in range(-10, 10)}
    found = np.zeros_like(bz)
    for y in range(ny):
        for x in range(nx):
            total = 0.0
            for j in range(max(-10, -y), min(10, ny - y)):
                for i in range(max(-10, -x), min(10, nx - x)):
                    total += field[y + j][x + i] * weight[j, i]
            found[y, x] = total
    return found


def kernel_ratio(bz: torch.Tensor, quick: bool) -> tuple[float, float]:
    """Seconds of the loop on the whole patch, and how many times the FFT is faster; both results are compared."""
    part = bz[: bz.shape[0] // 4, : bz.shape[1] // 4] if quick else bz
    start = time.perf_counter()
    potential = loop_kernel(part.numpy())
    seconds = (time.perf_counter() - start) * bz.numel() / part.numel()
    wanted = -(potential[1:-1, 2:] - potential[1:-1, :-2]) / 2
    np.testing.assert_allclose(reference_kernel_field(part)[0].numpy()[1:-1, 1:-1], wanted, atol=1e-6)
    return seconds, seconds / best(lambda: reference_kernel_field(bz))


def in_chunks(batch: list[torch.Tensor], size: int) -> list[dict[str, torch.Tensor]]:
    """Go through a batch so many patches at a time: the memory needed is that of a chunk, however large the batch."""
    return [everything([part[start : start + size] for part in batch]) for start in range(0, len(batch[0]), size)]


def batch_rate(segments: list[torch.Tensor], size: int, device: str, chunk: int) -> float:
    """Patches a second in batches, so many at a time."""
    batch = [segment.to(device).expand(size, *segment.shape).contiguous() for segment in segments]
    return size / best(lambda: in_chunks(batch, chunk), 3)


class _Traffic(TorchDispatchMode):
    """Adds up the bytes that operations read and write; a Fourier transform passes over its data more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        if not function.is_view:
            tensors = (leaf for leaf in tree_leaves((args, kwargs, found)) if isinstance(leaf, torch.Tensor))
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return found


def traffic(segments: list[torch.Tensor]) -> int:
    """Bytes that the operations on one patch read and write."""
    with _Traffic() as counted:
        everything(segments)
    return counted.bytes


def largest_error(segments: list[torch.Tensor]) -> float:
    """Largest relative difference between the GPU's results and the CPU's."""
    here, there = everything(segments), everything([segment.cuda() for segment in segments])
    return max(abs(float(there[name]) / float(here[name]) - 1) for name in here)


def gpu_figures(segments: list[torch.Tensor]) -> dict[str, float]:
    """Throughput on the GPU against its copy bandwidth, and whether it computes what the CPU does."""
    rate = batch_rate(segments, _GPU_PATCHES, "cuda", _GPU_CHUNK)
    block = torch.empty(2**28, dtype=torch.float64, device="cuda")
    target = torch.empty_like(block)
    copy = 2 * block.numel() * 8 / best(lambda: target.copy_(block))
    need = sum(segment.numel() * segment.element_size() for segment in segments)
    moved = traffic(segments)
    return {
        "gpu_patches_per_second": rate,
        "gpu_traffic_bytes_per_patch": moved,
        "gpu_achieved_bytes_per_second": rate * moved,
        "gpu_copy_bytes_per_second": copy,
        "gpu_share_of_copy_bandwidth": rate * moved / copy,
        "gpu_input_share_of_bandwidth": rate * need / copy,
        "gpu_peak_memory_gib": torch.cuda.max_memory_allocated() / 2**30,
        "gpu_largest_error": largest_error(segments),
    }


def checks_seconds() -> tuple[float, float]:
    """Wall and CPU seconds for all checks on 100,000 forecasts with all evidence; the shortest of two runs each."""
    from batches import full_batch
    from sunproof.models.constraints.engine import evaluate

    batch = full_batch(100_000)
    evaluate(batch.isel(forecast=slice(100)))  # the first evaluation imports what checks need
    times = [timed(lambda: evaluate(batch)) for _ in range(2)]
    return min(wall for wall, _ in times), min(cpu for _, cpu in times)


_WORDS = {
    "patch_seconds_one_core": "all keywords, potential and virial energy of one 744 x 377 patch, one core, wall s",
    "patch_cpu_seconds_one_core": "the same, CPU s",
    "loop_kernel_seconds": "reference kernel of that patch by a loop over pixels, wall s",
    "kernel_times_faster_than_loop": "the same by FFT is faster by a factor of",
    "patches_per_second_all_cores": "patches a second in batches, all cores",
    "peak_memory_gib": "memory of the process after the batches, GiB",
    "checks_seconds_100k_two_cores": "all checks on 100,000 forecasts with all evidence, wall s",
    "checks_cpu_seconds_100k": "the same, CPU s",
    "gpu_patches_per_second": "patches a second in batches",
    "gpu_traffic_bytes_per_patch": "bytes that the operations on a patch read and write",
    "gpu_achieved_bytes_per_second": "the same a second, B/s",
    "gpu_copy_bytes_per_second": "copy bandwidth of the card as measured, read and written, B/s",
    "gpu_share_of_copy_bandwidth": "share of it that the operations reach",
    "gpu_input_share_of_bandwidth": "share of it that reading the six segments once would take",
    "gpu_peak_memory_gib": "largest memory held on the card, GiB",
    "gpu_largest_error": "largest relative difference of a result from the CPU's",
}


def _table(values: dict[str, float]) -> list[str]:
    wanted = {name: f"{target:g}" for name, target in TARGETS.items()}
    rows = [f"| {_WORDS[name]} | {value:.3g} | {wanted.get(name, '')} |" for name, value in values.items()]
    return ["| figure | value | target |", "|---|---|---|", *rows, ""]


def _source() -> str:
    return "the record of HARP 377" if os.environ.get("SUNPROOF_DATA") else "a made-up region of the size of HARP 377"


def gpu_section(values: dict[str, float]) -> str:
    """Return the part of the page that only a machine with a GPU can write."""
    card = torch.cuda.get_device_name()
    lines = [
        f"## On a GPU: {card}",
        "",
        f"{_source()[0].upper()}{_source()[1:]}, {_GPU_PATCHES} copies in chunks of {_GPU_CHUNK}, float64, torch",
        f"{torch.__version__}. Every operation's operands and results are counted once as traffic; a Fourier",
        "transform passes over its data more often, so the share of the bandwidth is a lower bound.",
        "",
    ]
    return "\n".join([*lines, *_table(values)])


def page(values: dict[str, float], load: float, quick: bool, gpu: str) -> str:
    """Return docs/physics_speed.md."""
    looped = "a sixteenth of the patch, scaled" if quick else "the whole patch"
    lines = [
        "# Speed of the physics",
        "",
        f"Written by `python benchmarks/physics.py` on {_source()}; the loop went over {looped}.",
        f"{os.cpu_count()} cores, load average {load:.1f} at the start, torch {torch.__version__}, float64. Wall",
        "times grow with the load, CPU times hardly; a wall time counts only where the load was below 1.",
        "",
    ]
    return "\n".join([*lines, *_table(values), _MARKS[0], "", gpu.strip(), "", _MARKS[1], ""])


def _kept(path: Path) -> str:
    """Section on the GPU that another machine wrote."""
    return path.read_text(encoding="utf-8").split(_MARKS[0])[1].split(_MARKS[1])[0]


def main() -> None:
    """Measure, write the page, print one line of JSON."""
    load = os.getloadavg()[0]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="loop over a sixteenth of the patch")
    quick = parser.parse_args().quick
    segments = patch()
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    everything(segments)
    values: dict[str, float] = {"patch_seconds_one_core": best(lambda: everything(segments))}
    values["patch_cpu_seconds_one_core"] = min(timed(lambda: everything(segments))[1] for _ in range(7))
    values["loop_kernel_seconds"], values["kernel_times_faster_than_loop"] = kernel_ratio(segments[0], quick)
    torch.set_num_threads(cores)
    values["patches_per_second_all_cores"] = batch_rate(segments, 8, "cpu", _CHUNK)
    values["peak_memory_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    on_gpu = gpu_figures(segments) if torch.cuda.is_available() else {}
    missing = [name for name in ("xarray", "yaml") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"checks: not measured, {', '.join(missing)} not installed")
    else:
        values["checks_seconds_100k_two_cores"], values["checks_cpu_seconds_100k"] = checks_seconds()
    figures = {
        name: {"value": value, "target": TARGETS.get(name), "ok": name not in TARGETS or value <= TARGETS[name]}
        for name, value in (values | on_gpu).items()
    }
    path = Path(__file__).parents[1] / "docs" / "physics_speed.md"
    text = page(values, load, quick, gpu_section(on_gpu) if on_gpu else _kept(path))
    path.write_text(text, encoding="utf-8")
    print(text)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
