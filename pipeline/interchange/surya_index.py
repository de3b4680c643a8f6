"""The index of SuryaBench: which times there should be, and which of them have a file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.interchange.surya_files import NAME
from sunproof.pipeline.sources.text import read_table
from sunproof.pipeline.sources.timescale import parse_times

__all__ = ["Row", "read_index"]

_COLUMNS = {"path", "timestep", "present"}
_NAMED = 5


class Row(NamedTuple):
    """One time of the index: where its file lies below the root (empty for nowhere), and why it is not there."""

    time: str
    path: str
    reason: str


def read_index(root: Path) -> list[Row]:
    """Read every index below a folder, or list its files where there is none.

    Parameters
    ----------
    root : Path
        Holds the files, and CSV tables with the columns ``path,timestep,present``; the paths in them are those of
        another machine: their last parts are looked up below ``root``.

    Returns
    -------
    list of Row
        Sorted by time, each time once.

    Raises
    ------
    InputError
        If there is neither table nor file, or tables contradict the files' names or each other.
    """
    files = {path.relative_to(root) for path in root.rglob("*.nc") if NAME.fullmatch(path.name)}
    tables = [path for path in sorted(root.rglob("*.csv")) if _is_index(path)]
    problems = ProblemList(str(root))
    rows: dict[str, Row] = {}
    for table in tables:
        for row in _rows(table, files, problems):
            other = rows.setdefault(row.time, row)
            if other != row:
                problems.add("two rows of one time differ", row.time, [other, row], "one row", "Keep the right one.")
    problems.check()
    if not tables:
        rows = {_time(path.name): Row(_time(path.name), path.as_posix(), "") for path in files}
    if not rows:
        wanted = "YYYYMMDD_HHMM.nc, or a CSV with path,timestep,present"
        raise InputError(Problem("nothing of SuryaBench", str(root), "no such file", wanted))
    return [rows[time] for time in sorted(rows)]


def _is_index(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as stream:
        return set(stream.readline().strip().split(",")) >= _COLUMNS


def _rows(table: Path, files: set[Path], problems: ProblemList) -> list[Row]:
    frame, _ = read_table(table)
    by_name = {path.name: path for path in sorted(files)}
    found = ProblemList(str(table))
    times = parse_times(frame["timestep"], found, "timestep", "UTC")
    rows = []
    for number, (path, present) in enumerate(zip(frame["path"], frame["present"], strict=True)):
        name, place = PurePosixPath(path).name, f"record {number + 1}"
        time = np.datetime_as_string(times[number], "s")
        if present not in ("0", "1", "True", "False"):
            found.add("neither there nor absent", f"{place}, column present", present, "0 or 1")
        elif present in ("1", "True") and NAME.fullmatch(name) and _time(name) != time:
            found.add("path and timestep differ", place, name, f"the file of {time}", "Correct the index.")
        # an index tells paths of the publisher's disk: what counts is how they end
        here = _below(path, files) or by_name.get(name)
        absent = "absent_in_index" if present in ("0", "False") else "" if here else "file_missing"
        rows.append(Row(time, "" if absent or here is None else here.as_posix(), absent))
    problems.problems.extend(found.problems[:_NAMED])
    return rows


def _below(path: str, files: set[Path]) -> Path | None:
    parts = [part for part in PurePosixPath(path).parts if part != "/"]
    return next((tail for first in range(len(parts)) if (tail := Path(*parts[first:])) in files), None)


def _time(name: str) -> str:
    match = NAME.fullmatch(name)
    year, month, day, hour, minute = match.groups() if match else ("NaT",) * 5
    return f"{year}-{month}-{day}T{hour}:{minute}:00"
