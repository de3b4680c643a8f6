"""SuryaBench (core SDO data set of the Surya model): one netCDF file every 12 minutes, and an index of what is there.

``YYYYMMDD_HHMM.nc`` holds AIA and HMI images of 4096 x 4096 as variables ``aia94`` ... ``hmi_v``; the index is a CSV
with the columns ``path,timestep,present``. A time that is not there is a frame of NaN with a reason.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.interchange.base import Piece
from sunproof.pipeline.interchange.frames import frame_dataset
from sunproof.pipeline.interchange.surya_files import describe_file, read_image
from sunproof.pipeline.interchange.surya_index import Row, read_index
from sunproof.pipeline.sources.base import Layout

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["INTERCHANGE"]

_AIA = (94, 131, 171, 193, 211, 304, 335, 1600)
# Variable -> group and vocabulary name.
_VARIABLES = {f"aia{wave}": (f"surya_aia_{wave}", "intensity") for wave in _AIA} | {
    "hmi_m": ("surya_hmi_m", "magnetic_field"),
    "hmi_bx": ("surya_hmi_bx", "field_x"),
    "hmi_by": ("surya_hmi_by", "field_y"),
    "hmi_bz": ("surya_hmi_bz", "field_z"),
    "hmi_v": ("surya_hmi_v", "velocity"),
}


class _SuryaBench:
    name = "suryabench"
    layout = Layout("series", "time")

    def find(self, root: Path) -> list[Piece]:
        """List days: one piece a day and variable, and a shape for the frames that are not there."""
        days: dict[str, list[Row]] = defaultdict(list)
        rows = read_index(root)
        for row in rows:
            days[row.time[:10]].append(row)
        known, unknown = _shapes(root, rows)
        if unknown:
            problems = ProblemList(str(root))
            problems.add("unknown variables", "", unknown, ", ".join(_VARIABLES))
            problems.check()
        return [
            Piece(
                _VARIABLES[name][0],
                f"{day}/{name}",
                root,
                tuple(row.path for row in members if row.path),
                (name, shape, [list(row) for row in members]),
            )
            for name, shape in sorted(known.items())
            for day, members in sorted(days.items())
        ]

    def read(self, piece: Piece) -> xr.Dataset:
        """Read a day of a variable; what cannot be opened is NaN with a reason, like what is absent."""
        name, shape, listed = piece.content
        rows = [Row(*row) for row in listed]
        frames, reasons = zip(*(_frame(piece.root, row, name, tuple(shape)) for row in rows), strict=True)
        times = np.array([row.time for row in rows], "datetime64[ns]")
        reason = np.array(reasons, object)
        columns: dict[str, Any] = {"reject_reason": reason, "accepted": (reason == "").astype(np.int8)}
        facts = {"data_set": "SuryaBench", "variable": name, "absent": int((reason != "").sum())}
        return frame_dataset(_VARIABLES[name][1], da.stack(list(frames)), times, columns, facts)

    def samples(self, pieces: list[Piece]) -> None:
        """Give none: the flare labels of SuryaBench are a table of their own (`surya_flares.read_flares`)."""


def _shapes(root: Path, rows: list[Row]) -> tuple[dict[str, list[int]], list[str]]:
    """Variables and their shapes from the first file that can be opened."""
    refused: list[Problem] = []
    for row in rows:
        if row.path:
            try:
                found = describe_file(root / row.path)
            except InputError as error:
                refused.extend(error.problems)
                continue
            return {name: list(shape) for name, shape in found.items() if name in _VARIABLES}, sorted(
                set(found) - set(_VARIABLES)
            )
    todo = "Correct the folder, or fetch some of the files."
    nothing = Problem("no file of the index can be opened", str(root), len(rows), "at least one file", todo)
    raise InputError([nothing, *refused[:5]])


def _frame(root: Path, row: Row, name: str, shape: tuple[int, ...]) -> tuple[Any, str]:
    reason = row.reason
    if not reason:
        try:
            found = describe_file(root / row.path).get(name)
            reason = "" if found == shape else "variable_missing" if found is None else "shape_differs"
        except InputError:
            reason = "file_unreadable"
    if reason:
        return da.full(shape, np.float32(np.nan), dtype=np.float32, chunks=shape), reason
    return da.from_delayed(dask.delayed(read_image)(root / row.path, name), shape, np.float32), ""


INTERCHANGE = _SuryaBench()
