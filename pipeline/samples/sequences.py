"""The history before a data cut-off in steps: SHARP keywords, X-ray flux, flares. All rows are gathered at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import DISK, NOBODY, Catalogue
from sunproof.pipeline.samples.config import KeywordSource
from sunproof.pipeline.samples.coverage import xrs_groups
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import open_group, remembered
from sunproof.pipeline.samples.records import sharp_records
from sunproof.pipeline.samples.timeline import Timeline, microseconds
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, THRESHOLDS

__all__ = ["Block", "flare_history", "keyword_history", "xray_history"]

# Practice of the SHARP community: records with any bit from 0x10000 on have an unusable observable.
_UNUSABLE = 0x10000
# Rows of the matrix of X-ray records that is held at once: bounds the memory, not the result.
_BINS = 2_000


class Block(NamedTuple):
    """One modality: values with NaN where missing, names of the last axis, and the latest time that entered a row."""

    values: NDArray[np.float32]
    names: tuple[str, ...]
    latest: NDArray[Any]


def usable_records(sharp: xr.Dataset) -> tuple[Timeline, NDArray[np.intp]]:
    """Timeline of the SHARP records with a usable QUALITY (or none given), and their rows in timeline order."""
    rows = np.arange(sharp.sizes["record"])
    if "quality" in sharp:
        rows = rows[sharp["quality"].to_numpy() < _UNUSABLE]
    timeline = Timeline(sharp["harpnum"].to_numpy()[rows], sharp["time"].to_numpy()[rows])
    return timeline, rows[timeline.order]


def keyword_history(
    archive: str | Path, keys: Keys, hours: float, steps: int, source: KeywordSource = "series"
) -> Block:
    """Take the latest usable SHARP record in each step.

    Parameters
    ----------
    archive : str or Path
        With keyword records.
    keys : Keys
        The rows.
    hours, steps : float, int
        Length of the history and number of its steps.
    source : str
        Whose records; see `sunproof.pipeline.samples.records.sharp_records`.

    Returns
    -------
    Block
        Values of shape (row, step, 17) in the vocabulary's order and units.

    Raises
    ------
    ArchiveError
        If the group or a keyword is missing.
    """
    sharp = sharp_records(archive, source, ["harpnum", "time", *SHARP_KEYWORDS])
    timeline, rows = remembered(("usable", str(archive), source), lambda: usable_records(sharp))
    edges = microseconds(keys.edges(hours, steps))
    position = timeline.until(np.broadcast_to(keys.harpnum[:, None], edges.shape), edges)
    found = position[:, 1:] > position[:, :-1]
    record = rows[position[:, 1:][found] - 1]
    values = np.full((len(keys), steps, len(SHARP_KEYWORDS)), np.nan, dtype=np.float32)
    # side by side, the keywords of a record are gathered with one access to memory
    table = remembered(
        ("keywords", str(archive), source),
        lambda: np.stack([sharp[name].to_numpy() for name in SHARP_KEYWORDS], axis=1),
    )
    values[found] = table[record]
    some = position[:, -1] > position[:, 0]
    latest = np.full(len(keys), np.datetime64("NaT", "us"))
    latest[some] = timeline.time[position[some, -1] - 1].astype("datetime64[us]")
    return Block(values, SHARP_KEYWORDS, latest)


def flare_history(catalogue: Catalogue, keys: Keys, hours: float, steps: int) -> Block:
    """Count the flares of each step, and take the largest, from the region and from the full disk.

    Parameters
    ----------
    catalogue : Catalogue
        Flares by their peak time: before its peak a flare's size is not known.
    keys : Keys
        The rows.
    hours, steps : float, int
        Length of the history and number of its steps.

    Returns
    -------
    Block
        Values of shape (row, step, 4): flares of class C1.0 or above and log10 of the largest peak flux (NaN after no
        flare) of the region, then of the disk. NaN where the step reaches past the catalogue or into a declared hole
        of it, and for rows that name no region.
    """
    edges = microseconds(keys.edges(hours, steps))
    # a history that ends before the list does is known; one beyond either end, or in a hole, is not "no flares"
    covered = catalogue.known(edges[:, :-1], edges[:, 1:])
    values = np.full((len(keys), steps, 4), np.nan, dtype=np.float32)
    sure, maybe = catalogue.counts(THRESHOLDS["C1.0"]), catalogue.counts(THRESHOLDS["C1.0"], certain=False)
    latest = np.full(len(keys), np.datetime64("NaT", "us"))
    own = np.where(keys.segment == DISK, NOBODY, keys.segment)
    for column, segment in ((0, own), (2, np.full(len(keys), DISK))):
        position = catalogue.timeline.until(np.broadcast_to(segment[:, None], edges.shape), edges)
        start, end = position[:, :-1], position[:, 1:]
        count = sure[end] - sure[start]
        known = covered & (segment != NOBODY)[:, None]
        values[..., column] = np.where(known & (maybe[end] - maybe[start] == count), count, np.nan)
        largest, possible = catalogue.largest_low(start, end), catalogue.largest_high(start, end)
        sized = known & (end > start) & (largest == possible) & (largest > 0)
        values[..., column + 1][sized] = np.log10(largest[sized])
        some = end[:, -1] > start[:, 0]
        times = catalogue.timeline.time[end[some, -1] - 1].astype("datetime64[us]")
        latest[some] = np.fmax(latest[some], times)
    names = ("flares_region", "log_largest_region", "flares_disk", "log_largest_disk")
    return Block(values, names, latest)


def xray_history(archive: str | Path, keys: Keys, hours: float, steps: int) -> Block:
    """Take the median of the good X-ray flux in each step, from the satellite with most good records in it.

    Parameters
    ----------
    archive : str or Path
        Its groups ``goesNN_xrs``, if any.
    keys : Keys
        The rows; the flux is the full disk's, so rows of one cut-off share it.
    hours, steps : float, int
        Length of the history and number of its steps.

    Returns
    -------
    Block
        Values of shape (row, step, 2): log10 of W m-2, short channel then long channel.
    """
    # many rows share their steps: each span of time is read once
    ends, inverse = np.unique(microseconds(keys.edges(hours, steps)[:, 1:]), return_inverse=True)
    spans = np.stack([ends - round(hours / steps * 3.6e9), ends], axis=1)
    medians = np.full((len(spans), 2), np.nan)
    most = np.zeros((len(spans), 2), np.int64)
    latest = np.full(len(spans), np.iinfo(np.int64).min)
    for group in xrs_groups(archive):
        series = open_group(archive, group, ["time", "xrsa", "xrsb", "xrsa_good", "xrsb_good"])
        time = microseconds(series["time"].to_numpy())
        first, last = np.searchsorted(time, spans, side="right").T
        for channel, name in enumerate(("xrsa", "xrsb")):
            value, count = _medians(series, name, first, last)
            # one satellite a step, the one that saw most of it: a mean of two would mix their calibrations
            better = count > most[:, channel]
            medians[better, channel] = value[better]
            most[better, channel] = count[better]
            latest[better] = np.maximum(latest[better], time[last[better] - 1])
    values = medians[inverse].reshape(len(keys), steps, 2).astype(np.float32)
    times = latest[inverse].reshape(len(keys), steps).max(axis=1)
    return Block(values, ("xrsa", "xrsb"), times.astype("datetime64[us]"))


def _medians(
    series: xr.Dataset, name: str, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Median of log10 of the good records first:last of each bin, and how many there are; bins in time order."""
    median, count = np.full(len(first), np.nan), np.zeros(len(first), np.int64)
    filled = np.flatnonzero(last > first)
    for start in range(0, len(filled), _BINS):
        part = filled[start : start + _BINS]
        low, high = int(first[part].min()), int(last[part].max())
        flux = series[name][low:high].to_numpy().astype(np.float64)
        good = (series[f"{name}_good"][low:high].to_numpy() == 1) & (flux > 0)
        logs = np.where(good, np.log10(np.where(good, flux, 1)), np.nan)
        width = int((last[part] - first[part]).max())
        index = first[part, None] - low + np.arange(width)
        inside = index < (last[part, None] - low)
        table = np.where(inside, logs[np.minimum(index, len(logs) - 1)], np.nan)
        # NaN sorts last, so the good values of a bin stand in front and their middle is found by counting
        table.sort(axis=1)
        number = (~np.isnan(table)).sum(axis=1)
        rows = np.arange(len(part))
        middle = (table[rows, np.maximum(number - 1, 0) // 2] + table[rows, number // 2]) / 2
        median[part] = np.where(number > 0, middle, np.nan)
        count[part] = number
    return median, count
