"""Speed of the physics: keywords and energies of a vector magnetogram patch, and all checks on many forecasts.

    python benchmarks/physics.py [--quick]

Uses the real record of HARP 377 where SUNPROOF_DATA points to it, else a smooth random patch of the same size. In the
same run a straightforward loop over pixels computes the reference kernel (half a minute or more; --quick loops over a
sixteenth of the patch and scales). Where a GPU is at hand the batched throughput is compared with the card's measured
copy bandwidth. The last line is JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from sunproof.models.physics.potential_field import potential_energy
from sunproof.models.physics.sharp_keywords import PatchGeometry, reference_kernel_field, sharp_keywords
from sunproof.models.physics.virial import virial_energy

SHAPE = (377, 744)
SCALE = PatchGeometry(0.03, 6.96e8, 971.671936, 1.4774622050341e11)
SEGMENTS = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")
TARGETS = {"patch_seconds_one_core": 0.1, "checks_seconds_100k_two_cores": 10.0}


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
    generator = torch.Generator().manual_seed(1)
    fields = torch.randn(3, *SHAPE, dtype=torch.float64, generator=generator)
    smooth = sum(torch.roll(fields, (i, j), (1, 2)) for i in range(-3, 4) for j in range(-3, 4)) * 100
    everywhere = torch.ones(SHAPE, dtype=torch.float64)
    return [smooth[0], smooth[1], smooth[2], 90 * everywhere, 34 * everywhere, smooth[0]]


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


def batch_rate(segments: list[torch.Tensor], size: int, device: str) -> float:
    """Patches a second in batches."""
    batch = [segment.to(device).expand(size, *segment.shape).contiguous() for segment in segments]
    return size / best(lambda: everything(batch), 3)


def gpu_figures(segments: list[torch.Tensor]) -> dict[str, float]:
    """Throughput on the GPU and the share of its copy bandwidth that reading the six segments once would need."""
    rate = batch_rate(segments, 32, "cuda")
    block = torch.empty(2**28, dtype=torch.float64, device="cuda")
    copy = 2 * block.numel() * 8 / best(lambda: block.clone())
    need = sum(segment.numel() * segment.element_size() for segment in segments)
    return {
        "gpu_patches_per_second": rate,
        "gpu_copy_bytes_per_second": copy,
        "gpu_input_share_of_bandwidth": rate * need / copy,
    }


def checks_seconds() -> float | None:
    """Seconds for all checks on 100,000 forecasts; None where the pipeline's packages are absent."""
    try:
        from benchmarks.throughput import checked_forecasts
    except ImportError:
        return None
    return float(checked_forecasts(100_000))


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="loop over a sixteenth of the patch")
    quick = parser.parse_args().quick
    segments = patch()
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    everything(segments)
    values: dict[str, float] = {"patch_seconds_one_core": best(lambda: everything(segments))}
    values["loop_kernel_seconds"], values["kernel_times_faster_than_loop"] = kernel_ratio(segments[0], quick)
    torch.set_num_threads(cores)
    values["patches_per_second_all_cores"] = batch_rate(segments, 8, "cpu")
    if torch.cuda.is_available():
        values |= gpu_figures(segments)
    checks = checks_seconds()
    if checks is not None:
        values["checks_seconds_100k_two_cores"] = checks
    figures = {
        name: {"value": value, "target": TARGETS.get(name), "ok": name not in TARGETS or value <= TARGETS[name]}
        for name, value in values.items()
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
