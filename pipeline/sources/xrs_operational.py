"""NOAA's netCDF files of GOES 8-15 as they were measured in operation, before NCEI reprocessed them.

``g15_xrs_2s_*`` and ``g15_xrs_1m_*`` name their fluxes A_FLUX or A_AVG beside a quality flag; GOES 8-12 have xs and xl,
and no flag. All carry SWPC's factors of 0.85 and 0.70 (Hudson et al. 2024, arXiv:2310.11457).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.timescale import Times
from sunproof.pipeline.sources.xrs_flags import UNKNOWN
from sunproof.pipeline.sources.xrs_scale import Fluxes, processing_of, satellite_of

__all__ = ["OPERATIONAL_NAMES", "is_operational", "read_operational"]

# Flux and quality flag by channel; xs is the short wavelength, A.
_PRODUCTS: tuple[dict[str, tuple[str, str]], ...] = (
    {"a": ("A_FLUX", "A_QUAL_FLAG"), "b": ("B_FLUX", "B_QUAL_FLAG")},
    {"a": ("A_AVG", "A_QUAL_FLAG"), "b": ("B_AVG", "B_QUAL_FLAG")},
    {"a": ("xs", ""), "b": ("xl", "")},
)
OPERATIONAL_NAMES = {"time_tag"} | {name for one in _PRODUCTS for pair in one.values() for name in pair if name}
_UNITS = ("W/m^2", "W/m2", "W m-2", "W/m**2")
_MISSING = -99999.0
_EPOCH = re.compile(r"milliseconds since (\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.0+)?(?: ?UTC| ?Z)?")
_DAYS_IN_NAME = re.compile(r"_(\d{4})(\d{2})(\d{2})_(\d{4})(\d{2})(\d{2})(?=\D|$)")

Variables = Mapping[str, tuple[npt.NDArray[Any], Mapping[str, Any]]]


def is_operational(variables: Variables) -> bool:
    """Tell whether a file's variables have the names of these products."""
    return "time_tag" in variables and _product(variables) is not None


def read_operational(attributes: Mapping[str, str], variables: Variables, path: Path, problems: ProblemList) -> Fluxes:
    """Read one file.

    Parameters
    ----------
    attributes, variables : mapping
        Of the file; variables are pairs of values and attributes.
    path : Path
        For its name, which holds satellite and days, and for messages.
    problems : ProblemList
        Receives everything that is wrong.

    Returns
    -------
    Fluxes
        As in the file, with ``processing`` operational unless it declares another; a flag of zero is good, any other
        is not.
    """
    product = _product(variables) or _PRODUCTS[0]
    names = [attributes.get("satellite_id", ""), attributes.get("platform", ""), path.name.split(".")[0]]
    satellite = satellite_of(names, problems)
    if satellite > 15:
        problems.add("no satellite of this product", "satellite", satellite, "GOES 8 to 15")
    processing = processing_of(attributes.get("goes_scale", ""), "operational", satellite, problems)
    time = _times(variables["time_tag"], path.name, problems)
    flux, words, usable = {}, {}, {}
    for channel, (name, flag) in product.items():
        values, notes = variables[name]
        if (unit := str(notes.get("units", ""))) not in _UNITS:
            problems.add("wrong unit", f"variable {name}, attribute units", unit, "W/m^2", "Convert it to W m-2.")
        numbers = values.astype(np.float64)
        flux[channel] = np.where(numbers <= _MISSING, np.nan, numbers)
        words[channel] = variables[flag][0].astype(np.int32) if flag else np.full(numbers.shape, UNKNOWN, np.int32)
        # Products without flags: a finite flux is all that can be asked for.
        usable[channel] = np.isfinite(flux[channel]) & ((words[channel] == 0) | (not flag))
    return Fluxes(time, flux, words, usable, satellite, processing, attributes.get("simulated") == "1")


def _product(variables: Variables) -> dict[str, tuple[str, str]] | None:
    wanted = ({name for pair in product.values() for name in pair if name} for product in _PRODUCTS)
    return next((one for one, names in zip(_PRODUCTS, wanted, strict=True) if names <= set(variables)), None)


def _times(variable: tuple[npt.NDArray[Any], Mapping[str, Any]], name: str, problems: ProblemList) -> Times:
    values, notes = variable
    units = str(notes.get("units", ""))
    match = _EPOCH.fullmatch(units)
    if match is None:
        what = "variable time_tag, attribute units"
        problems.add("unknown unit", what, units, "milliseconds since YYYY-MM-DD HH:MM:SS")
        return np.full(values.shape, "NaT", dtype="datetime64[ns]")
    milliseconds = np.round(values.astype(np.float64)).astype("timedelta64[ms]")
    times: Times = np.datetime64(f"{match[1]}T{match[2]}", "ns") + milliseconds
    if (days := _DAYS_IN_NAME.search(name)) and times.size:
        first, last = (np.datetime64("-".join(days.groups()[at : at + 3]), "ns") for at in (0, 3))
        if times.min() < first or times.max() >= last + np.timedelta64(1, "D"):
            got = f"{times.min().astype('datetime64[s]')} to {times.max().astype('datetime64[s]')}"
            problems.add("times are not of the days in the file's name", "variable time_tag", got, days[0].strip("_"))
    return times
