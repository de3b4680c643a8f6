"""NCEI's netCDF files of GOES XRS: three products, two epochs, names that changed with GOES-R; and what came before."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5netcdf
import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.timescale import Times
from sunproof.pipeline.sources.xrs_flags import decode
from sunproof.pipeline.sources.xrs_operational import OPERATIONAL_NAMES, is_operational, read_operational
from sunproof.pipeline.sources.xrs_scale import Fluxes, processing_of, satellite_of

__all__ = ["read_netcdf"]

# Flux and quality word by channel: gxrs-l2-irrad (2 s); xrsf-l2-avg1m; xrsf-l2-flx1s.
_PRODUCTS = (("{}_flux", "{}_flags"), ("xrs{}_flux", "xrs{}_flag"), ("xrs{}_flux", "xrs{}_flags"))
_UNITS = ("W/m2", "W m-2", "W/m^2", "W/m**2", "W m^-2")
# 1970 for the 2-s files, 2000-01-01 12:00 for the others: whatever the file declares, counted without leap seconds.
_EPOCH = re.compile(r"seconds since (\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.0+)?(?: ?UTC| ?Z)?")
_DAY_IN_NAME = re.compile(r"_[ds](\d{4})(\d{2})(\d{2})_")
# A day's file may begin a few seconds before its day.
_TOLERANCE = np.timedelta64(60, "s")


class _Variable(NamedTuple):
    values: npt.NDArray[Any]
    attrs: dict[str, Any]

    @property
    def fill(self) -> float:
        return float(np.ravel(self.attrs.get("_FillValue", np.nan))[0])


def read_netcdf(data: bytes, path: Path) -> Fluxes:
    """Read one file.

    Parameters
    ----------
    data : bytes
        Content, unpacked.
    path : Path
        For the file's name, which holds satellite and day, and for messages.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    problems = ProblemList(str(path))
    attributes, variables = _load(data, path)
    if is_operational(variables):
        fluxes = read_operational(attributes, variables, path, problems)
        problems.check()
        return fluxes
    found = [product for product in _PRODUCTS if all(name.format("b") in variables for name in product)]
    if not found or "time" not in variables:
        wanted = "time with a_flux and a_flags, or xrsa_flux and xrsa_flag(s), and the same of b"
        problems.add("not a GOES XRS product", "variables", sorted(variables), wanted)
    problems.check()
    names = [attributes.get("platform", ""), attributes.get("id", "").removesuffix(".nc"), path.name.split(".")[0]]
    satellite = satellite_of(names, problems)
    processing = processing_of(attributes.get("goes_scale", ""), _provenance(attributes), satellite, problems)
    time = _times(variables["time"], path.name, attributes, problems)
    flux, words, usable = _channels(variables, found[0], problems)
    problems.check()
    return Fluxes(time, flux, words, usable, satellite, processing, attributes.get("simulated") == "1")


def _load(data: bytes, path: Path) -> tuple[dict[str, str], dict[str, _Variable]]:
    """Only what is needed, as stored; opening these files with xarray takes ten times as long."""
    wanted = {name.format(channel) for product in _PRODUCTS for name in product for channel in "ab"}
    wanted |= {"time"} | OPERATIONAL_NAMES
    try:
        if data.startswith(b"CDF"):
            return _load_classic(data, wanted)
        with h5netcdf.File(io.BytesIO(data), "r") as file:
            found = {name: file.variables[name] for name in wanted if name in file.variables}
            variables = {name: _Variable(variable[...], _plain(variable.attrs)) for name, variable in found.items()}
            return {name: str(value) for name, value in _plain(file.attrs).items()}, variables
    except (OSError, KeyError, ValueError, IndexError, RuntimeError, TypeError) as error:
        todo = "Download it again."
        raise InputError(Problem("truncated or damaged netCDF file", str(path), str(error), "", todo)) from error


