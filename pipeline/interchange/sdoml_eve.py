"""EVE MEGS-A in SDOML: one Zarr v2 array an emission line, and one of times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.interchange.frames import frame_dataset
from sunproof.pipeline.interchange.zarr_frames import open_array
from sunproof.pipeline.sources.timescale import parse_times

__all__ = ["read_eve"]

_TIME = "Time"


def read_eve(folder: Path) -> xr.Dataset:
    """Read all lines of a folder.

    Parameters
    ----------
    folder : Path
        ``MEGS-A``.

    Returns
    -------
    xarray.Dataset
        ``line_irradiance`` (time, line), in the order of the attribute ``lines``.

    Raises
    ------
    InputError
        If there are no times, or a line has another length than they.
    """
    problems = ProblemList(str(folder))
    names = sorted(path.parent.name for path in folder.glob("*/.zarray"))
    if _TIME not in names or len(names) < 2:
        problems.add("not a folder of EVE lines", "", names[:8], f"{_TIME} and one array a line")
    problems.check()
    stamps = np.asarray(open_array(folder / _TIME)[:]).astype(str)
    times = parse_times(pd.Series(stamps, dtype=object), problems, _TIME, "UTC")
    lines = [name for name in names if name != _TIME]
    columns = [_line(folder / name, len(times), problems) for name in lines]
    problems.check()
    values = np.stack(columns, axis=1)
    # EVE writes -1 where a line was not measured, and an irradiance cannot be negative.
    negative = values < 0
    values[negative] = np.nan
    facts: dict[str, Any] = {"data_set": "SDOML version 2", "lines": ", ".join(lines)}
    if negative.any():
        facts["negative_as_missing"] = int(negative.sum())
    return frame_dataset("line_irradiance", values, times, {}, facts, ("line",))


def _line(path: Path, length: int, problems: ProblemList) -> NDArray[np.float32]:
    array = open_array(path)
    if array.shape != (length,) or array.dtype.kind != "f":
        problems.add("not one number a time", path.name, f"{array.dtype} {array.shape}", f"floats ({length},)")
        return np.full(length, np.nan, np.float32)
    return np.asarray(array[:], np.float32)
