"""Raw files and archives that tests make up."""

import contextlib
import json
from pathlib import Path

import numpy as np
import psutil

from sunproof.pipeline.ingest.config import IngestConfig

FAKES = "tests.pipeline.ingest.fake_sources"


def write_light(path: Path, start: str, values, **attrs) -> Path:
    """Write a light curve: one value a minute from ``start``."""
    times = np.datetime64(start, "m") + np.arange(len(values))
    return write(path, "time", {"time": [str(time) for time in times], "xrsb": list(values)}, attrs)


def write_patches(path: Path, records, **attrs) -> Path:
    """Write patches: (harpnum, time, usflux, noaa_ars)."""
    names = ("harpnum", "time", "usflux", "noaa_ars")
    return write(path, "record", dict(zip(names, map(list, zip(*records, strict=True)), strict=True)), attrs)


def write(path: Path, dim: str, variables: dict, attrs: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"dim": dim, "variables": variables, "attrs": attrs}))
    return path


def kill_a_worker() -> bool:
    """Kill one of this process's Dask workers, if there is one."""
    for child in psutil.Process().children(recursive=True):
        # a process may end between being listed and being asked
        with contextlib.suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()
                return True
    return False


def write_raw(raw: Path, days: int = 6) -> None:
    """Write a small raw folder: overlapping light curves, patches with contradictions, one broken file."""
    for day in range(1, days + 1):
        write_light(raw / f"light/{day:02}.json", f"2011-02-{day:02}T00:00", np.arange(1, 1500) * 1e-9)
        records = [
            (harp, f"2011-02-{day:02}T{hour:02}:00", 1e20 * harp + hour, "1,2") for harp in (3, 377) for hour in (0, 6)
        ]
        write_patches(raw / f"patches/{day:02}.json", records)
    write_patches(
        raw / "patches/later.json", [(377, "2011-02-01T06:00", 5e20, "3"), (3, "2011-02-02T00:00", 3e20, "1,2")]
    )
    (raw / "light/broken.json").write_text("{")


def config_for(folder: Path, **changes) -> IngestConfig:
    settings = {"raw": folder / "raw", "archive": folder / "archive.zarr", "cluster": {"kind": "threads", "workers": 2}}
    return IngestConfig.model_validate({**settings, **changes})
