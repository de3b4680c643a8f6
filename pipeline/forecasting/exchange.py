"""Forecasts of other systems into the forecast contract, and ours into their formats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.contract import Semantics, new_forecasts
from sunproof.pipeline.forecasting.formats.base import Bin, Entry, Submission
from sunproof.pipeline.forecasting.naming import number_of_row
from sunproof.pipeline.receipts import replacing
from sunproof.pipeline.registry import members, pick

__all__ = ["from_submissions", "read_submissions", "to_submissions", "write_submissions"]

_FORMATS = "sunproof.pipeline.forecasting.formats"
_THRESHOLDS = {"C": "C1.0", "M": "M1.0", "X": "X1.0"}
_HOUR = np.timedelta64(1, "h")


def read_submissions(path: str | Path) -> list[Submission]:
    """Read one file of any known format, told by its content.

    Raises
    ------
    InputError
        If no format recognises the file, or with every problem of the one that does.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Problem("not a text file", str(path), str(error), "UTF-8 text")) from error
    formats = members(_FORMATS, "FORMAT")
    for known in formats.values():
        if known.recognises(text):
            return list(known.read(text, str(path)))
    start = text.lstrip()[:40]
    raise InputError(Problem("unknown forecast format", str(path), start, f"one of {', '.join(formats)}"))


def from_submissions(submissions: Iterable[Submission], goes_scale: str = "unknown") -> xr.Dataset:
    """Put submissions of one method into one batch.

    Windows of one issue time that share their start are nested; windows that follow one another are disjoint. The
    files do not state the GOES scale, so it is the caller's to declare.

    Parameters
    ----------
    submissions : iterable of Submission
        Any number of issue times; all must have the same window lengths and the same kind of classes.
    goes_scale : str
        Scale of the classes: operational, science or unknown.

    Returns
    -------
    xarray.Dataset
        A batch as in `contract`; missing probabilities are NaN.

    Raises
    ------
    InputError
        If classes or windows are mixed in a way that cannot be one batch.
    """
    items = sorted(submissions, key=lambda item: (item.issue_time, item.end))
    problems = ProblemList("submissions")
    methods = {item.method for item in items}
    if len(methods) != 1:
        problems.add("submissions of several methods, or none", "method", sorted(methods), "one method a batch")
    classes = _classes(items, problems)
    windows, kind = _windows(items, problems)
    problems.check()
    rows = _rows(items, windows)
    semantics: Semantics = {"classes": classes, "windows": kind, "goes_scale": goes_scale}
    return new_forecasts(rows, tuple(_THRESHOLDS.values()), windows, semantics, model=methods.pop())


def _classes(items: list[Submission], problems: ProblemList) -> str:
    # X has no class above it, so X and X+ are the same event and decide nothing.
    names = {bin.name for item in items for entry in item.entries for bin in entry.bins if bin.name[0] != "X"}
    cumulative, exclusive = {name for name in names if "+" in name}, {name for name in names if "+" not in name}
    if cumulative and exclusive:
        problems.add("cumulative and exclusive classes are mixed", "fluxbin", sorted(names), "C+ and M+, or C and M")
    return "exclusive" if exclusive else "cumulative"


def _ends(item: Submission, first: np.datetime64) -> float:
    return float((item.end - first) / _HOUR)


def _windows(items: list[Submission], problems: ProblemList) -> tuple[tuple[float, ...], str]:
    kinds, lengths = set(), set()
    for issue in sorted({item.issue_time for item in items}):
        group = [item for item in items if item.issue_time == issue]
        starts = sorted({item.start for item in group})
        follow = all(a.end == b.start for a, b in pairwise(group))
        if len(group) > 1:
            kinds.add("nested" if len(starts) == 1 else "disjoint" if follow else "mixed")
        lengths.add(tuple(_ends(item, starts[0]) for item in group))
    if len(lengths) != 1 or len(kinds) > 1 or "mixed" in kinds:
        problems.add(
            "windows differ between issue times or overlap", "window [h]", sorted(lengths), "one set of windows"
        )
    return (min(lengths) if lengths else ()), (kinds.pop() if kinds else "nested")


def _rows(items: list[Submission], windows: tuple[float, ...]) -> dict[str, tuple[tuple[str, ...], object]]:
    facts, cells, starts = _gathered(items, windows)
    values = _values(cells, (len(facts), 3, len(windows)))
    dims = ("forecast", "threshold", "window")
    missing = np.isnan(values["probability"]).all((1, 2))
    one = ("forecast",)
    found: dict[str, tuple[tuple[str, ...], object]] = {name: (dims, array) for name, array in values.items()}
    found["issue_time"] = (one, np.array([item.issue_time for item, _ in facts], "datetime64[ns]"))
    # A submission does not say when its data end; the issue time is the latest that is possible.
    found["data_cutoff"] = found["issue_time"]
    found["window_start"] = (one, np.array([starts[item.issue_time] for item, _ in facts], "datetime64[ns]"))
    found["entity"] = (one, np.array([entry.entity for _, entry in facts], dtype=object))
    for name in ("harpnum", "noaa_ar", "latitude", "longitude"):
        found[name] = (one, np.array([getattr(entry, name) for _, entry in facts]))
    found["status"] = (one, np.where(missing, "NO_FORECAST", "ISSUED").astype(object))
    found["status_reason"] = (one, np.where(missing, "all probabilities are missing in the file", "").astype(object))
    return found


