"""A scene by hand: three patches, two region-times of the first and one of the second."""

import numpy as np
import xarray as xr

from sunproof.pipeline.challenge.scene import Scene
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

START = np.datetime64("2014-01-01", "ns")
HOUR = np.timedelta64(1, "h")


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
    return Scene({name: xr.Dataset(columns) for name, columns in groups.items()}, xr.Dataset(slots))


def column(made: Scene, name: str) -> np.ndarray:
    return made.groups["sharp"][name].to_numpy()
