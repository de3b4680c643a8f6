"""SDO/EVE ESP level-1 light curves: EUV irradiance in five bands, as sampled in the file.

Times come from the rows' own year, day and second: adding the second of the day to T_OBS, the middle of the
observation, would shift a light curve by hours.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.headers import facts_of
from sunproof.pipeline.sources.text import read_bytes
from sunproof.pipeline.warned import caught

__all__ = ["SOURCE"]

# Column -> vocabulary name (Didkovsky et al. 2012, Sol. Phys. 275, 179); QD is the sum of the four quadrant diodes.
_COLUMNS = {"QD": "esp_q", "CH_18": "esp_182", "CH_26": "esp_257", "CH_30": "esp_304", "CH_36": "esp_366"}
_STAMPS = ("YEAR", "DOY", "SOD")


def _read(path: Path) -> xr.Dataset:
    data = read_bytes(path)
    if not data.startswith(b"SIMPLE"):
        raise InputError(Problem("not a FITS file", str(path), data[:16], "SIMPLE  = T at the start"))
    try:
        with caught():
            # A broken checksum and a truncated file are only warnings to astropy.
            warnings.simplefilter("error", AstropyUserWarning)
            header, rows = _table(data, path)
    except (OSError, ValueError, KeyError, TypeError, AstropyUserWarning) as error:
        raise InputError(Problem("not readable as FITS", str(path), str(error)[:200], "a whole file")) from error
    return _dataset(header, rows, ProblemList(str(path)))


def _table(data: bytes, path: Path) -> tuple[fits.Header, dict[str, Any]]:
    with fits.open(io.BytesIO(data), checksum=True) as hdus:
        table = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)), None)
        if table is None:
            raise InputError(Problem("no table", str(path), len(hdus), "a binary table"))
        return table.header.copy(), {name: np.array(table.data[name]) for name in table.columns.names}


def _dataset(header: fits.Header, rows: dict[str, Any], problems: ProblemList) -> xr.Dataset:
    if (instrument := str(header.get("INSTRUME", "")).strip()) != "EVE_ESP":
        problems.add("not a file of eve_esp", "INSTRUME", instrument, "EVE_ESP")
    for name in (*_COLUMNS, *_STAMPS):
        if name not in rows:
            problems.add("column is missing", name, sorted(rows)[:8], name)
    problems.check()
    days = rows["YEAR"].astype(int).astype(str).astype("datetime64[Y]").astype("datetime64[D]") + (rows["DOY"] - 1)
    seconds = np.round(rows["SOD"].astype(np.float64) * 1e6).astype("timedelta64[us]")
    times = (days + seconds).astype("datetime64[ns]")
    dataset = xr.Dataset(coords={"time": times}, attrs=facts_of(header, "VERSION", "REVISION", "FILENAME", "DATE"))
    for column, name in _COLUMNS.items():
        values = rows[column].astype(np.float32)
        # Counts below the dark current give negative irradiance: nothing was measured there.
        dataset[name] = ("time", np.where(values > 0, values, np.float32(np.nan)))
        dataset.attrs[f"{name}_below_dark"] = int((values <= 0).sum())
    return dataset


SOURCE = FileSource(
    "eve_esp",
    Layout("series", "time"),
    tuple(f"eve_esp/**/*.{suffix}" for suffix in ("fit", "fits", "fit.gz", "fits.gz")),
    _read,
)