def _gathered(
    items: list[Submission], windows: tuple[float, ...]
) -> tuple[list[tuple[Submission, Entry]], list[tuple[int, int, Bin]], dict[np.datetime64, np.datetime64]]:
    """Rows with where they were first told, what stands in which row and window, and the first start of each issue."""
    keys: dict[tuple[object, ...], int] = {}
    facts: list[tuple[Submission, Entry]] = []
    cells: list[tuple[int, int, Bin]] = []
    starts: dict[np.datetime64, np.datetime64] = {}
    for item in items:
        starts[item.issue_time] = min(item.start, starts.get(item.issue_time, item.start))
        window = windows.index(_ends(item, starts[item.issue_time]))
        for entry in item.entries:
            # a region without any number is told by its place
            place = (entry.latitude, entry.longitude) if entry.noaa_ar < 0 and entry.harpnum < 0 else ()
            key = (item.issue_time, entry.entity, entry.noaa_ar, entry.harpnum, *map(str, place))
            if key not in keys:
                keys[key] = len(facts)
                facts.append((item, entry))
            cells += [(keys[key], window, bin) for bin in entry.bins]
    return facts, cells, starts


def _values(cells: list[tuple[int, int, Bin]], shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Fill probabilities with their ranges, and levels."""
    values = {
        name: np.full(shape, np.nan) for name in ("probability", "uncertainty", "probability_low", "probability_high")
    }
    level = np.full(shape, -1)
    for row, window, bin in cells:
        column = "CMX".index(bin.name[0])
        for name, value in zip(values, bin[1:5], strict=True):
            values[name][row, column, window] = value
        level[row, column, window] = bin.level
    return {**values, "level": level}


def to_submissions(forecasts: xr.Dataset, method: str) -> list[Submission]:
    """Write a batch as submissions, one an issue time and window.

    Parameters
    ----------
    forecasts : xarray.Dataset
        A batch with cumulative or exclusive classes.
    method : str
        Registered identifier.

    Returns
    -------
    list of Submission
        Slots without a forecast are left out: the scoreboard has no word for them. Of a HARP's numbers the one is given
        whose summary the forecast was made with (`sunproof.pipeline.forecasting.naming`).

    Raises
    ------
    InputError
        If the semantics are unknown.
    """
    for name in ("classes", "windows"):
        if forecasts.attrs.get(name) == "unknown":
            raise InputError(
                Problem(f"{name} are not declared", method, "unknown", "cumulative or exclusive, nested or disjoint")
            )
    plus = "+" if forecasts.attrs["classes"] == "cumulative" else ""
    ends = np.asarray(forecasts["window"].values, float)
    # a disjoint window begins where the one before ends
    begins = np.concatenate([[0.0], ends[:-1]]) if forecasts.attrs["windows"] == "disjoint" else np.zeros_like(ends)
    # forms have no place for a reason: what has no forecast is left out
    issued = forecasts.isel(forecast=np.flatnonzero(forecasts["status"].values != "NO_FORECAST"))
    found = []
    for issue in np.unique(issued["issue_time"].values):
        group = issued.isel(forecast=np.flatnonzero(issued["issue_time"].values == issue))
        for window, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            first = group["window_start"].values[0]
            start, stop = (first + np.timedelta64(round(hours * 60), "m") for hours in (begin, end))
            entries = tuple(
                _entry_of(group.isel(forecast=row, window=window), plus, number_of_row(group, row))
                for row in range(group.sizes["forecast"])
            )
            order = sorted(entries, key=lambda entry: entry.entity)
            found.append(Submission(method, issue, start, stop, tuple(order)))
    return found


def _value(row: xr.Dataset, name: str, index: int) -> float:
    return float(row[name].values[index]) if name in row else math.nan


def _entry_of(row: xr.Dataset, plus: str, noaa_ar: int) -> Entry:
    bins = []
    for index, threshold in enumerate(map(str, row["threshold"].values)):
        letter = threshold[0]
        names = ("probability", "uncertainty", "probability_low", "probability_high")
        values = [_value(row, name, index) for name in names]
        level = int(row["level"].values[index]) if "level" in row else -1
        # X has no class above it, so that its own flares and those at or above it are the same
        bins.append(Bin(letter + (plus or "+" * (letter == "X")), values[0], values[1], values[2], values[3], level))
    latitude, longitude = (float(row[name]) if name in row else math.nan for name in ("latitude", "longitude"))
    return Entry(str(row["entity"].item()), tuple(bins), noaa_ar, int(row["harpnum"]), latitude, longitude)


def write_submissions(submissions: list[Submission], folder: str | Path, kind: str = "ccmc_json") -> list[Path]:
    """Write submissions into a folder in one format of the registry.

    Returns
    -------
    list of Path
        The files, each written whole.

    Raises
    ------
    ConfigError
        If there is no such format; the message lists those there are.
    """
    texts = pick(_FORMATS, "FORMAT", kind).write(submissions)
    paths = []
    for name, text in texts.items():
        paths.append(Path(folder) / name)
        with replacing(paths[-1]) as partial:
            partial.write_text(text, encoding="utf-8")
    return paths
