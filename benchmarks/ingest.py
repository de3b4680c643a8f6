"""How fast images become an archive, and how fast they are read back, beside what a user writes with sunpy and aiapy.

    python benchmarks/ingest.py [--only speed reading memory] [--frames 40] [--ordinary 4] [--folder DIR]

Forty Rice-compressed 4096 x 4096 files are made once and kept in the folder. Wall-clock times mean something only when
nothing else runs on the machine; processor times are printed beside them. The last line is JSON: figure -> value,
target, ok. docs/ingest_speed.md keeps a table of measured values.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from distributed import Client, LocalCluster

from aia_frames import make_frames
from image_reading import read_rate
from sunproof.pipeline.ingest.archive import receipts_of
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.ingest.fits_rice import decode_rows
from sunproof.pipeline.ingest.images.part import Recipe, read_frame
from sunproof.pipeline.ingest.images.window import ImageWindows
from sunproof.pipeline.ingest.readers import readers
from sunproof.pipeline.ingest.run import run
from sunproof.pipeline.ingest.scratch import read_bytes
from sunproof.pipeline.receipts import canonical, digest_bytes

# At the border the ordinary chain has fill values: pointing moves the field by up to two cells of eight pixels.
_INNER = np.pad(np.ones((506, 506), bool), 3)


class Spent(NamedTuple):
    """Seconds by the clock on the wall, and of this process's processor."""

    wall: float
    cpu: float


