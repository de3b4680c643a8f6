"""FITS files of the Solar Data Analysis Center (``go1520110607.fits``): operational fluxes of GOES up to 15."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.timescale import Times
from sunproof.pipeline.sources.xrs_flags import UNKNOWN
from sunproof.pipeline.sources.xrs_scale import Fluxes, processing_of, satellite_of
from sunproof.pipeline.warned import caught

__all__ = ["read_fits"]

_MISSING = -99999.0  # "Flux value of -99999.0 means no data" (comment in the files)
_UNITS = ("W/m**2", "W /m**2", "W/m^2", "W/m2")
_COLUMNS = (("a", 1), ("b", 0))  # of FLUX: B comes first
# DATE-OBS as FITS had it until 1999, then as the files kept it, then as FITS wants it now.
_DATES = {r"\d\d/\d\d/\d\d": "%d/%m/%y", r"\d\d/\d\d/\d{4}": "%d/%m/%Y", r"\d{4}-\d\d-\d\d": "%Y-%m-%d"}


def read_fits(data: bytes, path: Path) -> Fluxes:
    """Read one file.

    The format has no quality word a sample, only a list of status changes: words are -1, and every sample with a flux
    is usable.

    Parameters
    ----------
    data : bytes
        Content, unpacked.
    path : Path
        For messages.

    Raises
    ------
    InputError
        If it is damaged, or does not tell its satellite, day or scale.
    """
    header, seconds, values = _load(data, path)
    problems = ProblemList(str(path))
    satellite = satellite_of([str(header.get("TELESCOP", ""))], problems)
    # SDAC distributed what SWPC measured in operation (sunpy issue 5316).
    known = "operational" if str(header.get("ORIGIN", "")).startswith("SDAC") else ""
    processing = processing_of(str(header.get("GOESSCAL", "")), known, satellite, problems)
    if header["TUNIT2"].strip() not in _UNITS:
        problems.add("wrong unit", "extension FLUXES, TUNIT2", header["TUNIT2"], "W/m**2", "Convert it to W m-2.")
    time = _times(str(header.get("DATE-OBS", "")).strip(), seconds, problems)
    problems.check()
    flux = {channel: np.where(values[:, column] == _MISSING, np.nan, values[:, column]) for channel, column in _COLUMNS}
    words = {channel: np.full(seconds.shape, UNKNOWN, dtype=np.int32) for channel in "ab"}
    usable = {channel: np.isfinite(numbers) for channel, numbers in flux.items()}
    return Fluxes(time, flux, words, usable, satellite, processing, header.get("SIMULATE") == 1)


def _load(data: bytes, path: Path) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    # astropy.io.fits takes half a second to import, and few archives hold these files.
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    try:
        with caught(), fits.open(io.BytesIO(data)) as units:
            # astropy only warns of a file that ends early
            warnings.simplefilter("error", AstropyWarning)
            table = units["FLUXES"]
            header = {**dict(table.header), **dict(units[0].header)}
            seconds, values = table.data["TIME"][0], table.data["FLUX"][0]
            return header, seconds.astype(np.float64), values.astype(np.float64)
    except (OSError, KeyError, ValueError, IndexError, TypeError, AstropyWarning) as error:
        todo = "Download it again; only files with an extension FLUXES are read."
        raise InputError(Problem("truncated or foreign FITS file", str(path), str(error), "", todo)) from error


def _times(date: str, seconds: np.ndarray, problems: ProblemList) -> Times:
    known = (form for pattern, form in _DATES.items() if re.fullmatch(pattern, date))
    day = pd.to_datetime(pd.Series([date]), format=next(known, "%Y-%m-%d"), errors="coerce")
    if day.isna().all():
        problems.add("no such day", "DATE-OBS", date, "day/month/year")
    times: Times = day.to_numpy(dtype="datetime64[ns]") + np.round(seconds * 1e3).astype("timedelta64[ms]")
    return times
