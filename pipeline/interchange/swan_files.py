"""Files of SWAN-SF: what their names say, and the records they hold."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sunproof.models.physics.goes_class import class_to_flux
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.text import read_text
from sunproof.pipeline.sources.timescale import parse_times

__all__ = ["Slice", "parse_name", "read_slice"]

# M1.0@265:Primary_ar115_s2010-08-06T06:36:00_e2010-08-06T18:24:00.csv; FQ_ar... where the 24 h after it were quiet.
# Some file systems cannot hold a colon, so that copies have another sign in its place.
_CLOCK = r"(\d{4}-\d{2}-\d{2}T\d{2})[:_\-.](\d{2})[:_\-.](\d{2})"
_NAME = re.compile(rf"(?P<flare>FQ|[ABCMX][\d.]+@[^_]+)_ar(?P<region>\d+)_s{_CLOCK}_e{_CLOCK}\.csv")
_WANTED = "like M1.0@265:Primary_ar115_s2010-08-06T06:36:00_e2010-08-06T18:24:00.csv, or FQ_ar115_s..._e....csv"
# The observation window has 60 records, 12 minutes apart.
_RECORDS = 60


class Slice(NamedTuple):
    """What a file's name says.

    Parameters
    ----------
    path : str
        Relative to the root.
    partition : int
        Number of the partition, 1 to 5.
    flaring : bool
        Whether it lies in ``FL`` (M1.0 or above) and not in ``NF``.
    region : int
        HARP number; the file names call it ``ar``.
    start, end : str
        First and last record, ISO 8601, TAI like the SHARP records they name.
    flare : str
        GOES class of the largest flare of the 24 h after the end; empty for none.
    """

    path: str
    partition: int
    flaring: bool
    region: int
    start: str
    end: str
    flare: str


def parse_name(path: str, problems: ProblemList) -> Slice | None:
    """Read a file's place and name; problems are noted, and answered with None.

    Parameters
    ----------
    path : str
        Relative to the root: ``partition1/FL/<name>.csv``; folders above ``partition1`` may stand before it.
    problems : ProblemList
        Receives what is wrong.
    """
    # Filled up in front, so that a bare name has an empty folder and partition.
    *_, partition, folder, name = ("", "", *PurePosixPath(path).parts)
    match = _NAME.fullmatch(name)
    number = re.fullmatch(r"partition(\d+)", partition)
    if match is None:
        problems.add("not the name of a slice", path, name, _WANTED)
        return None
    if number is None or folder not in ("FL", "NF"):
        problems.add("not in a partition", path, f"{partition}/{folder}", "partition<n>/FL or partition<n>/NF")
        return None
    flare = match["flare"].partition("@")[0].removeprefix("FQ")
    start, end = (f"{match[i]}:{match[i + 1]}:{match[i + 2]}" for i in (3, 6))
    found = Slice(path, int(number[1]), folder == "FL", int(match["region"]), start, end, flare)
    _check(found, problems)
    return found


def _check(found: Slice, problems: ProblemList) -> None:
    try:
        size = float(class_to_flux(found.flare)) if found.flare else 0.0
    except InputError as error:
        problems.problems.extend(Problem(p.what, found.path, p.got, p.wanted) for p in error.problems)
        return
    if (size >= 1e-5) != found.flaring:  # FL holds M1.0 and above (Angryk et al. 2020, Sci. Data 7, 227)
        wanted = "FL for M1.0 and above, NF for the rest"
        problems.add("class and folder differ", found.path, found.flare or "FQ", wanted, "Which one is right?")


def read_slice(path: Path, found: Slice, columns: list[str], problems: ProblemList) -> pd.DataFrame:
    """Read the records of one file as text cells.

    Parameters
    ----------
    path : Path
        The file.
    found : Slice
        What its name says.
    columns : list of str
        Columns that are wanted where they are there.
    problems : ProblemList
        Receives what is wrong.

    Returns
    -------
    pandas.DataFrame
        ``Timestamp`` and the wanted columns, one row a record.
    """
    lines = [line.split("\t") for line in read_text(path).splitlines()]
    header = [name.strip() for name in lines[0]] if lines else []
    ragged = [number for number, cells in enumerate(lines, start=1) if len(cells) != len(header)]
    if "Timestamp" not in header or ragged:
        got = f"line {ragged[0]} has {len(lines[ragged[0] - 1])} cells" if ragged else header[:3]
        problems.add("not a tab-separated table of records", found.path, got, f"Timestamp and {len(header)} columns")
        return pd.DataFrame()
    frame = pd.DataFrame(lines[1:], columns=header, dtype=str)
    _check_times(frame["Timestamp"], found, problems)
    return frame[["Timestamp", *(name for name in columns if name in header)]]


def _check_times(cells: pd.Series[Any], found: Slice, problems: ProblemList) -> None:
    times = parse_times(cells, problems, f"{found.path}: Timestamp", "TAI")
    first, last = np.datetime64(found.start), np.datetime64(found.end)
    if not len(times) or len(times) > _RECORDS or np.isnat(times).any():
        problems.add("wrong number of records with a time", found.path, len(times), f"1 to {_RECORDS}")
    elif times.min() != first or times.max() != last:
        got = f"{times.min()} to {times.max()}"
        problems.add("records and file name differ", found.path, got, f"{first} to {last}")
