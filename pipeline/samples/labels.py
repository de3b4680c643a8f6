"""Labels: the largest flare in (t, t + window], per region and for the full disk; unknown is NaN with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.samples.catalogue import NOBODY, ORPHAN, SLACK, UNASSIGNED, Catalogue
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.silences import overlap
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["REASONS", "label", "run"]

REASONS = (
    "",
    "window reaches past the catalogue",
    "flare without a region",
    "flare without a size",
    "mixed or unknown GOES scale",
    "short X-ray coverage",
    "catalogue silent where it should not be",
)
_PAST, _UNASSIGNED, _UNSIZED, _SCALE, _SHORT, _SILENT = range(1, 7)
_HOUR = 3_600_000_000

Labels = dict[str, tuple[tuple[str, ...], NDArray[Any]]]


def label(
    catalogue: Catalogue,
    segment: NDArray[np.int64],
    start: NDArray[Any],
    windows: Sequence[float],
    thresholds: Sequence[str],
    drop_unassigned: bool = True,
    observed: NDArray[np.float64] | None = None,
    min_coverage: float = 0.0,
) -> Labels:
    """Label region-times.

    Every window has a lowest and a highest possible value of its largest flux. At or above the threshold from below is
    an event, below it from above is none, and anything else is unknown: an unassigned flare, an unknown scale or a
    gap raise the highest possible value only.

    Parameters
    ----------
    catalogue : Catalogue
        The flare list.
    segment : array of int, shape (sample,)
        `RegionMap.segment` ids, or ``catalogue.DISK``.
    start : array of datetime64, shape (sample,)
        Start of the windows; a flare belongs to a window (start, start + length].
    windows : sequence of float
        Lengths, hours.
    thresholds : sequence of str
        GOES classes of `vocabulary.THRESHOLDS`.
    drop_unassigned : bool
        Whether a flare without a region may have been this region's.
    observed : array of float, shape (sample, window), optional
        Fraction of each window that was observed in X-rays.
    min_coverage : float
        Least such fraction for a negative label.

    Returns
    -------
    dict
        ``event`` (sample, threshold, window), ``flare_count``, ``largest_flux``, ``coverage``, ``label_reason``
        (sample, window) as (dims, values); NaN and a reason where unknown.
    """
    stamps = microseconds(start)
    suspects = _suspects(catalogue, segment) if drop_unassigned else np.full(len(segment), NOBODY)
    line = catalogue.timeline
    mine, theirs = line.find(segment), line.find(suspects)
    own, other = line.until(segment, stamps, mine), line.until(suspects, stamps, theirs)
    columns = []
    for number, hours in enumerate(windows):
        end = stamps + round(hours * _HOUR)
        ranges = (own, line.until(segment, end, mine), other, line.until(suspects, end, theirs))
        inside, silent = _inside(catalogue, stamps, end)
        seen = np.ones(len(stamps)) if observed is None else observed[:, number]
        columns.append(_window(catalogue, ranges, thresholds, inside - silent, silent > 0, seen, min_coverage))
    events, counts, largest, coverage, reasons = (np.stack(parts, axis=-1) for parts in zip(*columns, strict=True))
    pair = ("sample", "window")
    return {
        "event": (("sample", "threshold", "window"), np.swapaxes(events, 0, 1)),
        "flare_count": (pair, counts),
        "largest_flux": (pair, largest),
        "coverage": (pair, coverage),
        "label_reason": (pair, np.array(REASONS, dtype=object)[reasons]),
    }


def _suspects(catalogue: Catalogue, segment: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the segment of flares that might be the region's although the list does not say so.

    A patch without any NOAA number may also own the flares of numbers that no patch holds.
    """
    named = np.isin(segment, catalogue.regions.pairs[:, 0]) | (segment >= catalogue.regions.first_noaa)
    return np.where(segment < 0, NOBODY, np.where(named, UNASSIGNED, ORPHAN))


def _inside(
    catalogue: Catalogue, start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fraction of each window inside the interval that the catalogue covers, and inside its silences."""
    first, last = microseconds(np.array([catalogue.start, catalogue.end]))
    inside = np.maximum(np.minimum(end, last) - np.maximum(start, first), 0)
    return np.asarray(inside / (end - start)), np.asarray(overlap(catalogue.silences, start, end) / (end - start))


def _window(
    catalogue: Catalogue,
    ranges: tuple[NDArray[np.int64], ...],
    thresholds: Sequence[str],
    inside: NDArray[np.float64],
    silent: NDArray[np.bool_],
    seen: NDArray[np.float64],
    min_coverage: float,
) -> tuple[NDArray[Any], ...]:
    """Label one window length: events (threshold, sample), count, largest flux, coverage, reason code."""
    begin, end, other_begin, other_end = ranges
    lowest, possible = catalogue.largest_low(begin, end), catalogue.largest_high(begin, end)
    foreign = catalogue.largest_high(other_begin, other_end)
    short, past = seen < min_coverage, inside < 1
    # what was not observed may have been a flare of any size; what was, is certain all the same
    highest = np.where(short, np.inf, np.maximum(possible, foreign))
    events = np.full((len(thresholds), len(begin)), np.nan, dtype=np.float32)
    for number, name in enumerate(thresholds):
        # float32 fluxes of a class's edge lie a hair below it
        flux = THRESHOLDS[name] * (1 - SLACK)
        events[number][lowest >= flux] = 1
        events[number][highest < flux] = 0
        # a window cut short by the list's end or a hole could only be an event: those alone would shift the base rate
        events[number][past] = np.nan
    count, count_known = _count(catalogue, ranges)
    count_known &= ~short & ~past
    largest_known = (lowest == highest) & ~past
    missing = np.isnan(events).any(axis=0) | ~count_known | ~largest_known
    causes = {
        _SILENT: silent,
        _PAST: past,
        _UNASSIGNED: foreign > possible,
        _UNSIZED: np.isinf(possible),
        _SCALE: possible != lowest,
        _SHORT: short,
    }
    # an unassigned flare smaller than the region's own changes the count alone: it is the reason when nothing else is
    reason = np.select([*causes.values()], [*causes], default=_UNASSIGNED).astype(np.uint8) * missing
    return (
        events,
        np.where(count_known, count, np.nan).astype(np.float32),
        np.where(largest_known, lowest, np.nan),
        np.minimum(inside, seen).astype(np.float32),
        reason,
    )


def _count(catalogue: Catalogue, ranges: tuple[NDArray[np.int64], ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count flares of class C1.0 or above, and tell whether the count is certain."""
    begin, end, other_begin, other_end = ranges
    sure, maybe = (catalogue.counts(THRESHOLDS["C1.0"], certain) for certain in (True, False))
    count = sure[end] - sure[begin]
    # in doubt unknown: a count is known where flares of doubtful size or region change nothing
    return count, (maybe[end] - maybe[begin] == count) & (maybe[other_end] == maybe[other_begin])


def run(config: LabelConfig) -> None:
    """Label every region and the full disk at every issue time, split, and write the samples file.

    Parameters
    ----------
    config : LabelConfig
        What to label and where to write it.

    Raises
    ------
    ArchiveError
        If the archive lacks SHARP records, the flare list or its declared coverage.
    InputError
        If no region was observed in the interval.
    """
    from sunproof.pipeline.samples.writing import make_samples, write_samples

    write_samples(make_samples(config), config)
