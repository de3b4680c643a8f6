"""SHARP keyword series of JSOC's ``hmi.sharp_cea_720s``: parquet, CSV, and saved ``drms`` query results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.cells import floats, integers, texts
from sunproof.pipeline.sources.records import finish
from sunproof.pipeline.sources.sharp_units import check_units
from sunproof.pipeline.sources.text import read_table, read_text
from sunproof.pipeline.sources.timescale import parse_times, tai_to_utc
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["SOURCE", "frame_to_dataset"]

_LAYOUT = Layout("table", "record", ("harpnum", "time"))
_NAME = "sharp"
# Flux-weighted centre of the patch, Stonyhurst degrees (Bobra et al. 2014, Sol. Phys. 289, 3549, Table A).
_PLACES = {"LAT_FWT": "latitude", "LON_FWT": "longitude"}
_UNKNOWN_QUALITY = -1


def frame_to_dataset(
    frame: pd.DataFrame, where: str, units: Mapping[str, str] | None = None, **facts: Any
) -> xr.Dataset:
    """Turn a table with JSOC's column names, e.g. the answer of ``drms.Client.query``, into records of the archive.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``HARPNUM``, ``T_REC`` (TAI) and at least one of the 17 keywords; ``NOAA_AR``, ``NOAA_ARS``, ``LAT_FWT``,
        ``LON_FWT`` and ``QUALITY`` where there are. Other columns are left out. Cells may be JSOC's texts.
    where : str
        File or query, for messages.
    units : mapping, optional
        Column -> unit as declared.
    **facts
        Attributes of the dataset, e.g. ``simulated=1``.

    Returns
    -------
    xarray.Dataset
        As `Source.read` returns it. The attribute ``absent`` lists keywords that the table does not have: they are NaN.

    Raises
    ------
    InputError
        With every problem of the table.
    """
    return finish(_records(frame, where, units or {}, facts), _LAYOUT, _NAME, where)


def _records(frame: pd.DataFrame, where: str, units: Mapping[str, str], facts: Mapping[str, Any]) -> xr.Dataset:
    frame = frame.rename(columns=str.upper)
    problems = ProblemList(where)
    absent = [name for name in SHARP_KEYWORDS if name.upper() not in frame]
    for name in ("HARPNUM", "T_REC"):
        if name not in frame:
            problems.add("column is missing", name, sorted(map(str, frame)), name, "Query it with the keywords.")
    if len(absent) == len(SHARP_KEYWORDS):
        problems.add(
            "no SHARP keyword among the columns", "", sorted(map(str, frame)), ", ".join(SHARP_KEYWORDS).upper()
        )
    problems.check()
    check_units(units, problems)
    columns = _columns(frame, problems)
    problems.check()
    declared = {"absent": ", ".join(absent)} if absent else {}
    return xr.Dataset({name: ("record", values) for name, values in columns.items()}, attrs={**facts, **declared})


def _columns(frame: pd.DataFrame, problems: ProblemList) -> dict[str, Any]:
    t_tai = parse_times(frame["T_REC"], problems, "T_REC", "TAI")
    _refuse_missing(np.isnat(t_tai), frame["T_REC"], problems)
    problems.check()
    columns: dict[str, Any] = {
        "harpnum": integers(frame["HARPNUM"], problems, "HARPNUM", None).astype(np.int32),
        "time": tai_to_utc(t_tai),
        "t_tai": t_tai,
    }
    for name in SHARP_KEYWORDS:
        columns[name] = _float32(frame, name.upper(), problems)
    for name, identifier in _PLACES.items():
        columns[identifier] = _float32(frame, name, problems)
    return columns | _labels(frame, problems)


def _refuse_missing(missing: np.ndarray, cells: pd.Series[Any], problems: ProblemList) -> None:
    for position in np.flatnonzero(missing)[:5] if not problems else ():
        problems.add("record without a time", f"record {position + 1}, column T_REC", str(cells.iloc[position]), "TAI")


def _float32(frame: pd.DataFrame, name: str, problems: ProblemList) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), np.nan, dtype=np.float32)
    # What float32 cannot hold becomes infinite, and is refused with its place where the ranges are checked.
    with np.errstate(over="ignore"):
        return floats(frame[name], problems, name).astype(np.float32)


def _labels(frame: pd.DataFrame, problems: ProblemList) -> dict[str, np.ndarray]:
    none = pd.Series([""] * len(frame), dtype=object)
    noaa_ar = integers(frame.get("NOAA_AR", none), problems, "NOAA_AR", -1)
    quality = integers(frame.get("QUALITY", none), problems, "QUALITY", _UNKNOWN_QUALITY, lambda text: int(text, 0))
    return {
        # JSOC writes 0, and its missing integer -2147483648, for a patch without a NOAA region.
        "noaa_ar": np.where(noaa_ar <= 0, -1, noaa_ar).astype(np.int32),
        "noaa_ars": texts(frame.get("NOAA_ARS", none)),
        # 0x80000000 (no data) and its signed form -2147483648 are one word: keep the 32 bits.
        "quality": (quality & 0xFFFFFFFF).astype(np.uint32).view(np.int32),
    }


def _read(path: Path) -> xr.Dataset:
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        return _records(*_read_parquet(path))
    if name.endswith(".json"):
        return _records(_read_json(path), str(path), {}, {})
    frame, facts = read_table(path)
    units: dict[str, str] = {}
    if len(frame) and "HARPNUM" in frame and not any(map(str.isdigit, frame["HARPNUM"].iloc[0])):
        # A second header line with units, as VizieR and astropy write it: its HARPNUM is no number.
        units = {
            str(column): text.strip(" []") for column, text in frame.iloc[0].items() if text.strip() not in ("-", "--")
        }
        frame = frame.iloc[1:].reset_index(drop=True)
    return _records(frame, str(path), units, _flags(facts))


def _flags(facts: Mapping[str, str]) -> dict[str, Any]:
    return {"simulated": 1} if facts.get("simulated") == "1" else {}


def _read_parquet(path: Path) -> tuple[pd.DataFrame, str, dict[str, str], dict[str, Any]]:
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        todo = "Download it again."
        raise InputError(Problem("truncated or damaged parquet file", str(path), str(error), "", todo)) from error
    units = {field.name: (field.metadata or {}).get(b"units", b"").decode() for field in table.schema}
    declared = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items() if len(value) < 64}
    # pandas keeps an index as columns and says so in its metadata: here they are the columns of the file again.
    return table.to_pandas(ignore_metadata=True), str(path), units, _flags(declared)


def _read_json(path: Path) -> pd.DataFrame:
    """Columns of a saved frame (``DataFrame.to_json``) or of JSOC's own answer (``jsoc_info``, op ``rs_list``)."""
    try:
        tree = json.loads(read_text(path))
        if isinstance(tree, dict) and "keywords" in tree:
            tree = {item["name"]: item["values"] for item in tree["keywords"]}
        if isinstance(tree, dict):
            tree = {name: list(cells.values()) if isinstance(cells, dict) else cells for name, cells in tree.items()}
        return pd.DataFrame(tree)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        wanted = "columns of a drms query (DataFrame.to_json), or JSOC's own answer with 'keywords'"
        raise InputError(Problem("not a saved query result", str(path), str(error), wanted)) from error


SOURCE = FileSource(
    _NAME,
    _LAYOUT,
    tuple(f"sharp/**/*.{suffix}" for suffix in ("parquet", "csv", "csv.gz", "json", "json.gz")),
    _read,
)
