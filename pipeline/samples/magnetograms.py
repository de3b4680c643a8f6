"""Vector magnetogram patches as evidence: which record belongs to a forecast, and what it says."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from astropy.io.fits.verify import VerifyError

from sunproof.models.physics.patch_evidence import SEGMENTS, patch_evidence
from sunproof.models.physics.sharp_keywords import PatchGeometry
from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.sources.sharp_cea import SOURCE
from sunproof.pipeline.sources.timescale import tai_to_utc
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY, describe

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.sources.frames import Frame

__all__ = ["read_keywords", "read_magnetogram", "with_magnetograms"]

# hmi.sharp_cea_720s[_nrt].HARPNUM.YYYYMMDD_HHMMSS_TAI.SEGMENT.fits, as JSOC names its exports; `sunproof fetch` keeps
# the dots of the record's date (YYYY.MM.DD).
_NAME = re.compile(
    r"(?P<series>[\w.]+?)\.(?P<harp>\d+)\.(?P<day>\d{8}|\d{4}\.\d\d\.\d\d)_(?P<time>\d{6})_TAI\.Br\.fits"
)
# An older magnetogram says little of a field that evolves within hours (E8 asks for inputs of at most 6 h).
_OLDEST = np.timedelta64(6, "h")


class _Record(NamedTuple):
    path: Path
    harpnum: int
    time: np.datetime64
    series: str


def read_magnetogram(path: str | Path) -> dict[str, Any]:
    """Read one record and compute its evidence.

    Parameters
    ----------
    path : str or Path
        File of the segment Br, named as JSOC does; the other segments lie beside it.

    Returns
    -------
    dict
        Vocabulary name -> value: what `patch_evidence` computes, the header's 17 keywords and ``cmask``, ``latitude``
        and ``longitude`` of the patch centre, ``magnetogram_time``. Keywords that the header lacks are NaN.

    Raises
    ------
    InputError
        With every problem: segments that are missing, damaged, of another record or shape, or of bad quality.
    """
    found, frame, header = _measured(Path(path))
    found |= {name: _number(header, name.upper()) for name in (*SHARP_KEYWORDS, "cmask")}
    return found | {"magnetogram_time": frame.time}


def read_keywords(path: str | Path) -> dict[str, Any]:
    """Compute the keywords of one record, as a record of the keyword series has them.

    Parameters
    ----------
    path : str or Path
        As for `read_magnetogram`.

    Returns
    -------
    dict
        Vocabulary name -> value: the 17 keywords, ``harpnum``, ``time``, ``t_tai``, ``noaa_ar``, ``noaa_ars``,
        ``quality``, ``latitude``, ``longitude``. Nothing but times, numbers and scale comes from the header.

    Raises
    ------
    InputError
        As `read_magnetogram`.
    """
    found, frame, header = _measured(Path(path))
    values = {name: found.get(f"recomputed_{name}", math.nan) for name in SHARP_KEYWORDS}
    noaa = _number(header, "NOAA_AR")
    return {
        **values,
        "r_value": found["r_value_computed"],
        "latitude": found["latitude"],
        "longitude": found["longitude"],
        "harpnum": int(_number(header, "HARPNUM")),
        "noaa_ar": int(noaa) if noaa > 0 else -1,
        "noaa_ars": str(header.get("NOAA_ARS", "")).strip(),
        # bit 31 is the sign of the archive's 32 bits
        "quality": int(np.uint32(frame.quality & 0xFFFFFFFF).astype(np.int32)),
        "time": frame.time,
        "t_tai": frame.t_tai,
    }


def _measured(path: Path) -> tuple[dict[str, Any], Frame, Header]:
    """Compute what the pixels of a record say, with its place; also give frame and header."""
    problems = ProblemList(str(path))
    places = {name: path.with_name(path.name.replace(".Br.", f".{name}.")) for name in SEGMENTS}
    for name, place in places.items():
        if not place.is_file():
            problems.add("segment is missing", name, place.name, "a file beside Br", "Fetch all six segments.")
    problems.check()
    frame = SOURCE.frame(path)
    if not frame.accepted:
        problems.add("bad quality", "QUALITY", hex(frame.quality), f"none of {', '.join(frame.rejected_for)}")
    images = {name: read_fits_image(place) for name, place in places.items()}
    header = images["Br"].header
    for name, image in images.items():
        told = [image.header.get(key) for key in ("T_REC", "HARPNUM", "NAXIS1", "NAXIS2")]
        wanted = [header.get(key) for key in ("T_REC", "HARPNUM", "NAXIS1", "NAXIS2")]
        # all of one record: segments of two would give a field that never was
        if told != wanted:
            problems.add("segment is not of the same record", name, told, str(wanted))
    scale = [_number(header, key) for key in ("CDELT1", "RSUN_REF", "RSUN_OBS", "DSUN_OBS")]
    if not np.isfinite(scale).all():
        problems.add("no scale", "CDELT1, RSUN_REF, RSUN_OBS, DSUN_OBS", scale, "numbers")
    problems.check()
    found: dict[str, Any] = patch_evidence({n: image.data for n, image in images.items()}, PatchGeometry(*scale))
    found["latitude"] = _number(header, "CRVAL2")
    # JSOC's patches are in Carrington longitude; from the centre's it becomes Stonyhurst.
    found["longitude"] = (_number(header, "CRVAL1") - _number(header, "CRLN_OBS") + 180) % 360 - 180
    return found, frame, header


def _number(header: Header, keyword: str) -> float:
    try:
        value = header.get(keyword)
    except VerifyError:  # ``R_VALUE = nan``, which the standard does not allow, stands in real headers
        return math.nan
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def with_magnetograms(forecasts: xr.Dataset, folder: str | Path) -> xr.Dataset:
    """Add what the latest magnetogram of each region says.

    Parameters
    ----------
    forecasts : xarray.Dataset
        A batch of the forecast contract.
    folder : str or Path
        SHARP CEA patches, in any depth.

    Returns
    -------
    xarray.Dataset
        With the names of `read_magnetogram`, ``magnetogram_series`` and ``magnetogram_reason``. A row takes the latest
        record of its HARP at or before its data cut-off, at most 6 h old. What the batch already knows stays: a patch
        fills only what is missing, and keywords only where the batch has none at all (then ``keyword_time`` is the
        magnetogram's).

    Raises
    ------
    InputError
        If the folder holds no patch.
    """
    records = _records(Path(folder))
    rows, reasons = _match(forecasts, records)
    read: dict[_Record, dict[str, Any]] = {}
    # Several regions and times may share a record: each is read once.
    for record in {row for row in rows if row is not None}:
        try:
            read[record] = read_magnetogram(record.path) | {"magnetogram_series": record.series}
        except InputError as error:
            read[record] = {"magnetogram_reason": "; ".join(map(str, error.problems))}
    told: list[dict[str, Any]] = [
        {"magnetogram_reason": reason} if record is None else {"magnetogram_reason": "", **read[record]}
        for record, reason in zip(rows, reasons, strict=True)
    ]
    if "usflux" not in forecasts.variables:
        told = [{**row, "keyword_time": row["magnetogram_time"]} if "usflux" in row else row for row in told]
    else:
        # Keywords of the forecast's own inputs stay: they are what the model read.
        told = [{name: value for name, value in row.items() if name not in SHARP_KEYWORDS} for row in told]
    return _filled(forecasts, told)


def _records(folder: Path) -> list[_Record]:
    found = []
    for path in sorted(folder.rglob("*.Br.fits")):
        if match := _NAME.fullmatch(path.name):
            day, time = match["day"].replace(".", ""), match["time"]
            stamp = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}"
            utc = np.datetime64(tai_to_utc(np.array([stamp], "datetime64[ns]"))[0], "ns")
            series = "nrt" if match["series"].endswith("_nrt") else "definitive"
            found.append(_Record(path, int(match["harp"]), utc, series))
    if not found:
        problems = ProblemList(str(folder))
        problems.add("no magnetogram patch", got=folder.exists(), wanted="files like hmi.sharp_cea_720s.*.Br.fits")
        problems.check()
    return found


def _match(forecasts: xr.Dataset, records: list[_Record]) -> tuple[list[_Record | None], list[str]]:
    rows: list[_Record | None] = []
    reasons = []
    for harpnum, cutoff in zip(forecasts["harpnum"].values, forecasts["data_cutoff"].values, strict=True):
        own = [record for record in records if record.harpnum == harpnum and record.time <= cutoff]
        latest = max(own, key=lambda record: record.time, default=None)
        fresh = latest is not None and cutoff - latest.time <= _OLDEST
        rows.append(latest if fresh else None)
        reasons.append("" if fresh else f"no magnetogram of HARP {int(harpnum)} in the 6 h before the data cut-off")
    return rows, reasons


def _filled(forecasts: xr.Dataset, told: list[dict[str, Any]]) -> xr.Dataset:
    """Columns from rows; what the batch has and knows stays."""
    columns: dict[str, Any] = {}
    for name in sorted({name for row in told for name in row}):
        unit = VOCABULARY[name].unit
        empty: Any = {"text": "", "time": np.datetime64("NaT", "ns")}.get(unit, math.nan)
        kind: Any = {"text": object, "time": "datetime64[ns]"}.get(unit, np.float64)
        fresh = np.array([row.get(name, empty) for row in told], dtype=kind)
        if name in forecasts.variables:
            own = forecasts[name].values
            fresh = np.where(xr.DataArray(own).isnull().values, fresh, own)
        columns[name] = ("forecast", fresh)
    return describe(forecasts.assign(columns))
