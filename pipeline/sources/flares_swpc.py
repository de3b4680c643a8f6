"""NOAA SWPC flare lists in CSV: one flare a row, two spellings of times in one file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.base import FileSource
from sunproof.pipeline.sources.cells import integers, texts
from sunproof.pipeline.sources.flares import LAYOUT, Flares, note_classes, require_start, to_dataset
from sunproof.pipeline.sources.noaa import satellite_numbers
from sunproof.pipeline.sources.text import read_table
from sunproof.pipeline.sources.timescale import parse_times

__all__ = ["SOURCE"]

# Names under which lists made from SWPC's daily event files carry the same column.
_NAMES = {
    "start": ("start_time", "start"),
    "peak": ("peak_time", "max_time", "peak"),
    "end": ("end_time", "end"),
    "goes_class": ("label", "goes_class", "fl_class", "class"),
    "noaa_ar": ("noaa_ar", "noaa_active_region", "region"),
    "satellite": ("obs", "satellite", "source", "goes_sat"),
}
_OPTIONAL = ("noaa_ar", "satellite")


def _read(path: Path) -> xr.Dataset:
    frame, facts = read_table(path)
    problems = ProblemList(str(path))
    found = {name: next((column for column in names if column in frame), "") for name, names in _NAMES.items()}
    for name, columns in _NAMES.items():
        if not found[name] and name not in _OPTIONAL:
            problems.add("column is missing", name, sorted(map(str, frame)), f"one of {', '.join(columns)}")
    problems.check()
    cells = {name: frame[column] if column else _empty(len(frame)) for name, column in found.items()}
    times = {name: parse_times(cells[name], problems, found[name]) for name in ("start", "peak", "end")}
    regions = integers(cells["noaa_ar"], problems, found["noaa_ar"], -1)
    require_start(times["start"], cells["start"], found["start"], problems)
    classes = texts(cells["goes_class"])
    note_classes(classes, problems)
    problems.check()
    satellites = satellite_numbers(cells["satellite"])
    flares = Flares(times["start"], times["peak"], times["end"], classes, regions, satellites)
    return to_dataset(flares, str(path), facts)


def _empty(length: int) -> pd.Series[str]:
    return pd.Series([""] * length, dtype=object)


SOURCE = FileSource("flares_swpc", LAYOUT, ("flares_swpc/**/*.csv", "flares_swpc/**/*.csv.gz"), _read)
