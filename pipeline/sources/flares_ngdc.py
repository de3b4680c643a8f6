"""NGDC X-ray flare reports, fixed width: ``31777140101  0721 0729 0726 S12W47 ... C 32 G15 1.0E-03 11940 131228.7``.

Columns as in NGDC's ``xray.fmt``: data code 31 and station 777, year, month, day, start, end and maximum in hours and
minutes, place and optical class, GOES letter and ten times its number, satellite, flux integrated from start to end,
NOAA region, day of its central meridian passage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.base import FileSource
from sunproof.pipeline.sources.cells import floats, integers
from sunproof.pipeline.sources.flares import LAYOUT, Flares, to_dataset
from sunproof.pipeline.sources.noaa import parse_places, satellite_numbers
from sunproof.pipeline.sources.records import NAMED
from sunproof.pipeline.sources.text import facts_of, read_text
from sunproof.pipeline.sources.timescale import Times

__all__ = ["SOURCE"]

# Fields by their order and kind, not by column: some real lines are shifted by one column. A place may run into the
# optical class ("S32W481F"), so its longitude is two digits; //// is an unknown time.
_LINE = (
    r"^31(?P<station>\d{3})(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})[ *]*"
    r"(?P<start>\d{4})[A-Z]? +(?P<end>\d{4}|////)[A-Z]? +(?P<peak>\d{4}|////)[A-Z]?"
    r" *(?P<place>[NS]\d{2}[EW]\d{1,2})? ?(?P<optical>[S\d][FNB])? +(?P<letter>[ABCMX]) *(?P<number>\d{1,3})"
    r" *(?P<satellite>G\w+)? *(?P<fluence>\d\.\d[Ee][-+]\d{1,2})? *(?P<region>\d{4,5})? *(?P<passage>\d{6}\.\d)? *$"
)
_UNKNOWN = "////"
_CLOCK = r"([01]\d|2[0-4])[0-5]\d|////"
_BLANK = " \t\x1a"  # DOS ended its text files with 1A


def _read(path: Path) -> xr.Dataset:
    text = read_text(path)
    lines = pd.Series(
        [line for line in text.splitlines() if line.strip(_BLANK) and not line.startswith("#")], dtype=object
    )
    parts = lines.str.extract(_LINE) if len(lines) else pd.DataFrame(columns=["start"])
    problems = ProblemList(str(path))
    for row in np.flatnonzero(parts["start"].isna())[:NAMED]:
        problems.add(
            "not an NGDC flare report", f"line {row + 1}", lines.iloc[row], "31777yymmdd and the report's fields"
        )
    problems.check()
    start = _start(parts, problems)
    for name in ("start", "peak", "end"):
        for row in np.flatnonzero(~parts[name].str.fullmatch(_CLOCK))[:NAMED]:
            problems.add("no such time of day", f"line {row + 1}", parts[name].iloc[row], "hours and minutes")
    problems.check()
    latitude, longitude = parse_places(parts["place"].fillna(""))
    fluence = floats(parts["fluence"], problems, "fluence")
    extra: dict[str, npt.NDArray[np.floating[Any]]] = {"latitude": latitude, "longitude": longitude, "fluence": fluence}
    classes = parts["letter"] + (parts["number"].astype(int) / 10).map("{:.1f}".format)
    regions = integers(parts["region"], problems, "region", -1)
    satellites = satellite_numbers(parts["satellite"].fillna(""))
    peak, end = _after(parts["peak"], start), _after(parts["end"], start)
    flares = Flares(start, peak, end, classes.to_numpy(dtype=object), regions, satellites, extra)
    return to_dataset(flares, str(path), facts_of(text))


def _start(parts: pd.DataFrame, problems: ProblemList) -> Times:
    year = parts["year"].astype(int)
    # The reports begin in 1975.
    day = {"year": year + np.where(year >= 75, 1900, 2000), "month": parts["month"], "day": parts["day"]}
    days = pd.to_datetime(pd.DataFrame(day).astype(int), errors="coerce").to_numpy(dtype="datetime64[ns]")
    for row in np.flatnonzero(np.isnat(days))[:NAMED]:
        got = "-".join(parts.loc[row, ["year", "month", "day"]])
        problems.add("no such day", f"line {row + 1}", got, "year-month-day of two digits each")
    times: Times = days + _of_day(parts["start"])
    return times


def _after(clock: pd.Series[str], start: Times) -> Times:
    """Time of day after the start; an earlier time of day is on the next day."""
    times = start.astype("datetime64[D]") + _of_day(clock)
    after: Times = np.where(times < start, times + np.timedelta64(1, "D"), times).astype("datetime64[ns]")
    return after


def _of_day(clock: pd.Series[str]) -> np.ndarray:
    minutes = clock.where(clock != _UNKNOWN)
    hours, rest = minutes.str[:2].astype(float), minutes.str[2:].astype(float)
    return pd.to_timedelta(hours * 60 + rest, unit="min").to_numpy(dtype="timedelta64[ns]")


SOURCE = FileSource("flares_ngdc", LAYOUT, ("flares_ngdc/**/*.txt", "flares_ngdc/**/*.txt.gz"), _read)
