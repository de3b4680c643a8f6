"""Small SHARP patches under a true header, and configurations for them."""

from pathlib import Path

import numpy as np

from sunproof.pipeline.ingest.config import IngestConfig
from tests.pipeline.sources.images import write_image

SEGMENTS = ("Br", "Bt", "Bp")
SHAPES = {377: (20, 31), 1449: (12, 45)}


def field(segment: str, harpnum: int, minutes: int) -> np.ndarray:
    """Gauss; no two alike, with a pixel that is not known."""
    seed = [SEGMENTS.index(segment), harpnum, minutes]
    found = np.random.default_rng(seed).normal(0, 300, SHAPES[harpnum]).astype(np.float32)
    found[3, 4] = np.nan
    return found


def write_patch(raw: Path, segment: str, harpnum: int, minutes: int, data=None, **changes) -> Path:
    """Write one segment of the record so many minutes after 2011-02-15T00:00 TAI."""
    time = np.datetime64("2011-02-15T00:00:00") + np.timedelta64(minutes, "m")
    stamp = str(time).replace("-", ".").replace("T", "_") + "_TAI"
    name = f"hmi.sharp_cea_720s.{harpnum}.{stamp.replace('.', '').replace(':', '')}.{segment}.fits"
    data = field(segment, harpnum, minutes) if data is None else data
    rows, columns = data.shape
    place = {"CRPIX1": (columns + 1) / 2, "CRPIX2": (rows + 1) / 2, "CRVAL1": 400.0, "CRVAL2": -20.5}
    changes = {"T_REC": stamp, "HARPNUM": harpnum, **place, **changes}
    return write_image(raw / "sharp_cea" / name, "hmi_cea_sharp_magnetogram.header", data, **changes)


def write_patches(raw: Path) -> None:
    """Two regions of different shape, twice each, with everything that can go wrong among them."""
    for harpnum in SHAPES:
        for minutes in (0, 12):
            for segment in SEGMENTS:
                write_patch(raw, segment, harpnum, minutes)
    write_patch(raw, "Br", 377, 24)  # its other components never came
    write_patch(raw, "Br", 377, 36, QUALITY=0x200)  # eclipse
    write_patch(raw, "Br", 377, 48, field("Br", 377, 12))  # stale
    (raw / "sharp_cea/cut.Bt.fits").write_bytes(next(raw.glob("sharp_cea/*.Bt.fits")).read_bytes()[:3000])


def config_for(folder: Path, **changes) -> IngestConfig:
    settings = {"raw": folder / "raw", "archive": folder / "archive.zarr", "sources": ["sharp_cea"]}
    return IngestConfig.model_validate({**settings, "cluster": {"kind": "threads", "workers": 2}, **changes})
