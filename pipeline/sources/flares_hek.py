"""Flares of the Heliophysics Event Knowledgebase: a saved result of sunpy's ``HEKClient``, as CSV, ECSV or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.sources.base import FileSource
from sunproof.pipeline.sources.cells import floats, integers, texts
from sunproof.pipeline.sources.flares import LAYOUT, Flares, note_classes, require_start, to_dataset
from sunproof.pipeline.sources.noaa import satellite_numbers
from sunproof.pipeline.sources.records import finish
from sunproof.pipeline.sources.text import FACTS, read_table, read_text
from sunproof.pipeline.sources.timescale import parse_times

__all__ = ["SOURCE", "table_to_dataset"]

_NAME = "flares_hek"
_REQUIRED = ("event_starttime", "event_peaktime", "event_endtime", "fl_goescls")
_OPTIONAL = ("ar_noaanum", "hgs_x", "hgs_y", "obs_observatory", "frm_name")
# HEK holds the same flare from several methods; this one is NOAA's own list, with NOAA's regions.
_METHOD = "SWPC"


def table_to_dataset(table: Any, where: str, facts: Mapping[str, str] | None = None) -> xr.Dataset:
    """Turn the answer of a HEK search for flares into events of the archive.

    Parameters
    ----------
    table : astropy.table.Table or pandas.DataFrame
        E.g. a ``sunpy.net.hek.HEKTable``, with ``event_starttime``, ``event_peaktime``, ``event_endtime`` (UTC) and
        ``fl_goescls``; ``ar_noaanum``, ``hgs_x``, ``hgs_y`` (degrees), ``obs_observatory`` and ``frm_name`` where there
        are. Where several methods reported, only SWPC's events are kept.
    where : str
        File or query, for messages.
    facts : mapping, optional
        ``coverage_start`` and ``coverage_end``: the interval that was searched.

    Returns
    -------
    xarray.Dataset
        As `Source.read` returns it. The attribute ``other_methods`` counts events left out.

    Raises
    ------
    InputError
        With every problem of the table.
    """
    frame = table if isinstance(table, pd.DataFrame) else _frame(table)
    declared = dict(facts if facts is not None else {})
    return finish(_events(frame, where, declared), LAYOUT, _NAME, where)


def _frame(table: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in (name for name in _REQUIRED + _OPTIONAL if name in table.colnames):
        column = table[name]
        # Times print themselves in ISO form; quantities and masked columns become plain lists.
        values = column.isot if hasattr(column, "isot") else getattr(column, "value", column)
        columns[name] = pd.Series(np.ma.filled(np.ma.asarray(values).astype(object), ""), dtype=object)
    return pd.DataFrame(columns)


def _events(frame: pd.DataFrame, where: str, facts: Mapping[str, str]) -> xr.Dataset:
    problems = ProblemList(where)
    if len(frame.columns) == 0:  # an empty search has no columns
        frame = pd.DataFrame(columns=list(_REQUIRED), dtype=object)
    for name in _REQUIRED:
        if name not in frame:
            problems.add("column is missing", name, sorted(map(str, frame)), name, "Search with a.hek.FL.")
    problems.check()
    frame = frame.reindex(columns=[*_REQUIRED, *_OPTIONAL], fill_value="")
    methods = texts(frame["frm_name"])
    # without NOAA's own entries whatever there is has to do
    chosen = methods == _METHOD if _METHOD in methods else np.ones(len(frame), dtype=bool)
    events = to_dataset(_flares(frame[chosen].reset_index(drop=True), problems), where, facts)
    return events.assign_attrs(other_methods=int((~chosen).sum()))


def _flares(frame: pd.DataFrame, problems: ProblemList) -> Flares:
    start, peak, end = (parse_times(frame[name], problems, name) for name in _REQUIRED[:3])
    require_start(start, frame["event_starttime"], "event_starttime", problems)
    regions = integers(frame["ar_noaanum"], problems, "ar_noaanum", -1)
    extra = {
        "latitude": floats(frame["hgs_y"], problems, "hgs_y"),
        "longitude": floats(frame["hgs_x"], problems, "hgs_x"),
    }
    classes = texts(frame["fl_goescls"])
    note_classes(classes, problems)
    problems.check()
    satellites = satellite_numbers(frame["obs_observatory"])
    return Flares(start, peak, end, classes, regions, satellites, extra)


def _read(path: Path) -> xr.Dataset:
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        frame, facts = read_table(path)
        return _events(frame, str(path), facts)
    if name.endswith(".json"):
        frame, facts = _read_json(path)
        return _events(frame, str(path), facts)
    from astropy.table import Table

    try:
        table = Table.read(read_text(path).splitlines(), format="ascii.ecsv")
    except ValueError as error:  # astropy's InconsistentTableError and its YAML complaints are ValueErrors
        raise InputError(Problem("not an ECSV table", str(path), str(error), "a HEKTable written as ECSV")) from error
    return _events(_frame(table), str(path), {key: str(table.meta[key]) for key in FACTS if key in table.meta})


def _read_json(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """HEK's own answer (``{"result": [...]}``), a list of records, or columns; facts stand beside them."""
    try:
        tree = json.loads(read_text(path))
        facts = {key: str(tree[key]) for key in FACTS if key in tree} if isinstance(tree, dict) else {}
        if isinstance(tree, dict):
            tree = tree.get("result", {name: cells for name, cells in tree.items() if name not in FACTS})
        return pd.DataFrame(tree), facts
    except (ValueError, TypeError, AttributeError) as error:
        wanted = "HEK's answer with 'result', or a saved table"
        raise InputError(Problem("not a saved HEK result", str(path), str(error), wanted)) from error


SOURCE = FileSource(
    _NAME,
    LAYOUT,
    tuple(f"flares_hek/**/*.{suffix}" for suffix in ("csv", "csv.gz", "ecsv", "ecsv.gz", "json", "json.gz")),
    _read,
)
