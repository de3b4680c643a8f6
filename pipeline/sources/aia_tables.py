"""Calibration tables of AIA, given by path and guarded: where the telescopes point, how much light they still take.

Both are read offline. A table is applied only inside the epochs it declares, and a sensitivity outside (0, 1.2] is
refused: table V8 of 2017, extrapolated to 2024, gives -0.06 for 304 angstrom, which would turn bright into negative.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.receipts import digest_file

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["Pointing", "degradation", "pointing"]

# Sensitivity falls; what the calibration rockets and bake-outs add back stays below 20 %.
_LARGEST = 1.2
_NEWER = "Give a newer table."


class Pointing(NamedTuple):
    """A row of the master pointing table, for one channel: CRPIX1, CRPIX2, CDELT and INST_ROT of a level-1 image."""

    crpix1: float
    crpix2: float
    cdelt: float
    inst_rot: float


def degradation(path: Path, channel: int, time: np.datetime64) -> tuple[float, dict[str, Any]]:
    """Sensitivity of a channel relative to launch; counts divided by it are comparable over the years.

    Parameters
    ----------
    path : Path
        Response table as SolarSoft ships it (``aia_V*_response_table.txt``).
    channel : int
        Wavelength in angstrom.
    time : numpy.datetime64
        UTC.

    Returns
    -------
    float, dict
        A factor in (0, 1.2]: effective area at the start of the epoch over that at launch, times the epoch's cubic
        (``aiapy.calibrate.degradation``, which a test compares); and facts: table, digest, epoch, days by which the
        image is younger than the table.

    Raises
    ------
    InputError
        If no epoch of the table covers the time, or the factor is out of range.
    """
    table, digest = _table(str(path))
    where = f"{path}, {channel} angstrom"
    names = np.array([str(name).split("_")[0] for name in table["WAVE_STR"]])
    if str(channel) not in names:
        raise InputError(Problem("channel is not in the table", where, sorted(set(names.tolist())), str(channel)))
    # newest version of the table's rows: older ones stay in the file
    version = int(np.max(table["VER_NUM"][names == str(channel)]))
    rows = table[(names == str(channel)) & (table["VER_NUM"] == version)]
    starts, stops, made = (_times(rows[name]) for name in ("T_START", "T_STOP", "DATE"))
    row = _covering(starts, stops, time, where)
    epoch = f"{starts[row]} to {stops[row]}"
    days = float((time - starts[row]) / np.timedelta64(1, "D"))
    cubic = 1 + sum(float(rows[f"EFFA_P{power}"][row]) * days**power for power in (1, 2, 3))
    factor = cubic * float(rows["EFF_AREA"][row]) / float(rows["EFF_AREA"][int(np.argmin(starts))])
    if not 0 < factor <= _LARGEST:
        got = f"factor {factor:.4f} at {time} in epoch {epoch}, table made {made[row]}"
        raise InputError(Problem("the table gives no possible sensitivity", where, got, f"(0, {_LARGEST}]", _NEWER))
    beyond = max(float((time - made.max()) / np.timedelta64(1, "D")), 0.0)
    facts = {"table": path.name, "digest": digest, "epoch": epoch, "version": version, "factor": factor}
    return factor, {**facts, "days_beyond_table": round(beyond, 3)}


def pointing(path: Path, channel: int, time: np.datetime64) -> tuple[Pointing, dict[str, Any]]:
    """Where a telescope pointed.

    Parameters
    ----------
    path : Path
        Columns of ``aia.master_pointing3h``: T_START, T_STOP, A_171_X0, A_171_Y0, A_171_IMSCALE, A_171_INSTROT, ...;
        CSV or ECSV.
    channel : int
        Wavelength in angstrom.
    time : numpy.datetime64
        UTC, T_OBS of the image.

    Returns
    -------
    Pointing, dict
        The row whose interval covers the time, and facts: table, digest, interval.

    Raises
    ------
    InputError
        If no interval covers the time, or its row is incomplete.
    """
    table, digest = _table(str(path))
    where = f"{path}, {channel} angstrom"
    names = [f"A_{channel:03d}_{name}" for name in ("X0", "Y0", "IMSCALE", "INSTROT")]
    if missing := [name for name in ("T_START", "T_STOP", *names) if name not in table.colnames]:
        raise InputError(Problem("columns are missing", where, table.colnames[:6], ", ".join(missing)))
    starts, stops = _times(table["T_START"]), _times(table["T_STOP"])
    row = _covering(starts, stops, time, where)
    cells = [table[name][row] for name in names]
    # ECSV gives quantities, and missing cells are masked.
    values = [math.nan if np.ma.is_masked(cell) else float(getattr(cell, "value", cell)) for cell in cells]
    interval = f"{starts[row]} to {stops[row]}"
    if not np.isfinite(values).all():
        raise InputError(Problem("no pointing in the interval of the image", where, interval, "numbers", _NEWER))
    # The table counts pixels from zero, FITS from one.
    found = Pointing(values[0] + 1, values[1] + 1, values[2], values[3])
    return found, {"table": path.name, "digest": digest, "epoch": interval}


def _covering(starts: NDArray[Any], stops: NDArray[Any], time: np.datetime64, where: str) -> int:
    covering = np.flatnonzero((starts <= time) & (time < stops))
    if not covering.size:
        wanted = f"a time in the table's epochs, {starts.min()} to {stops.max()}"
        raise InputError(Problem("no epoch of the table covers the image", where, str(time), wanted, _NEWER))
    # the last of several epochs that cover it is the latest correction
    return int(covering[-1])


def _times(column: Any) -> NDArray[Any]:
    return np.array([str(value).rstrip("Z") for value in column], "datetime64[ms]")


@lru_cache(maxsize=8)
def _table(path: str) -> tuple[Table, str]:
    """Read a table once a process; its digest says which one it was."""
    from astropy.io import ascii as tables

    try:
        return tables.read(path), digest_file(Path(path))
    except (OSError, tables.InconsistentTableError, ValueError) as error:
        raise InputError(Problem("calibration table cannot be read", path, str(error)[:200], "a table")) from error
