"""FITS headers of images read with care: what is missing or absurd is noted, all of it, before anything is raised."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.sources.frames import Geometry

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList

__all__ = ["facts_of", "geometry_of", "middle_of", "number", "time_of"]

# Year first only: 03/04/2012 is two different days, and no reader can know which.
_TIME = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[T _](?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{1,2}(?:\.\d*)?))?[ _]?(?P<scale>TAI|UTC|UT|Z)?"
)
_TO_ARCSEC = {"arcsec": 1.0, "deg": 3600.0, "degree": 3600.0}


def number(header: Header, keyword: str, problems: ProblemList, default: float | None = None) -> float:
    """Give a finite number; NaN and a problem where there is none and no default."""
    value = header.get(keyword)
    # a bool is an int in Python, and "T" in FITS is a bool
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if default is None or keyword in header:
        problems.add("keyword is no number", keyword, value, "a finite number")
        return math.nan
    return default


def time_of(text: object, place: str, problems: ProblemList, scale: str = "UTC") -> np.datetime64:
    """Read one time of a header, year first; NaT and a problem where it is none, or declares another scale.

    Parameters
    ----------
    text : object
        The value of the keyword, or of two joined by ``"T"``.
    place : str
        Keyword, for messages.
    problems : ProblemList
        Receives what cannot be read.
    scale : {"UTC", "TAI"}
        Scale the time must be on. Seconds may be 60, as JSOC rounds them.

    Returns
    -------
    numpy.datetime64
        Nanoseconds, on ``scale``.
    """
    found = _TIME.fullmatch(str(text).strip())
    own = {"TAI"} if scale == "TAI" else {"UTC", "UT", "Z"}
    if found and (found["scale"] or scale) in own | {scale}:
        day: np.datetime64
        try:
            day = np.datetime64(f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}", "ns")
        except ValueError:
            day = np.datetime64("NaT", "ns")
        seconds = int(found["hour"]) * 3600 + int(found["minute"]) * 60 + float(found["second"] or 0)
        # 24:00:00 is the end of the day
        if not np.isnat(day) and seconds <= 86400:
            return day + np.timedelta64(round(seconds * 1e6), "us")
    problems.add(f"no {scale} time", place, text, f"year first, on {scale}, like 2011-02-15T00:00:01.34")
    return np.datetime64("NaT", "ns")


def middle_of(header: Header, exposure: float, problems: ProblemList) -> np.datetime64:
    """Middle of the exposure in UTC: as written, between its ends, or the start and half the exposure."""
    if "DATE-AVG" in header:
        return time_of(header["DATE-AVG"], "DATE-AVG", problems)
    if "DATE-BEG" in header and "DATE-END" in header:
        begin, end = (time_of(header[name], name, problems) for name in ("DATE-BEG", "DATE-END"))
        return begin + (end - begin) / 2
    name = "DATE-OBS" if "DATE-OBS" in header else "DATE_OBS"
    half = exposure / 2 if math.isfinite(exposure) else 0.0
    return time_of(header.get(name), name, problems) + np.timedelta64(round(half * 1e6), "us")


def facts_of(header: Header, *names: str) -> dict[str, Any]:
    """Keywords that a receipt keeps, as the file writes them; what is missing is left out."""
    return {name: header[name] for name in names if isinstance(header.get(name), str | int | float)}


def geometry_of(header: Header, problems: ProblemList) -> Geometry:
    """Read where the pixels lie from CRPIX, CRVAL, CDELT and PC or CROTA2.

    Raises
    ------
    Nothing; a missing keyword, a projection other than helioprojective and an unknown unit are noted.
    """
    factors = []
    for axis, name in ((1, "HPLN"), (2, "HPLT")):
        unit, kind = str(header.get(f"CUNIT{axis}", "")).strip(), str(header.get(f"CTYPE{axis}", ""))
        if unit not in _TO_ARCSEC:
            problems.add("no unit of angle", f"CUNIT{axis}", unit, f"one of {', '.join(_TO_ARCSEC)}")
        if not kind.startswith(name):
            problems.add("axis is not helioprojective", f"CTYPE{axis}", kind, f"{name}-TAN")
        factors.append(_TO_ARCSEC.get(unit, math.nan))
    scales = [number(header, f"CDELT{axis}", problems) * factors[axis - 1] for axis in (1, 2)]
    turn = _turn(header, scales, problems)
    matrix = np.diag(scales) @ turn
    centre = np.array([number(header, f"CRPIX{axis}", problems) - 0.5 for axis in (1, 2)])
    at = np.array([number(header, f"CRVAL{axis}", problems, 0.0) * factors[axis - 1] for axis in (1, 2)])
    start = at - matrix @ centre
    return Geometry(*(float(v) for v in (*matrix[0], start[0], *matrix[1], start[1])))


def _turn(header: Header, scales: list[float], problems: ProblemList) -> NDArray[np.float64]:
    if "PC1_1" in header:
        defaults = {"PC1_1": 1.0, "PC1_2": 0.0, "PC2_1": 0.0, "PC2_2": 1.0}
        return np.array([number(header, name, problems, value) for name, value in defaults.items()]).reshape(2, 2)
    angle = math.radians(number(header, "CROTA2", problems, 0.0))
    ratio = scales[1] / scales[0] if scales[0] else math.nan
    # FITS WCS paper II, eq. 189: CROTA2 turns the sky, so pixels that are not square mix with the ratio of the scales.
    return np.array([[math.cos(angle), -math.sin(angle) * ratio], [math.sin(angle) / ratio, math.cos(angle)]])
