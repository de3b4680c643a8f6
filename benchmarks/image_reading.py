"""How many training samples a second two processes read from an archive of images."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from sunproof.pipeline.ingest.images.block import write_block
from sunproof.pipeline.ingest.images.clock import Schedule
from sunproof.pipeline.ingest.images.config import ImagesConfig
from sunproof.pipeline.ingest.images.group import ImageGroup, write_image_group
from sunproof.pipeline.ingest.images.part import FramePart
from sunproof.pipeline.ingest.images.window import ImageWindows
from sunproof.pipeline.ingest.storage import seal

__all__ = ["read_rate"]

_CHANNELS, _STEPS, _BYTES = 10, 12, 40 * 2**20
_START = np.datetime64("2011-02-15", "ns")
_RECORD = {
    "t_tai": np.datetime64("NaT", "ns"),
    "exposure_time": 2.0,
    "quality": 0,
    "quality_flags": "",
    "observer_latitude": 0.0,
    "observer_longitude": 0.0,
    "observer_distance": 1.0,
    "apparent_radius": 960.0,
}


def read_rate(folder: Path, size: int, seconds: float, processes: int = 2) -> float:
    """Count samples of (12 times, 10 channels, size, size), at random times, that processes read in a second together.

    The archive is written by the archive's own code with as many slots as make 40 MiB a channel, so that it stays in
    the page cache, as the recent part of any archive in training does.
    """
    archive = folder / f"{size}.zarr"
    if not archive.exists():
        _write(archive, size)
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(partial(_read, archive, seconds), range(processes)))


def _groups() -> list[str]:
    return [f"aia_{channel}" for channel in range(_CHANNELS)]


def _read(archive: Path, seconds: float, seed: int) -> float:
    windows, rng = ImageWindows(archive, _groups()), np.random.default_rng(seed)
    out = np.empty((_STEPS, _CHANNELS, *windows.shape), windows.dtype)
    windows.read(0, _STEPS, out=out)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        windows.read(int(rng.integers(len(windows.times) - _STEPS + 1)), _STEPS, out=out)
        count += 1
    return count / (time.perf_counter() - start)


def _write(archive: Path, size: int) -> None:
    workspace = archive.parent / f".{archive.name}.parts"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    slots = _BYTES // (2 * size * size)
    product = ImagesConfig(size=size).product("")
    rng = np.random.default_rng(0)
    times = _START + np.arange(slots) * np.timedelta64(720, "s")
    for name in _groups():
        parts = []
        for slot in range(slots):
            store = workspace / f"{name}-{slot}.npz"
            np.savez(store, image=rng.normal(5, 1, (size, size)).astype(np.float16))
            facts = (f"{slot}.fits", f"sha256:{slot:064x}", 1, "aia@benchmark", store, name, "intensity")
            parts.append(FramePart(*facts, times[slot], str(slot), dict(_RECORD), {"DATE": str(slot)}))
        schedule = Schedule(times, np.arange(slots), [""] * slots, {}, [])
        group = ImageGroup(name, "aia", tuple(parts), schedule, product, "float16")
        blocks = [
            write_block(workspace / "blocks" / name, group.pixels, place, frames)
            for place, frames in group.blocks().items()
        ]
        write_image_group(archive, workspace, group, blocks)
    seal(archive)
    shutil.rmtree(workspace)