def measure(work: Callable[[], object]) -> Spent:
    """Do something once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def config_for(folder: Path, **cluster: object) -> IngestConfig:
    """AIA to 512 x 512 every 12 minutes."""
    return IngestConfig.model_validate(
        {"raw": folder / "raw", "archive": folder / "archive.zarr", "sources": ["aia"], "cluster": cluster}
    )


def afresh(folder: Path) -> None:
    """Remove the archive and every part of it."""
    for path in (*folder.glob("archive.zarr*"), *folder.glob(".archive.zarr.parts")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def with_workers(folder: Path, count: int) -> tuple[Spent, float]:
    """Ingest everything with so many worker processes, which run already; also give the largest one's memory in MiB."""
    options = {"n_workers": count, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        client.run(warm_up, folder)
        afresh(folder)
        config = config_for(folder, kind="address", address=cluster.scheduler_address)
        spent = measure(lambda: run(config))
        peaks = client.run(peak_mebibytes)
    return spent, max(peaks.values())


def peak_mebibytes() -> float:
    """Give the most memory this process ever held; the system's other figure, ru_maxrss, counts its parent's too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def warm_up(folder: Path) -> None:
    """Import everything, and load the compiled loops."""
    path = min((folder / "raw/aia").glob("*.fits"))
    with tempfile.TemporaryDirectory() as parts:
        read_frame(recipe(folder), folder / "raw", path, Path(parts))


def recipe(folder: Path) -> Recipe:
    """Give what ingestion does to a file."""
    return Recipe.of(readers(["aia"])[0], config_for(folder).images)


def memory_of(folder: Path, frames: int, count: int) -> float:
    """MiB that a worker has needed at most after it has ingested so many frames: the same forty again and again."""
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        config = config_for(folder, kind="address", address=cluster.scheduler_address)
        for done in range(0, frames, count):
            afresh(folder)
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
                run(config)
            if done in (0, count) or done % (10 * count) == 0:
                print(f"  after {done + count} frames: {max(client.run(peak_mebibytes).values()):.0f} MiB", flush=True)
        return max(client.run(peak_mebibytes).values())


def receipts_cost(folder: Path, paths: list[Path]) -> float:
    """Processor seconds of all receipts: digests of files and blocks, writing, reading back and comparing.

    Files are read for their pixels anyway, once; so the time of reading does not count.
    """
    archive = folder / "archive.zarr"
    blocks = [path.read_bytes() for path in archive.glob("aia_171/intensity/c/*/0/0")]
    contents = {path.relative_to(folder / "raw").as_posix(): path.read_bytes() for path in paths}

    def work() -> None:
        digests = {path: digest_bytes(content) for path, content in contents.items()}
        entries = receipts_of(archive, "aia_171")
        if {entry["path"]: entry["digest"] for entry in entries} != digests:
            sys.exit("receipts do not fit the files")
        for entry in entries:
            canonical(entry)
        for block in blocks:
            digest_bytes(block)

    return measure(work).cpu


def accuracy(folder: Path, images: dict[int, np.ndarray]) -> tuple[float, float]:
    """Largest RMS difference over the mean, and largest difference of total flux, against the ordinary chain."""
    windows = ImageWindows(folder / "archive.zarr", ["aia_171"])
    rms, flux = [], []
    for index, wanted in images.items():
        found = windows.read(index, 1)[0, 0].astype(np.float64) * windows.scales[0]
        both = np.isfinite(found) & _INNER
        rms.append(np.sqrt(np.mean((found - wanted)[both] ** 2)) / wanted[both].mean())
        flux.append(abs(found[both].sum() / wanted[both].sum() - 1))
    return max(rms), max(flux)


def ordinary_chain(paths: list[Path], method: str) -> tuple[Spent, dict[int, np.ndarray]]:
    """Seconds a frame of the ordinary chain, and its images."""
    from ordinary import ordinary

    ordinary(paths[0], method)  # imports are not counted
    images: dict[int, np.ndarray] = {}
    spent = measure(lambda: images.update({at: ordinary(path, method) for at, path in enumerate(paths)}))
    return Spent(spent.wall / len(paths), spent.cpu / len(paths)), images


Figures = dict[str, tuple[float, float, bool]]


def speed(options: argparse.Namespace, paths: list[Path]) -> Figures:
    """Measure both chains, accuracy and receipts."""
    folder, count = options.folder, options.frames
    usual, images = ordinary_chain(paths[: options.ordinary], "scipy")
    tell(f"ordinary chain, {options.ordinary} frames", usual)
    if importlib.util.find_spec("cv2"):
        tell("ordinary chain with OpenCV", ordinary_chain(paths[: options.ordinary], "opencv")[0])
    warm_up(folder)
    decode = a_frame(measure(lambda: [decode_only(path) for path in paths]), count)
    tell("decoding alone", decode)
    tell(
        "reading, verified",
        a_frame(measure(lambda: [read_fits_image(path, read_bytes(path), lend=True) for path in paths]), count),
    )
    afresh(folder)
    alone = a_frame(measure(lambda: run(config_for(folder, kind="threads", workers=1))), count)
    tell("ingest, this process", alone)
    one, _ = with_workers(folder, 1)
    two, peak = with_workers(folder, 2)
    tell("ingest, one worker", a_frame(one, count))
    tell("ingest, two workers", a_frame(two, count))
    rms, flux = accuracy(folder, images)
    receipts = receipts_cost(folder, paths) / (alone.cpu * count)
    print(f"memory of a worker: {peak:.0f} MiB after {count} frames")
    return {
        "times_faster_than_ordinary": (usual.wall / (two.wall / count), 20.0, True),
        "times_decoding": (alone.wall / decode.wall, 2.5, False),
        "two_workers_over_one": (one.wall / two.wall, 1.7, True),
        "receipts_share": (receipts, 0.05, False),
        "rms_over_mean": (rms, 0.005, False),
        "flux_difference": (flux, 1e-4, False),
    }


def reading(options: argparse.Namespace, _paths: list[Path]) -> Figures:
    """Measure samples a second."""
    patches, frames = (read_rate(options.folder / "reading", size, options.seconds) for size in (128, 512))
    return {"reads_128_per_second": (patches, 300.0, True), "reads_512_per_second": (frames, 40.0, True)}


def memory(options: argparse.Namespace, _paths: list[Path]) -> Figures:
    """Measure the memory of a worker."""
    return {"worker_mebibytes": (memory_of(options.folder, options.memory_frames, options.frames), 2048.0, False)}


_PARTS = {"speed": speed, "reading": reading, "memory": memory}


def decode_only(path: Path) -> None:
    """Decode the pixels of a file and nothing else."""
    content = read_bytes(path)
    with fits.open(path, memmap=False, disable_image_compression=True) as raw:
        decode_rows(raw[1], content, lend=True)


def a_frame(spent: Spent, count: int) -> Spent:
    """Divide by the number of frames."""
    return Spent(spent.wall / count, spent.cpu / count)


def tell(name: str, spent: Spent) -> None:
    """Print milliseconds a frame."""
    print(
        f"{name}: {spent.wall * 1e3:.0f} ms a frame ({spent.cpu * 1e3:.0f} ms of this process's processor)", flush=True
    )


def main() -> None:
    """Measure, print a line a figure and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(_PARTS), default=list(_PARTS), help="what to measure")
    parser.add_argument("--frames", type=int, default=40, help="files of the benchmark")
    parser.add_argument("--ordinary", type=int, default=4, help="how many of them go through the ordinary chain")
    parser.add_argument("--memory-frames", type=int, default=2000, help="frames through one worker, for its memory")
    parser.add_argument("--seconds", type=float, default=10, help="length of each reading test")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "sunproof-benchmark")
    options = parser.parse_args()
    logging.getLogger("distributed").setLevel(logging.ERROR)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    paths = make_frames(options.folder / "raw", options.frames)
    figures: Figures = {}
    for part in options.only:
        figures |= _PARTS[part](options, paths)
    results = {}
    for name, (value, target, larger) in figures.items():
        good = value >= target if larger else value <= target
        results[name] = {"value": float(f"{value:.4g}"), "target": target, "ok": bool(good)}
        print(f"{name}: {value:.4g} (target {'at least' if larger else 'at most'} {target:g})")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