def _load_classic(data: bytes, wanted: set[str]) -> tuple[dict[str, str], dict[str, _Variable]]:
    """Read netCDF of version 3, in which NOAA wrote its older files."""
    from scipy.io import netcdf_file

    with netcdf_file(io.BytesIO(data), "r", mmap=False) as file:
        # Values are in the file's byte order; attributes are private in scipy, and nothing else gives them all.
        variables = {
            name: _Variable(
                np.array(variable.data, variable.data.dtype.newbyteorder("=")), _plain(variable._attributes)
            )
            for name, variable in file.variables.items()
            if name in wanted
        }
        return {name: str(value) for name, value in _plain(file._attributes).items()}, variables


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Texts come as bytes where a file was written with strings of fixed length."""
    return {
        str(name): value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in attributes.items()
    }


def _provenance(attributes: Mapping[str, str]) -> str:
    # NCEI's reprocessed files say so; ``id`` is empty in those of the 2-s product.
    reprocessed = "science-quality" in attributes.get("summary", "") or attributes.get("id", "").startswith("sci_")
    return "science" if reprocessed else ""


def _times(variable: _Variable, name: str, attributes: Mapping[str, str], problems: ProblemList) -> Times:
    units = str(variable.attrs.get("units", ""))
    match = _EPOCH.fullmatch(units)
    if match is None:
        problems.add("unknown unit", "variable time, attribute units", units, "seconds since YYYY-MM-DD HH:MM:SS")
        return np.full(variable.values.shape, "NaT", dtype="datetime64[ns]")
    seconds = variable.values.astype(np.float64)
    missing = np.flatnonzero(~np.isfinite(seconds) | (seconds == variable.fill))
    if missing.size:
        problems.add("samples without a time", f"variable time, first at index {missing[0]}", int(missing.size), "none")
        return np.full(variable.values.shape, "NaT", dtype="datetime64[ns]")
    # Whole milliseconds: that is what the instrument's clock gives, and float64 seconds hold no more than microseconds.
    times = np.datetime64(f"{match[1]}T{match[2]}", "ns") + np.round(seconds * 1e3).astype("timedelta64[ms]")
    _check_day(times, name, attributes, problems)
    return times


def _check_day(times: Times, name: str, attributes: Mapping[str, str], problems: ProblemList) -> None:
    """Compare with the file's name: a wrongly declared epoch shifts everything by 30 years, or by half a day."""
    match = _DAY_IN_NAME.search(name) or _DAY_IN_NAME.search(attributes.get("id", ""))
    if match is None or not times.size:
        return
    day = np.datetime64(f"{match[1]}-{match[2]}-{match[3]}", "ns")
    last = day + np.timedelta64(1, "D") if match[0].startswith("_d") else times.max()
    if times.min() < day - _TOLERANCE or times.max() > last + _TOLERANCE:
        got = f"{times.min().astype('datetime64[s]')} to {times.max().astype('datetime64[s]')}"
        todo = "Check the epoch in the units of time, and the file's name."
        problems.add(
            "times are not of the day in the file's name", "variable time", got, f"{match[0].strip('_')}", todo
        )


def _channels(
    variables: Mapping[str, _Variable], product: tuple[str, str], problems: ProblemList
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    flux: dict[str, npt.NDArray[np.float64]] = {}
    words: dict[str, npt.NDArray[np.int32]] = {}
    usable: dict[str, npt.NDArray[np.bool_]] = {}
    for channel in "ab":
        name, word = (pattern.format(channel) for pattern in product)
        if name not in variables or word not in variables:
            problems.add("variable is missing", name, sorted(variables), f"{name} and {word}")
            continue
        unit = str(variables[name].attrs.get("units", ""))
        if unit not in _UNITS:
            problems.add("wrong unit", f"variable {name}, attribute units", unit, "W/m2", "Convert it to W m-2.")
        values = variables[name].values.astype(np.float64)
        flux[channel] = np.where(values == variables[name].fill, np.nan, values)
        words[channel], usable[channel] = decode(*variables[word], word, channel, problems)
    return flux, words, usable
