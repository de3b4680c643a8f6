"""Image groups as docs/archive.md describes them, with pixels that a test chooses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from sunproof.pipeline.ingest.images import group as image_group
from sunproof.pipeline.ingest.register import Grid
from sunproof.pipeline.ingest.storage import new_group, seal, write_variable
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.regions import RegionMap

START = np.datetime64("2013-03-01", "ns")
VECTORS = {"sharp_br": "field_radial", "sharp_bt": "field_theta", "sharp_bp": "field_phi"}
# Where every patch lies, and who sees it: 15 degrees west of the meridian that faces the Earth.
VIEW = {
    "latitude": 10.0,
    "carrington_longitude": 35.0,
    "observer_latitude": 3.0,
    "observer_longitude": 0.0,
    "observer_distance": 0.99,
}
HOUR = np.timedelta64(3_600_000_000_000, "ns")


def write_images(
    archive: Path,
    name: str,
    pixels: np.ndarray,
    late: Any = 0,
    quantity: str = "intensity",
    observer: tuple[float, float, float] = (0.0, 0.0, 1.0),
    start: np.datetime64 = START,
    hours: int = 1,
) -> None:
    """One slot every so many hours from START; frames of NaN are missing, the others are observed some seconds late."""
    size = len(pixels)
    attrs = {
        "archive_format": 1,
        "layout": "frames",
        "quantity": quantity,
        "cadence_seconds": 3600.0 * hours,
        "tolerance_seconds": 900.0,
        "wcs": image_group._wcs(Grid.full_disk(pixels.shape[1])),
    }
    if not (archive / "zarr.json").exists():
        archive.mkdir(parents=True, exist_ok=True)
        zarr.create_group(store=archive, zarr_format=3, attributes={"archive_format": 1})
    group = new_group(archive / name, attrs)
    time = start + np.arange(size) * hours * HOUR
    there = np.isfinite(pixels).any(axis=(1, 2))
    seconds = (np.broadcast_to(late, size) * 1e9).astype("timedelta64[ns]")
    observed = np.where(there, time + seconds, np.datetime64("NaT"))
    columns: dict[str, np.ndarray] = {"time": time, "time_observed": observed}
    for key, value in zip(("latitude", "longitude", "distance"), observer, strict=True):
        columns[f"observer_{key}"] = np.where(there, value, np.nan)
    columns["apparent_radius"] = np.where(there, 959.63 / observer[2], np.nan)
    columns["missing_reason"] = np.where(there, "", "no file")
    for key, values in columns.items():
        write_variable(group, key, ("time",), values.shape, values.dtype, [(0, values)])
    array = group.create_array(
        quantity,
        shape=pixels.shape,
        chunks=(1, *pixels.shape[1:]),
        shards=(4, *pixels.shape[1:]),
        dtype="float32",
        compressors=None,
        filters=None,
        fill_value=np.nan,
        dimension_names=("time", "y", "x"),
    )
    array[:] = pixels.astype(np.float32)
    seal(archive)


def keys(*hours: float) -> Keys:
    """Rows with their cut-off so many hours after START."""
    cutoff = (START + (np.array(hours) * 3.6e12).astype("timedelta64[ns]")).astype("datetime64[us]")
    size = len(hours)
    nobody = np.zeros(0, np.int64)
    regions = RegionMap(nobody, nobody)
    return Keys(np.arange(size), np.zeros(size, np.int64), cutoff, regions, nobody, nobody.astype(np.intp))


def write_vectors(
    archive: Path, records: Sequence[tuple[int, np.datetime64]], fields: Sequence[np.ndarray], cell: float = 0.5
) -> None:
    """Vector patches: (HARP, time) of each record, sorted, and its field (3, y, x); pixels of ``cell`` degrees."""
    if not (archive / "zarr.json").exists():
        archive.mkdir(parents=True, exist_ok=True)
        zarr.create_group(store=archive, zarr_format=3, attributes={"archive_format": 1})
    shapes = np.array([field.shape[1:] for field in fields], np.int64).reshape(-1, 2)
    sizes = shapes.prod(axis=1)
    halves = shapes[:, ::-1] * cell / 2
    geometry = [[cell, 0.0, -x, 0.0, cell, -y] for x, y in halves]
    for place, (name, quantity) in enumerate(VECTORS.items()):
        receipts = [{"facts": {"CRLN_OBS": 20.0}} for _ in records]
        attrs = {"archive_format": 1, "layout": "patches", "quantity": quantity, "receipts": receipts}
        group = new_group(archive / name, attrs)
        pixels = [np.ascontiguousarray(field[place], "<f4").ravel() for field in fields]
        columns = {
            "harpnum": np.array([harp for harp, _ in records], np.int32),
            "time": np.array([time for _, time in records], "datetime64[ns]"),
            "patch_first": (np.cumsum(sizes) - sizes).astype(np.int64),
            "patch_rows": shapes[:, 0],
            "patch_columns": shapes[:, 1],
            "pixel_digest": np.array([digest_bytes(part.tobytes()) for part in pixels], "U"),
            "receipt": np.arange(len(records), dtype=np.int32),
            **{key: np.full(len(records), value) for key, value in VIEW.items()},
        }
        for key, values in columns.items():
            write_variable(group, key, ("record",), values.shape, values.dtype, [(0, values)])
        table = np.array(geometry, np.float64).reshape(-1, 6)
        write_variable(group, "geometry", ("record", "coefficient"), table.shape, table.dtype, [(0, table)])
        flat = np.concatenate(pixels) if pixels else np.zeros(0, np.float32)
        write_variable(group, quantity, ("pixel",), flat.shape, flat.dtype, [(0, flat)])
    seal(archive)
