"""NOAA's daily Solar Region Summary: one text file a day, or a tar archive of many.

Checked against ``sunpy.io.special.srs.read_srs``, which needs eight times as long (11 ms a file), reads no archives,
and gives regions still numbered below 10000 in 2002 a wrong number.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.noaa import parse_places, region_numbers
from sunproof.pipeline.sources.text import facts_of, read_bytes

__all__ = ["SOURCE"]

_LAYOUT = Layout("table", "record", ("time", "noaa_ar", "srs_section"))
_ISSUED = re.compile(
    r"^:?\s*(?:Issued:\s*(?P<y>\d{4})\s+(?P<m>[A-Z]{3})[A-Z]*\s+(?P<d>\d{1,2})\s+(?P<t>\d{4})"
    r"|SRS Number\s+\d+\s+Issued at\s+(?P<t2>\d{4})Z\s+on\s+(?P<d2>\d{1,2})\s+(?P<m2>[A-Z]{3})[A-Z]*\s+(?P<y2>\d{4}))",
    re.IGNORECASE | re.MULTILINE,
)
_SECTION = re.compile(r"(I|IA|II|III)\.\s")
# Every summary names the regions due to return last, be it that there are none.
_LAST = re.compile(r"^II\.\s", re.MULTILINE)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# Real files leave out fields at the end of a line, and sometimes the number of spots before the magnetic class.
_ROW = re.compile(
    r"\s*(?P<number>\d{4,5})\s+(?P<place>[NS]\d{2}(?:[EW]\d{2,3})?)(?:\s+(?P<lo>\d{1,3}))?(?:\s+(?P<area>\d{1,4}))?"
    r"(?:\s+(?P<z>[A-Z]{3})(?![A-Z-]))?(?:\s+(?P<ll>\d{1,3}))?(?:\s+(?P<nn>\d{1,3}))?(?:\s+(?P<mag>[A-Z][A-Z-]+))?\s*",
    re.IGNORECASE,
)
_NUMBERS = {"carrington_longitude": "lo", "srs_area": "area", "spot_count": "nn", "longitude_extent": "ll"}


def _read(path: Path) -> xr.Dataset:
    problems = ProblemList(str(path))
    rows: list[dict[str, Any]] = []
    cut: list[str] = []
    simulated = False
    for name, text in _summaries(path):
        if _LAST.search(text):
            rows += _rows(text, name, problems)
        elif name:
            # NCEI's years hold one that is (2019-10-11): the other days are whole, and of this one nothing is known.
            cut.append(name)
        else:
            wanted = "section II, with or without regions"
            problems.add("the summary is cut short", "end of file", text[-40:], wanted, "Download it again.")
        simulated |= facts_of(text).get("simulated") == "1"
    problems.check()
    facts: dict[str, Any] = {"simulated": 1} if simulated else {}
    return _dataset(rows).assign_attrs(facts | ({"cut_short": ", ".join(cut)} if cut else {}))


def _summaries(path: Path) -> Iterator[tuple[str, str]]:
    """Name within the file, and text, of each summary."""
    data = read_bytes(path)
    if not path.name.endswith((".tar", ".tar.gz", ".tgz")):
        # Latin-1 takes any byte: a stray one in free text must not lose the tables, which are ASCII.
        yield "", data.decode("latin-1")
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.name.lower().endswith(".txt") else None
                if stream is not None:
                    yield member.name, stream.read().decode("latin-1")
    except tarfile.TarError as error:
        todo = "Download it again."
        raise InputError(Problem("truncated or damaged tar archive", str(path), str(error), "", todo)) from error


def _rows(text: str, name: str, problems: ProblemList) -> list[dict[str, Any]]:
    issued = _issue_time(text)
    if issued is None:
        problems.add("no issue time", name, text[:60], "a line like :Issued: 2011 Jun 07 0030 UTC")
        return []
    section, rows = "", []
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _SECTION.match(line)
        if heading:
            section = heading[1]
        elif line[:1].isalpha() and not line.upper().startswith(("NMBR", "NONE")):
            section = ""  # free text after the tables, which may begin a line with a number
        elif section in ("I", "IA", "II") and line[:4].isdigit():
            match = _ROW.fullmatch(line)
            if match:
                rows.append({"time": issued, "srs_section": section, **match.groupdict()})
            else:
                where = f"{name}, line {number}" if name else f"line {number}"
                problems.add("not a region", where, line, "number, place and what the section's heading names")
    return rows


def _issue_time(text: str) -> np.datetime64 | None:
    match = _ISSUED.search(text)
    if match is None:
        return None
    year, month, day, clock = (match[key] or match[f"{key}2"] for key in "ymdt")
    if month.upper() not in _MONTHS:
        return None
    try:
        return np.datetime64(
            f"{year}-{_MONTHS.index(month.upper()) + 1:02d}-{int(day):02d}T{clock[:2]}:{clock[2:]}", "ns"
        )
    except ValueError:
        return None


def _dataset(rows: list[dict[str, Any]]) -> xr.Dataset:
    time = np.array([row["time"] for row in rows], dtype="datetime64[ns]")
    latitude, longitude = parse_places([row["place"] for row in rows])
    numbers = {name: [row[group] or np.nan for row in rows] for name, group in _NUMBERS.items()}
    columns: dict[str, Any] = {
        "time": time,
        "noaa_ar": region_numbers(np.array([row["number"] for row in rows], dtype=np.int64), time),
        "srs_section": _texts([row["srs_section"] for row in rows]),
        "latitude": latitude,
        "longitude": longitude,
        # Upper case until 2000-10: DSI, BETA-GAMMA.
        "mcintosh": _texts([(row["z"] or "").capitalize() for row in rows]),
        "hale": _texts([(row["mag"] or "").title() for row in rows]),
    } | {name: np.array(values, dtype=np.float32) for name, values in numbers.items()}
    # Sections list their regions one after the other; in order, they need no sorting later.
    order = np.lexsort((columns["srs_section"].astype(str), columns["noaa_ar"], time))
    return xr.Dataset({name: ("record", values[order]) for name, values in columns.items()})


def _texts(values: list[str]) -> np.ndarray:
    return np.array(values, dtype=object)


SOURCE = FileSource(
    "srs", _LAYOUT, tuple(f"srs/**/*.{suffix}" for suffix in ("txt", "txt.gz", "tar", "tar.gz", "tgz")), _read
)
