"""The flare list on one declared GOES scale, and which regions its flares belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, InputError, Problem, ProblemList
from sunproof.pipeline.ingest.coverage import read_missing
from sunproof.pipeline.samples.config import CatalogueConfig
from sunproof.pipeline.samples.reading import open_group, texts
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.samples.silences import Silence, overlap, silences
from sunproof.pipeline.samples.timeline import RangeMaximum, Timeline, microseconds

__all__ = ["Catalogue", "load_catalogue"]

# Operational fluxes of GOES 1-15 are 0.70 of the true 0.1-0.8 nm flux; from GOES 16 both are true
# (NOAA/NCEI, user guides of the GOES 1-15 and GOES-R XRS science data, "SWPC scaling factors").
_OPERATIONAL = 0.70
_FIRST_TRUE = 16
# GOES-16 was launched on this day: what an unnamed satellite saw before, one of the older ones saw.
_LAUNCHED = np.datetime64("2016-11-19", "ns")
# Archives may hold fluxes as float32, where M1.0 reads 9.9999997e-06: relative slack of comparisons with a threshold.
SLACK = 1e-6

# Segments that are no region: all flares, those without a region, those of no known HARP, and none at all.
DISK, UNASSIGNED, ORPHAN, NOBODY = -1, -2, -3, -99

Ints = NDArray[np.int64]
_DAY = 86_400_000_000
# A region's number lives for one passage of the disk, 13.6 days, and a row may come a day late. Counts of the disk that
# reach back for years are of a record that began some day: one rotation must be whole.
_PASSAGE, _ROTATION = 15 * _DAY, 27 * _DAY


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A flare list, ready to be asked.

    A flare whose size is not known exactly (unknown GOES scale, no class) has a lowest and a highest possible flux.

    Parameters
    ----------
    time : array of datetime64, shape (event,)
        Time that decides to which window a flare belongs, sorted.
    low, high : array of float, shape (event,)
        Bounds of the peak flux on ``scale``, W m-2; equal where it is known.
    true : array of float, shape (event,)
        Peak flux on the true (science) scale, W m-2; NaN where it is not known exactly.
    noaa_ar : array of int, shape (event,)
        Region, -1 for none.
    regions : RegionMap
        Which NOAA regions a HARP holds.
    scale, name : str
        The declared scale; the archive group.
    start, end : datetime64
        Interval in which the list claims to be complete.
    facts : mapping
        Attributes for products: how many events were converted or uncertain, whether simulated.
    missing : tuple of Silence
        What the list is declared to lack inside that interval.
    """

    time: NDArray[Any]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    true: NDArray[np.float64]
    noaa_ar: NDArray[np.int64]
    regions: RegionMap
    scale: str
    name: str
    start: np.datetime64
    end: np.datetime64
    facts: Mapping[str, Any]
    missing: tuple[Silence, ...] = ()

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What others made of the whole list and need again."""
        return {}

    @cached_property
    def silences(self) -> tuple[Silence, ...]:
        """All holes: declared ones, and those that flares before and after them tell: for labels, never for inputs."""
        found = silences(self.time, self.start, self.end, self.missing)
        return tuple(sorted(self.missing + found, key=lambda hole: hole[:2]))

    def silent(self, start: Ints, end: Ints) -> NDArray[np.bool_]:
        """Tell which stretches (start, end], microseconds, touch what the list is declared to lack.

        What looks back from a data cut-off asks here, not `silences`: a hole that is found is told by what comes later.
        """
        return np.asarray(overlap(self.missing, start, end) > 0)

    def known(self, start: Ints, end: Ints) -> NDArray[np.bool_]:
        """Tell in which stretches (start, end], microseconds, the list is complete: no flare there is none at all."""
        first, last = microseconds(np.array([self.start, self.end]))
        return np.asarray((start >= first) & (end <= last) & ~self.silent(start, end))

    def unbroken(self, segment: Ints, now: Ints) -> NDArray[np.bool_]:
        """Tell where what the list tells of a segment up to now is a history without holes.

        Parameters
        ----------
        segment : array of int, shape (row,)
            As in the timeline.
        now : array of int, shape (row,)
            Microseconds since 1970.

        Returns
        -------
        array of bool, shape (row,)
            False outside the list's interval, and for 15 days (a region: one passage) or 27 days (the disk: one
            rotation) after a declared hole.
        """
        reach = np.where(segment == DISK, _ROTATION, _PASSAGE)
        return self.known(now, now) & ~self.silent(now - reach, now)

    @cached_property
    def _members(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Return (segment, event) pairs: a flare stands in the disk's, its NOAA region's and its HARPs' segments."""
        event = np.arange(len(self.time))
        assigned = self.noaa_ar >= 0
        harp, owner = self.regions.harps_of(self.noaa_ar)
        held = np.zeros(len(event), bool)
        held[owner] = True
        parts = [
            (np.full(len(event), DISK), event),
            (self.regions.segment(noaa_ar=self.noaa_ar[assigned]), event[assigned]),
            (harp, owner),
            (np.full((~assigned).sum(), UNASSIGNED), event[~assigned]),
            (np.full((~held).sum(), ORPHAN), event[~held]),
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    @cached_property
    def timeline(self) -> Timeline:
        """Flares by segment: HARPs, NOAA regions, the disk, those without a region, those of no known HARP."""
        segment, event = self._members
        return Timeline(segment, self.time[event])

    @cached_property
    def member_low(self) -> NDArray[np.float64]:
        """Lowest possible fluxes in the timeline's order."""
        return self.low[self._members[1][self.timeline.order]]

    @cached_property
    def member_high(self) -> NDArray[np.float64]:
        """Highest possible fluxes in the timeline's order."""
        return self.high[self._members[1][self.timeline.order]]

    @cached_property
    def largest_low(self) -> RangeMaximum:
        """Largest of the lowest possible fluxes in a range of the timeline."""
        return RangeMaximum(self.member_low)

    @cached_property
    def largest_high(self) -> RangeMaximum:
        """Largest of the highest possible fluxes in a range of the timeline."""
        return RangeMaximum(self.member_high)

    def counts(self, flux: float, certain: bool = True) -> NDArray[np.int64]:
        """Cumulative count over the timeline of flares certainly (or possibly) of at least this flux.

        Returns
        -------
        array of int, shape (member + 1,)
            ``counts[b] - counts[a]`` flares lie in the range a to b of the timeline.
        """
        values = self.member_low if certain else self.member_high
        # With the slack, since M1.0 as float32 reads a little less than its threshold.
        return np.concatenate([[0], np.cumsum(values >= flux * (1 - SLACK))])


def load_catalogue(archive: str | Path, config: CatalogueConfig, regions: RegionMap) -> Catalogue:
    """Read a flare group of the archive and put its fluxes on the declared scale.

    Parameters
    ----------
    archive : str or Path
        The archive.
    config : CatalogueConfig
        Which list, scale and time.
    regions : RegionMap
        Which NOAA regions a HARP holds.

    Returns
    -------
    Catalogue

    Raises
    ------
    ArchiveError
        If the group, a variable or the declared coverage is missing, or what it lacks is declared in a way not read.
    InputError
        If an event has no time, or a scale nobody declared.
    """
    group = f"flares_{config.name}"
    names = ["start_time", "peak_time", "peak_flux", "goes_scale", "satellite", "noaa_ar"]
    events = open_group(archive, group, names).load()
    where = f"{archive}: {group}"
    time = _times(events, config.time, where)
    low, high = _bounds(events, config.goes_scale, where)
    # stable: of one time the list's order stays
    order = np.argsort(time, kind="stable")
    start, end = _coverage(events.attrs, where)
    uncertain = low != high
    facts = {"events": len(time), "events_of_uncertain_size": int(uncertain.sum())}
    facts |= {"simulated": 1} if events.attrs.get("simulated") else {}
    return Catalogue(
        time=time[order],
        low=low[order],
        high=high[order],
        true=_true(low, high, time, events["satellite"].to_numpy(), config.goes_scale)[order],
        noaa_ar=events["noaa_ar"].to_numpy().astype(np.int64)[order],
        regions=regions,
        scale=config.goes_scale,
        name=group,
        start=start,
        end=end,
        facts=facts,
        missing=_missing(events.attrs, where, start, end),
    )


def _times(events: Any, choice: str, where: str) -> NDArray[Any]:
    """Chosen times; where the list lacks one, the other stands in, for a flare is never later than known nor lost."""
    first, second = ("peak_time", "start_time") if choice == "peak" else ("start_time", "peak_time")
    time: NDArray[Any] = events[first].to_numpy()
    time = np.where(np.isnat(time), events[second].to_numpy(), time)
    if np.isnat(time).any():
        row = int(np.flatnonzero(np.isnat(time))[0])
        got = f"{int(np.isnat(time).sum())} events, the first in row {row}"
        raise InputError(Problem("events without start and peak time", where, got, "a time for every event"))
    return time


def _bounds(events: Any, scale: str, where: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest peak flux on the declared scale."""
    flux = events["peak_flux"].to_numpy().astype(np.float64)
    satellite = events["satellite"].to_numpy()
    given = texts(events["goes_scale"])
    problems = ProblemList(where)
    for value in sorted(set(given) - {"operational", "science", "unknown", ""}):
        problems.add("unknown scale", "goes_scale", value, "operational, science or unknown")
    problems.check()
    factor = _OPERATIONAL if scale == "operational" else 1 / _OPERATIONAL
    other = (given != scale) & (satellite < _FIRST_TRUE)
    # Whoever declares the other scale without naming the satellite may mean one whose scales agree.
    unsure = other & (np.isin(given, ["unknown", ""]) | (satellite < 0))
    converted = np.where(other, flux * factor, flux)
    low = np.where(unsure, np.minimum(flux, converted), converted)
    high = np.where(unsure, np.maximum(flux, converted), converted)
    unsized = np.isnan(flux)
    # a flare of no known size may be of any: between nothing and infinity
    return np.where(unsized, 0.0, low), np.where(unsized, np.inf, high)


def _true(
    low: NDArray[np.float64], high: NDArray[np.float64], time: NDArray[Any], satellite: NDArray[Any], scale: str
) -> NDArray[np.float64]:
    """Undo the factor of the operational scale, which ended with GOES-16."""
    named = (satellite >= 0) | (time < _LAUNCHED)
    scaled = (scale == "operational") & (satellite < _FIRST_TRUE)
    sized = (low == high) & (low > 0) & (named | ~scaled)
    return np.where(sized, np.where(scaled, low / _OPERATIONAL, low), np.nan)


def _coverage(attributes: Mapping[str, Any], where: str) -> list[np.datetime64]:
    """First and last time of the interval in which the list claims to be complete."""
    problems = ProblemList(where, ArchiveError)
    times: list[np.datetime64] = []
    for key in ("coverage_start", "coverage_end"):
        text = str(attributes.get(key, "")).removesuffix("Z").removesuffix("+00:00")
        time: np.datetime64
        try:
            time = np.datetime64(text, "ns")
        except ValueError:
            time = np.datetime64("NaT", "ns")
        if np.isnat(time):
            problems.add("does not say which interval it covers", f"attribute {key}", text, "a time, ISO 8601, UTC")
        times.append(time)
    problems.check()
    return times


def _missing(
    attributes: Mapping[str, Any], where: str, start: np.datetime64, end: np.datetime64
) -> tuple[Silence, ...]:
    """Read what the list is declared to lack; outside its interval it claims nothing anyway."""
    declared = [(max(first, start), min(last, end)) for first, last in read_missing(attributes, where)]
    return tuple(Silence(*microseconds(np.array(pair)).tolist()) for pair in declared if pair[0] < pair[1])
