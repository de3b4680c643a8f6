"""Flare history of a region and of the disk as named numbers: counts, decaying indices, time since the last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import DISK, NOBODY, SLACK, Catalogue
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["flare_scalars"]

Columns = dict[str, NDArray[np.float64]]

_REGION_HOURS = (6, 12, 24, 48, 72)
_DISK_HOURS = (24, 72, 27 * 24)
# Time scales of the decaying indices, hours: one flare-productive phase, a day, a good part of a passage.
_DECAY_HOURS = (6, 24, 72)
_HOUR = 3_600_000_000
# Time scales after which a flare that nobody listed counts for less than a hundredth: exp(-5) is 0.7 %.
_FADED = 5


def flare_scalars(catalogue: Catalogue, keys: Keys) -> Columns:
    """Flare history as named numbers.

    Parameters
    ----------
    catalogue : Catalogue
        Flares by their peak time.
    keys : Keys
        The rows.

    Returns
    -------
    dict
        Name -> values of shape (row,). ``flares_c_24h`` counts flares of class C1.0 or above in the 24 h before the
        cut-off; ``flares_c_all`` since the catalogue begins; ``flare_index_24h`` is log10(1 + sum of peak flux in units
        of 1e-6 W m-2, each decayed by exp(-age / 24 h)); ``hours_since_c`` is NaN before the first flare; ``disk_``
        the same from the full disk. A window that reaches before the catalogue, or any window after its end, is NaN,
        and so is what a declared hole of the list touches: counts of its hours, ages of a flare before it, indices
        for five of their time scales after it, ``flares_c_all`` for a region's passage (`Catalogue.unbroken`).
    """
    columns = _scalars(catalogue, keys, np.where(keys.segment == DISK, NOBODY, keys.segment), _REGION_HOURS, "")
    return columns | _scalars(catalogue, keys, np.full(len(keys), DISK), _DISK_HOURS, "disk_")


def _scalars(
    catalogue: Catalogue, keys: Keys, segment: NDArray[np.int64], spans: tuple[int, ...], prefix: str
) -> Columns:
    line = catalogue.timeline
    now = microseconds(keys.cutoff)
    begin, end = line.begin(segment), line.until(segment, now)
    named = segment != NOBODY
    current = named & catalogue.known(now, now)
    whole = named & catalogue.unbroken(segment, now)
    columns: Columns = {}
    starts = {hours: line.until(segment, now - hours * _HOUR) for hours in spans}
    for name, flux in THRESHOLDS.items():
        letter = name[0].lower()
        counts = catalogue.counts(flux)
        for hours, start in starts.items():
            # Before the catalogue began, a count of zero would tell of nothing.
            known = named & catalogue.known(now - hours * _HOUR, now)
            columns[f"{prefix}flares_{letter}_{hours}h"] = np.where(known, counts[end] - counts[start], np.nan)
        if not prefix:
            columns[f"flares_{letter}_all"] = np.where(whole, counts[end] - counts[begin], np.nan)
        # X flares are so rare that the age of the last would be missing nearly everywhere.
        if name != "X1.0":
            age = _age_of_last(catalogue, flux, begin, end, now)
            columns[f"{prefix}hours_since_{letter}"] = np.where(current, age, np.nan)
    for hours in _DECAY_HOURS:
        index = _decayed(catalogue, hours, begin, end, now)
        faded = current & ~catalogue.silent(now - _FADED * hours * _HOUR, now)
        # In C1 flares, and one more: a region without flares gets 0, not minus infinity.
        columns[f"{prefix}flare_index_{hours}h"] = np.where(faded, np.log10(1 + index / THRESHOLDS["C1.0"]), np.nan)
    return columns


def _age_of_last(
    catalogue: Catalogue, flux: float, begin: NDArray[np.int64], end: NDArray[np.int64], now: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Hours since the last flare of at least this flux; NaN for none, and where the list may lack a later one."""
    large = catalogue.member_low >= flux * (1 - SLACK)
    # position of the latest large flare at or before each place of the timeline
    latest = np.maximum.accumulate(np.where(large, np.arange(len(large)), -1)) if len(large) else np.zeros(0, np.int64)
    last = np.full(len(now), -1)
    last[end > begin] = latest[end[end > begin] - 1]
    found = last >= np.maximum(begin, 0)
    found &= end > begin
    age = np.full(len(now), np.nan)
    time = catalogue.timeline.time[last[found]]
    age[found] = np.where(catalogue.silent(time, now[found]), np.nan, (now[found] - time) / _HOUR)
    return age


def _decayed(
    catalogue: Catalogue, hours: float, begin: NDArray[np.int64], end: NDArray[np.int64], now: NDArray[np.int64]
) -> NDArray[Any]:
    """Sum of peak fluxes, each decayed since its peak."""
    if ("decayed", hours) not in catalogue.kept:
        catalogue.kept["decayed", hours] = _running(catalogue, hours)
    time, sums = catalogue.timeline.time, catalogue.kept["decayed", hours]
    result = np.zeros(len(now))
    some = np.flatnonzero(end > begin)
    last = end[some] - 1
    result[some] = sums[last] * np.exp(-(now[some] - time[last]) / (hours * _HOUR))
    return result


def _running(catalogue: Catalogue, hours: float) -> NDArray[np.float64]:
    """Decayed sum just after each flare of the timeline.

    A loop over flares (not over samples): the closed form with exponentials overflows over a catalogue of decades.
    """
    scale = hours * _HOUR
    time = catalogue.timeline.time.tolist()
    flux = np.where(np.isfinite(catalogue.member_low), catalogue.member_low, 0.0).tolist()
    starts = set(catalogue.timeline.starts.tolist())
    total, before = 0.0, 0
    sums = []
    for place, (stamp, size) in enumerate(zip(time, flux, strict=True)):
        total = size if place in starts else size + total * math.exp((before - stamp) / scale)
        before = stamp
        sums.append(total)
    return np.array(sums)
