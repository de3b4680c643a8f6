"""What the flare catalogues share: from columns to events, with scale, coverage and counted defects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from sunproof.models.physics.goes_class import class_to_flux
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.contract import SEMANTICS
from sunproof.pipeline.sources.base import Layout
from sunproof.pipeline.sources.cells import is_missing
from sunproof.pipeline.sources.noaa import goes_scale, region_numbers
from sunproof.pipeline.sources.records import NAMED
from sunproof.pipeline.sources.timescale import Times

__all__ = ["LAYOUT", "Flares", "note_classes", "require_start", "to_dataset"]

_CLASSLESS = re.compile(r"|[ABCMX] *0*\.?0*")
LAYOUT = Layout("table", "event", ("start_time", "peak_time", "noaa_ar", "goes_class"))


@dataclass(frozen=True)
class Flares:
    """Columns of a catalogue, one element a flare.

    Parameters
    ----------
    start, peak, end : numpy.ndarray
        UTC, datetime64[ns]; NaT for unknown peak and end.
    goes_class : numpy.ndarray
        Texts like ``M1.5``.
    noaa_ar : numpy.ndarray
        Region as written, four or five digits; zero or negative for none.
    satellite : numpy.ndarray
        GOES number, -1 for unknown.
    extra : mapping
        ``latitude``, ``longitude`` (degrees) and ``fluence`` (J m-2), where the catalogue has them.
    """

    start: Times
    peak: Times
    end: Times
    goes_class: npt.NDArray[np.object_]
    noaa_ar: npt.NDArray[np.int64]
    satellite: npt.NDArray[np.int32]
    extra: Mapping[str, npt.NDArray[np.floating[Any]]] = field(default_factory=dict)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Flares:
        """Return only the chosen flares."""
        own = {item.name: getattr(self, item.name)[chosen] for item in fields(self) if item.name != "extra"}
        return Flares(**own, extra={name: values[chosen] for name, values in self.extra.items()})


def to_dataset(flares: Flares, where: str, facts: Mapping[str, str]) -> xr.Dataset:
    """Turn a catalogue's columns into events of the archive.

    Parameters
    ----------
    flares : Flares
        The columns.
    where : str
        File, for messages.
    facts : mapping
        What the file declares: ``simulated``, ``goes_scale`` (for all its flares), ``coverage_start`` and
        ``coverage_end``. Without a declaration the coverage is from the start of the day of the first flare to the end
        of the day of the last one.

    Returns
    -------
    xarray.Dataset
        Along ``event``. Attributes count what a list got wrong: ``peak_before_start``, ``end_before_peak`` (kept as
        written; labels use the peak), ``without_peak``, ``without_class`` (dropped: an entry without a flux, such as
        ``A0.0``, is no GOES flare), and ``merged`` (the same flare written twice: the entry whose times are in order is
        kept, else the first).

    Raises
    ------
    InputError
        For texts that are no GOES class, or for an empty list that declares no coverage.
    """
    # before classless ones go: they show as well that the list was kept at that time
    coverage = _coverage(flares.start, where, facts)
    classless = np.array([_CLASSLESS.fullmatch(text) is not None for text in flares.goes_class], dtype=bool)
    flares = flares.where(~classless)
    missing = np.full(flares.start.size, np.nan, dtype=np.float32)
    columns = {
        "start_time": flares.start,
        "peak_time": flares.peak,
        "end_time": flares.end,
        "goes_class": flares.goes_class,
        "peak_flux": class_to_flux(flares.goes_class, f"{where}: class"),
        "goes_scale": _scale(flares, where, facts),
        "noaa_ar": region_numbers(flares.noaa_ar, flares.start),
        "satellite": flares.satellite,
    } | {name: flares.extra.get(name, missing).astype(np.float32) for name in ("latitude", "longitude", "fluence")}
    events, merged = _merged(xr.Dataset({name: (LAYOUT.dim, values) for name, values in columns.items()}))
    events.attrs = {**coverage, **_defects(events), "merged": merged, "without_class": int(classless.sum())}
    if facts.get("simulated") == "1":
        events.attrs["simulated"] = 1
    return events


def note_classes(classes: npt.NDArray[Any], problems: ProblemList) -> None:
    """Note texts that are no GOES class, so that they are told together with what else is wrong with the list."""
    known = np.array([_CLASSLESS.fullmatch(text) is None for text in classes], dtype=bool)
    try:
        class_to_flux(classes[known], f"{problems.where}: class")
    except InputError as error:
        problems.problems.extend(error.problems)


def require_start(start: Times, cells: pd.Series[Any], column: str, problems: ProblemList) -> None:
    """Note flares without a start; cells that are no time have been noted by `parse_times` and are not noted again."""
    for row in np.flatnonzero(np.isnat(start) & is_missing(cells))[:NAMED]:
        problems.add("flare without a start", f"record {row + 1}, column {column}", str(cells.iloc[row]), "a UTC time")


def _coverage(start: Times, where: str, facts: Mapping[str, str]) -> dict[str, str]:
    declared = {name: facts[name] for name in ("coverage_start", "coverage_end") if name in facts}
    if len(declared) == 2:
        return {name: _declared_time(name, text, where) for name, text in declared.items()}
    if not start.size:
        todo = "Declare it in comment lines: # coverage_start: 2011-01-01T00:00:00, and # coverage_end."
        raise InputError(Problem("no flares, and no interval in which there were none", where, 0, "coverage", todo))
    # whole days, for lists are made by the day
    first, last = start.min().astype("datetime64[D]"), start.max().astype("datetime64[D]") + np.timedelta64(1, "D")
    return {"coverage_start": str(first.astype("datetime64[s]")), "coverage_end": str(last.astype("datetime64[s]"))}


def _declared_time(name: str, text: str, where: str) -> str:
    try:
        return str(np.datetime64(text.removesuffix("Z"), "s"))
    except ValueError as error:
        raise InputError(Problem("not a UTC time", f"{where}: {name}", text, "like 2011-01-01T00:00:00")) from error


def _scale(flares: Flares, where: str, facts: Mapping[str, str]) -> npt.NDArray[np.object_]:
    declared = facts.get("goes_scale")
    # a list without a word on its scale: what the satellites printed at that time is known
    if declared is None:
        return goes_scale(flares.satellite, flares.start)
    if declared not in SEMANTICS["goes_scale"]:
        wanted = "operational, science or unknown"
        raise InputError(Problem("unknown scale", f"{where}: goes_scale", declared, wanted))
    return np.full(flares.start.size, declared, dtype=object)


def _defects(events: xr.Dataset) -> dict[str, int]:
    start, peak, end = (events[name].values for name in ("start_time", "peak_time", "end_time"))
    return {
        "peak_before_start": int((peak < start).sum()),
        "end_before_peak": int((end < peak).sum()),
        "without_peak": int(np.isnat(peak).sum()),
    }


def _merged(events: xr.Dataset) -> tuple[xr.Dataset, int]:
    frame = pd.DataFrame({key: events[key].values for key in LAYOUT.keys})
    ordered = (events["start_time"] <= events["peak_time"]) & (events["peak_time"] <= events["end_time"])
    # Entries in order first, then in the list's order: the first of each flare is the one to keep.
    preference = np.argsort(~ordered.values, kind="stable")
    kept = np.sort(preference[~frame.iloc[preference].duplicated().to_numpy()])
    return events.isel({LAYOUT.dim: kept}), int(len(frame) - kept.size)
