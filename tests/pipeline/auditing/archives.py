"""A tiny archive: one region, one satellite, a few flares."""

from pathlib import Path

import numpy as np
import xarray as xr
import zarr

from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, describe
from tests.pipeline.samples.conftest import Maker

START = np.datetime64("2014-10-18", "ns")
_LEVELS = dict(
    zip(
        SHARP_KEYWORDS,
        (1.2e23, 35, 110, 105, 50, 0.3, 1.4e14, -0.01, 9000, 2500, 5e13, 9e3, 2e24, 30, 35, 5.2, 2700),
        strict=True,
    )
)


def write_archive(path: Path, days: int = 6, **attrs: int) -> Path:
    rng = np.random.default_rng(3)
    hours = np.arange(0, 24 * days, 0.4)
    times = START + (hours * 3600).astype("timedelta64[s]")
    growth = 1 + 0.3 * hours / hours[-1]
    table = {"time": ("record", times), "harpnum": ("record", np.full(len(times), 4698))}
    for name, level in _LEVELS.items():
        values = (level * growth * (1 + 0.02 * rng.standard_normal(len(times)))).astype("f4")
        values[rng.random(len(times)) < 0.05] = np.nan
        table[name] = ("record", values)
    _write(path, "sharp", table, attrs)
    minutes = START + np.arange(24 * 60 * days) * np.timedelta64(1, "m")
    flux = 6e-7 * (1 + 0.1 * rng.standard_normal(len(minutes)))
    peaks, classes = np.array([1.6, 2.1, 2.4, 3.0]), ["M1.6", "C5.2", "X1.1", "C2.0"]
    fluxes = np.array([1.6e-5, 5.2e-6, 1.1e-4, 2e-6])
    since = np.arange(len(minutes)) / 1440
    for peak, height in zip(peaks, fluxes, strict=True):
        flux += height * np.exp(-np.abs(since - peak) / np.where(since > peak, 0.03, 0.006))
    good = np.ones(len(minutes), bool)
    good[2000:2100] = False
    xrs = {"time": ("time", minutes), "xrsb": ("time", flux), "xrsa": ("time", 0.1 * flux), "xrsb_good": ("time", good)}
    _write(path, "goes15_xrs", xrs, attrs)
    flares = {
        "peak_time": ("event", START + (peaks * 86400).astype("timedelta64[s]")),
        "peak_flux": ("event", fluxes),
        "goes_class": ("event", np.array(classes, dtype=object)),
        "noaa_ar": ("event", np.array([12192, 12192, 12192, 12195])),
    }
    _write(path, "flares_swpc", flares, attrs)
    return path


def _write(path: Path, group: str, variables: dict, attrs: dict) -> None:
    dataset = describe(xr.Dataset(variables, attrs=attrs))
    dataset.to_zarr(path, group=group, mode="a", zarr_format=3, consolidated=False)


def write_simulated(path: Path) -> Path:
    """An archive with all that evidence asks for, of a Sun that is none."""
    maker = Maker(path).sharp([4698], [str(START)]).harp_noaa([(4698, 12192)]).flares([(START, 2e-5, 12192)])
    zarr.open_group(str(maker.path / "sharp"), mode="r+").attrs["simulated"] = 1
    return path
