"""GOES X-ray Sensor: NOAA's netCDF of GOES 8-19 (1-min averages, 1-s and 2-s fluxes) and the SDAC's old FITS files.

Files of all satellites are read here; each answers with the archive group of its satellite, e.g. ``goes15_xrs``.
Nothing is averaged.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.text import read_bytes
from sunproof.pipeline.sources.xrs_fits import read_fits
from sunproof.pipeline.sources.xrs_netcdf import read_netcdf
from sunproof.pipeline.sources.xrs_scale import Fluxes

__all__ = ["SOURCE"]

# SWPC scaled operational fluxes of GOES 8-15 by these, to match the satellites before them; dividing gives the true
# flux (sunkit-instruments, goes_chianti_tem.py; Hudson et al. 2024, arXiv:2310.11457).
_OPERATIONAL_FACTORS = {"a": 0.85, "b": 0.70}


def _read(path: Path) -> xr.Dataset:
    data = read_bytes(path)
    if data.startswith((b"\x89HDF", b"CDF")):
        fluxes = read_netcdf(data, path)
    elif data.startswith(b"SIMPLE"):
        fluxes = read_fits(data, path)
    else:
        todo = "Download it again."
        raise InputError(Problem("neither netCDF nor FITS", str(path), data[:16], "a GOES XRS file", todo))
    return _dataset(fluxes)


def _dataset(fluxes: Fluxes) -> xr.Dataset:
    dataset = xr.Dataset(
        coords={"time": fluxes.time},
        attrs={
            "group": f"goes{fluxes.satellite:02d}_xrs",
            "satellite": fluxes.satellite,
            "processing": fluxes.processing,
            "goes_scale": "science",
        },
    )
    for channel in "ab":
        # scaled in double, stored once in float32
        flux = fluxes.flux[channel].astype(np.float64)
        if fluxes.processing == "operational" and fluxes.scaled:
            flux = flux / _OPERATIONAL_FACTORS[channel]
        dataset[f"xrs{channel}"] = ("time", flux.astype(np.float32))
        dataset[f"xrs{channel}_flag"] = ("time", fluxes.words[channel])
        dataset[f"xrs{channel}_good"] = ("time", _good(flux, fluxes.usable[channel]))
    return dataset.assign_attrs({"simulated": 1} if fluxes.simulated else {})


def _good(flux: npt.NDArray[np.float64], usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    # Noise around zero has no logarithm, and fluxes are always used through it.
    return usable & np.isfinite(flux) & (flux > 0)


SOURCE = FileSource(
    "goes_xrs",
    Layout("series", "time"),
    tuple(f"goes_xrs/**/*.{suffix}" for suffix in ("nc", "nc.gz", "fits", "fits.gz")),
    _read,
)
