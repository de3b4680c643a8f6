"""Somebody else's forecasts: a text table with declared meaning into the forecast contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sunproof.pipeline.auditing.config import Column, ForeignConfig
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.contract import Semantics, new_forecasts
from sunproof.pipeline.sources.text import facts_of, read_text
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["read_foreign"]

# More examples of the same mistake help nobody; the count is in the message.
_EXAMPLES = 3
# Nanoseconds in 64 bits hold no more; -1 is the full disk, and no count of regions has come near the other end.
_YEARS = (pd.Timestamp("1700"), pd.Timestamp("2250"))
_REGIONS = (-1, 10**6)


def read_foreign(path: str | Path, table: ForeignConfig) -> xr.Dataset:
    """Read a text table of forecasts.

    Nothing is corrected: probabilities outside 0 to 1 pass through, because judging them is the checks' work. What
    cannot be read as a number or a time is an error.

    Parameters
    ----------
    path : str or Path
        The table.
    table : ForeignConfig
        Its columns and the meaning of its numbers.

    Returns
    -------
    xarray.Dataset
        Forecasts as in `sunproof.pipeline.forecasting.contract`. A probability that was not issued is NaN; a row
        without any is NO_FORECAST. ``data_cutoff`` is the issue time: a table does not say more.

    Raises
    ------
    InputError
        With every problem of the file: missing columns, unreadable cells with their rows, thresholds that are not
        known, forecasts that occur twice.
    """
    problems = ProblemList(str(path))
    frame = _read_text(Path(path), table)
    _check_columns(frame, table, problems)
    problems.check()
    keys = _keys(frame, table, problems)
    cells = _wide(frame, table, problems) if table.wide else _long(frame, table, problems)
    problems.check()
    forecasts = _assemble(keys, cells, table, problems)
    # A table that says "# simulated: 1" among its comments is no observation's forecast.
    forecasts.attrs["simulated"] = int(facts_of(read_text(Path(path))).get("simulated") == "1")
    return forecasts


def _read_text(path: Path, table: ForeignConfig) -> pd.DataFrame:
    separator = r"\s+" if table.separator == "whitespace" else table.separator
    try:
        frame = pd.read_csv(
            # as text: pandas would take "NA" for missing and 007 for 7 before anybody could tell
            path,
            sep=separator,
            header=0 if table.header else None,
            dtype=str,
            keep_default_na=False,
            comment="#",
        )
        return frame.set_index(_lines(path, len(frame), table.header))
    except FileNotFoundError as error:
        raise InputError(Problem("no such file", str(path), todo="Check 'forecasts' in the configuration.")) from error
    except pd.errors.EmptyDataError as error:
        raise InputError(Problem("the table is empty", str(path), 0, "at least one row of forecasts")) from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            Problem("not a text table", str(path), str(error), f"columns separated by {table.separator!r}, UTF-8")
        ) from error


def _lines(path: Path, rows: int, header: bool) -> pd.Index:
    """Line of the file that each row stands in: comments and empty lines are no rows."""
    # utf-8-sig: tables from Excel begin with a mark that is no part of the first column's name
    texts = path.read_text(encoding="utf-8-sig").splitlines()
    held = [number for number, text in enumerate(texts, start=1) if text.partition("#")[0].strip()][header:]
    # a quoted cell may reach over several lines
    return pd.Index(held if len(held) == rows else np.arange(rows) + 1 + header)


def _used_columns(table: ForeignConfig) -> list[Column]:
    named: list[Column | list[Column] | None] = [table.issue_time, table.window_start, table.harpnum, table.noaa_ar]
    named += [table.threshold, table.window, table.probability, *(item.column for item in table.wide)]
    return [column for item in named if item is not None for column in (item if isinstance(item, list) else [item])]


def _check_columns(frame: pd.DataFrame, table: ForeignConfig, problems: ProblemList) -> None:
    if not len(frame):
        problems.add("the table has no rows", got=0, wanted="at least one row of forecasts")
    for column in _used_columns(table):
        if column not in frame.columns:
            problems.add("no such column", f"column {column}", list(frame.columns), f"a column {column!r}")


def _note_bad(problems: ProblemList, bad: pd.Series, text: pd.Series, column: object, wanted: str) -> None:
    """Note unreadable cells: how many, and the first of them with their line numbers in the file."""
    rows = np.flatnonzero(bad.to_numpy())
    for row in rows[:_EXAMPLES]:
        line = int(text.index[row])
        more = f" ({len(rows)} such cells)" if row == rows[0] and len(rows) > 1 else ""
        problems.add(f"unreadable cell{more}", f"line {line}, column {column}", str(text.iloc[row]), wanted)


def _times(
    frame: pd.DataFrame, column: Column | list[Column], table: ForeignConfig, problems: ProblemList
) -> pd.Series:
    columns = column if isinstance(column, list) else [column]
    text = frame[columns[0]].str.strip()
    for extra in columns[1:]:
        text = text + " " + frame[extra].str.strip()
    # the declared format and no guess: 01/02 is two days
    times = pd.to_datetime(text, format=table.time_format, errors="coerce", utc=True).dt.tz_localize(None)
    # a batch counts nanoseconds: a year 9999 would come out as 1816
    times = times.where(times.between(*_YEARS))
    _note_bad(problems, times.isna(), text, column, f"a time written as {table.time_format}")
    return times


def _numbers(
    frame: pd.DataFrame, column: Column, table: ForeignConfig, problems: ProblemList, wanted: str
) -> pd.Series:
    text = frame[column].str.strip()
    missing = text.isin(table.missing)
    numbers = pd.to_numeric(text.where(~missing), errors="coerce")
    # what is declared missing is no mistake; what is neither it nor a number is
    _note_bad(problems, numbers.isna() & ~missing, text, column, wanted)
    return numbers.astype(float)


def _regions(frame: pd.DataFrame, column: Column, table: ForeignConfig, problems: ProblemList) -> pd.Series:
    """Region numbers, -1 where there is none; what is no whole number is no region, and the nearest is another one."""
    numbers = _numbers(frame, column, table, problems, "a region number")
    odd = numbers.notna() & ~((numbers % 1 == 0) & numbers.between(*_REGIONS))
    _note_bad(problems, odd, frame[column], column, "a region number")
    return numbers.mask(odd).fillna(-1).astype(int)


def _keys(frame: pd.DataFrame, table: ForeignConfig, problems: ProblemList) -> pd.DataFrame:
    issued = _times(frame, table.issue_time, table, problems)
    if table.window_start is None:
        start = issued + pd.to_timedelta(table.window_delay, unit="h")
    else:
        start = _times(frame, table.window_start, table, problems)
    keys = pd.DataFrame({"issue_time": issued, "window_start": start})
    for name, column in (("harpnum", table.harpnum), ("noaa_ar", table.noaa_ar)):
        if column is None:
            keys[name] = -1
        else:
            keys[name] = _regions(frame, column, table, problems)
    return keys


def _wide(frame: pd.DataFrame, table: ForeignConfig, problems: ProblemList) -> pd.DataFrame:
    """Cells of a wide table as long rows: row, threshold, window, probability."""
    parts = [
        pd.DataFrame(
            {
                "row": np.arange(len(frame)),
                "threshold": item.threshold,
                "window": item.window,
                "probability": _numbers(
                    frame, item.column, table, problems, f"a {table.unit} or one of {table.missing}"
                ),
            }
        )
        for item in table.wide
    ]
    return pd.concat(parts, ignore_index=True)


def _long(frame: pd.DataFrame, table: ForeignConfig, problems: ProblemList) -> pd.DataFrame:
    threshold, window, probability = table.long_columns
    names = frame[threshold].str.strip()
    _note_bad(problems, ~names.isin(list(THRESHOLDS)), names, threshold, f"one of {', '.join(THRESHOLDS)}")
    hours = _numbers(frame, window, table, problems, "hours")
    values = _numbers(frame, probability, table, problems, f"a {table.unit} or one of {table.missing}")
    # no comparison with NaN holds
    _note_bad(problems, ~((hours > 0) & (hours < np.inf)), frame[window], window, "hours above 0")
    return pd.DataFrame({"row": np.arange(len(frame)), "threshold": names, "window": hours, "probability": values})


def _assemble(keys: pd.DataFrame, cells: pd.DataFrame, table: ForeignConfig, problems: ProblemList) -> xr.Dataset:
    thresholds = tuple(name for name in THRESHOLDS if name in set(cells["threshold"]))
    windows = tuple(sorted(set(cells["window"])))
    group = keys.groupby(list(keys.columns), sort=True)
    number = group.ngroup().to_numpy()[cells["row"].to_numpy()]
    place = (
        number,
        pd.Index(thresholds).get_indexer(pd.Index(cells["threshold"])),
        pd.Index(windows).get_indexer(pd.Index(cells["window"])),
    )
    probability = np.full((group.ngroups, len(thresholds), len(windows)), np.nan)
    count = np.zeros(probability.shape, int)
    # unbuffered: a cell that stands twice must count twice
    np.add.at(count, place, 1)
    if table.repeats == "refuse":
        _note_twice(count, place, cells, keys.index, problems)
        problems.check()
    # where a cell is assigned twice numpy keeps the last, in the order of the file
    probability[place] = cells["probability"].to_numpy() / (100.0 if table.unit == "percent" else 1.0)
    return _dataset(group.first().index.to_frame(index=False), probability, thresholds, windows, table)


def _note_twice(
    count: np.ndarray, place: tuple[np.ndarray, ...], cells: pd.DataFrame, lines: pd.Index, problems: ProblemList
) -> None:
    twice = np.flatnonzero(count[place] > 1)
    for cell in twice[: 2 * _EXAMPLES]:
        item = cells.iloc[int(cell)]
        problems.add(
            f"forecast occurs more than once ({len(twice)} such cells)",
            f"line {int(lines[item['row']])}",
            f"{item['threshold']}, {item['window']:g} h",
            "one row an issue time, region, threshold and window",
            "If the later one is a correction, declare repeats: last.",
        )


def _dataset(
    keys: pd.DataFrame,
    probability: np.ndarray,
    thresholds: tuple[str, ...],
    windows: tuple[float, ...],
    table: ForeignConfig,
) -> xr.Dataset:
    silent = np.isnan(probability).all(axis=(1, 2))
    region = (keys["harpnum"].to_numpy() >= 0) | (keys["noaa_ar"].to_numpy() >= 0)
    text: dict[str, np.ndarray] = {
        "entity": np.where(region, "region", "full_disk"),
        "status": np.where(silent, "NO_FORECAST", "ISSUED"),
        "status_reason": np.where(silent, "no probability in the table for this slot", ""),
    }
    variables: dict[str, tuple[tuple[str, ...], Any]] = {
        "probability": (("forecast", "threshold", "window"), probability),
        **{name: (("forecast",), values.astype(object)) for name, values in text.items()},
        **{name: (("forecast",), keys[name].to_numpy()) for name in ("harpnum", "noaa_ar")},
        **{name: (("forecast",), keys[name].to_numpy("datetime64[ns]")) for name in ("issue_time", "window_start")},
        # a table does not say when its data end; the time of issue is the latest that is possible
        "data_cutoff": (("forecast",), keys["issue_time"].to_numpy("datetime64[ns]")),
    }
    semantics: Semantics = {"classes": table.classes, "windows": table.windows, "goes_scale": table.goes_scale}
    facts = {"model": table.model, "probability_quantum": table.quantum, "simulated": 0}
    return new_forecasts(variables, thresholds, windows, semantics, **facts)
