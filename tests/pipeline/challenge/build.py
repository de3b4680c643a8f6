"""A scene by hand: three patches, two region-times of the first and one of the second, images, X-rays and patches."""

import shutil

import numpy as np
import xarray as xr

from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.pipeline.samples.images.build import write_vectors

START = np.datetime64("2014-01-01", "ns")
HOUR = np.timedelta64(1, "h")
SIDE = 32
FIELD = {"br": "radial", "bt": "theta", "bp": "phi"}


def scene() -> Scene:
    """Hourly records of ten days; every keyword tells the patch and the hour."""
    hours = np.arange(240)
    harp = np.repeat([11, 12, 13], len(hours))
    level = harp * 1000.0 + np.tile(hours, 3)
    sharp = {name: ("record", (level * (1 + place)).astype(np.float32)) for place, name in enumerate(SHARP_KEYWORDS)}
    sharp |= {
        "harpnum": ("record", harp),
        "time": ("record", np.tile(START + hours * HOUR, 3)),
        "noaa_ar": ("record", harp + 1000),
        "noaa_ars": ("record", (harp + 1000).astype(str).astype(object)),
        "latitude": ("record", np.repeat([10.0, -20.0, 15.0], len(hours)).astype(np.float32)),
        "longitude": ("record", np.repeat([-30.0, 5.0, 40.0], len(hours)).astype(np.float32)),
    }
    pairs = {"harpnum": ("record", np.array([11, 12, 13])), "noaa_ar": ("record", np.array([1011, 1012, 1013]))}
    days = np.repeat(np.arange(10), 3)
    srs = {
        "time": ("record", START + days * 24 * HOUR),
        "noaa_ar": ("record", np.tile([1011, 1012, 1013], 10)),
        "srs_section": ("record", np.full(30, "I", object)),
        "srs_area": ("record", np.tile([10.0, 100.0, 500.0], 10)),
    }
    peaks = START + np.array([30, 100]) * HOUR
    flares = {name: ("event", peaks) for name in ("start_time", "peak_time", "end_time")}
    groups = {"sharp": sharp, "harp_noaa": pairs, "srs": srs, "flares_swpc": flares}
    slots = {
        "harpnum": ("forecast", np.array([11, 11, 12])),
        "noaa_ar": ("forecast", np.array([1011, 1011, 1012])),
        "data_cutoff": ("forecast", START + np.array([100, 200, 150]) * HOUR),
    }
    made = {name: xr.Dataset(columns) for name, columns in groups.items()}
    for place, name in enumerate(("aia_171", "euvi_a_195", "hmi_m", "suvi16_195")):
        made[name] = frames(place, "magnetic_field" if name == "hmi_m" else "intensity")
    made |= {f"goes{number}_xrs": xrays(number) for number in (13, 15)}
    made |= {
        f"sharp_{name}": patches(place, f"field_{quantity}") for place, (name, quantity) in enumerate(FIELD.items())
    }
    return Scene(made, xr.Dataset(slots))


def with_vectors(world, folder):
    """Copy a world's archive and give every third record vector patches: the archive, slots of regions, the records."""
    archive = folder / "archive.zarr"
    shutil.copytree(world.archive, archive)
    sharp = xr.open_zarr(archive, group="sharp", consolidated=False)
    records = list(zip(sharp["harpnum"].values.tolist(), sharp["time"].values, strict=True))[::3]
    random = np.random.default_rng(0)
    write_vectors(archive, records, [random.normal(0, 200, (3, 8 + number % 3, 9)) for number, _ in records], cell=1.0)
    samples = read_samples(world.samples)
    regions = np.flatnonzero(texts(samples["entity"]) == "region")[::31]
    slots = samples.isel(sample=regions)[["harpnum", "noaa_ar", "entity", "data_cutoff"]].rename(sample="forecast")
    return archive, slots, records


def patches(component: int, quantity: str) -> xr.Dataset:
    """A patch a day of the first two regions, of different shapes; a pixel tells the record and the component."""
    keys = [(harp, day) for harp in (11, 12) for day in range(10)]
    shapes = np.array([(4, 6) if harp == 11 else (6, 5) for harp, _ in keys])
    sizes = shapes.prod(axis=1)
    pixels = [np.full(size, 100.0 * (component + 1) + number) for number, size in enumerate(sizes)]
    columns = {
        "harpnum": ("record", np.array([harp for harp, _ in keys])),
        "time": ("record", START + np.array([day for _, day in keys]) * 24 * HOUR),
        "patch_first": ("record", np.cumsum(sizes) - sizes),
        "patch_rows": ("record", shapes[:, 0]),
        "patch_columns": ("record", shapes[:, 1]),
        "pixel_digest": ("record", np.array([digest_bytes(part.astype("<f4").tobytes()) for part in pixels], object)),
        quantity: ("pixel", np.concatenate(pixels).astype(np.float32)),
    }
    return xr.Dataset(columns, attrs={"layout": "patches", "quantity": quantity})


def frames(seed: int, quantity: str) -> xr.Dataset:
    """A frame a day; no two pixels are alike, and magnetograms see nothing beside the disk."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    pixels = random.uniform(1, 2, (10, SIDE, SIDE)) * (1 + seed)
    if quantity == "magnetic_field":
        pixels = np.where(np.hypot(y, x) > 0.4 * SIDE, np.nan, 100 * (pixels - pixels.mean()))
    time = START + np.arange(10) * 24 * HOUR
    columns = {
        "time_observed": ("time", time),
        "apparent_radius": ("time", np.full(10, 960.0)),
        "observer_latitude": ("time", np.zeros(10)),
        "observer_longitude": ("time", np.zeros(10)),
        "observer_distance": ("time", np.ones(10)),
        quantity: (("time", "y", "x"), pixels.astype(np.float32)),
    }
    scale = 960 / (0.4 * SIDE)
    attrs = {
        "archive_format": 1,
        "layout": "frames",
        "quantity": quantity,
        "cadence_seconds": 86400.0,
        "wcs": {"NAXIS1": SIDE, "NAXIS2": SIDE, "CDELT1": scale},
    }
    return xr.Dataset(columns, {"time": time}, attrs)


def xrays(number: int) -> xr.Dataset:
    """A record a minute, whose flux tells its minute."""
    minutes = np.arange(240 * 60)
    columns = {
        "time": ("time", START + minutes * np.timedelta64(60, "s")),
        "xrsa": ("time", (1e-8 * (1 + minutes / 1e4)).astype(np.float32)),
        "xrsb": ("time", (1e-6 * (1 + minutes / 1e4)).astype(np.float32)),
    }
    good = {f"{name}_good": ("time", np.ones(len(minutes), np.int8)) for name in ("xrsa", "xrsb")}
    return xr.Dataset(columns | good, attrs={"satellite": number})


def column(made: Scene, name: str) -> np.ndarray:
    return made.groups["sharp"][name].to_numpy()
