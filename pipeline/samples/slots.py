"""When samples are issued: every few hours, wherever a region has a recent enough SHARP record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.records import sharp_records
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import describe

__all__ = ["make_slots", "region_slots"]

_HOUR = 3_600_000_000


def region_slots(
    harpnum: NDArray[Any], time: NDArray[Any], cadence: float, tolerance: float, latency: float = 0
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Issue times of each region.

    Parameters
    ----------
    harpnum : array of int, shape (record,)
    time : array of datetime64, shape (record,)
        The SHARP records.
    cadence : float
        Hours between issue times, counted from 00:00 UTC.
    tolerance : float
        A record serves the issue times at which it is at most this many hours old at the data cut-off.
    latency : float
        Hours between data cut-off and issue time.

    Returns
    -------
    harpnum : array of int, shape (slot,)
    issue_time : array of datetime64[ns], shape (slot,)
        Each pair once, sorted by time, then region.
    """
    usable = microseconds(time) + round(latency * _HOUR)
    step, reach = round(cadence * _HOUR), round(tolerance * _HOUR)
    # rounded up: a record serves no slot before it was there
    first = -(-usable // step)
    pairs = []
    # a record serves as many slots as lie within its tolerance
    for later in range(reach // step + 1):
        slot = first + later
        served = slot * step - usable <= reach
        pairs.append(np.stack([slot[served], np.asarray(harpnum, np.int64)[served]], axis=1))
    table = pd.DataFrame(np.concatenate(pairs), columns=["slot", "harp"])
    slots = table.drop_duplicates().sort_values(["slot", "harp"]).to_numpy()
    return slots[:, 1], (slots[:, 0] * step).astype("datetime64[us]").astype("datetime64[ns]")


def make_slots(archive: str | Path, config: LabelConfig, regions: RegionMap) -> xr.Dataset:
    """List the samples of an interval: one row a (region, issue time), and one for the full disk at each issue time.

    Parameters
    ----------
    archive : str or Path
        The archive; its keyword records say which regions were observed when.
    config : LabelConfig
        Interval, cadence, tolerance and latency.
    regions : RegionMap
        Which NOAA regions a HARP holds.

    Returns
    -------
    xarray.Dataset
        Dimension ``sample``, sorted by issue time, the full disk before the regions.

    Raises
    ------
    ArchiveError
        If the archive has no SHARP records.
    InputError
        If no region was observed in the interval.
    """
    sharp = sharp_records(archive, config.keyword_source)
    harp, issue = region_slots(
        sharp["harpnum"].to_numpy(),
        sharp["time"].to_numpy(),
        config.cadence_hours,
        config.tolerance_hours,
        config.latency_hours,
    )
    first, last = _interval(config, issue)
    # half open, so that two intervals that meet share no sample
    inside = (issue >= first) & (issue < last)
    if not inside.any():
        found = f"regions from {_minute(issue.min())} to {_minute(issue.max())}" if len(issue) else "no record at all"
        wanted, todo = f"{_minute(first)} to {_minute(last)}", "Ingest records of that time, or change start and end."
        raise InputError(Problem("no region in the interval", str(archive), found, wanted, todo))
    harp, issue = harp[inside], issue[inside]
    if config.full_disk:
        step = np.timedelta64(round(config.cadence_hours * _HOUR), "us")
        # the disk has a forecast at every issue time, whether a region was observed or not
        every = np.arange(issue[0], issue[-1] + np.timedelta64(1, "us"), step).astype("datetime64[ns]")
        harp, issue = np.concatenate([np.full(len(every), -1), harp]), np.concatenate([every, issue])
    order = np.lexsort((harp, issue))
    facts = {"simulated": 1} if sharp.attrs.get("simulated") else {}
    return _rows(harp[order], issue[order], config, regions).assign_attrs(facts)


def _minute(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m"))


def _interval(config: LabelConfig, issue: NDArray[Any]) -> tuple[np.datetime64, np.datetime64]:
    far = np.datetime64("2262-01-01", "ns")
    first = np.datetime64(config.start, "ns") if config.start else np.datetime64(0, "ns")
    return first, np.datetime64(config.end, "ns") if config.end else far


def _rows(harp: NDArray[np.int64], issue: NDArray[Any], config: LabelConfig, regions: RegionMap) -> xr.Dataset:
    cutoff = issue - np.timedelta64(round(config.latency_hours * _HOUR), "us")
    noaa, index = regions.noaas_of(harp)
    # pairs are sorted, so the first match is the lowest number; which of several is "the" region decides nothing
    main = np.full(len(harp), -1)
    main[index[::-1]] = noaa[::-1]
    listed = pd.Series(noaa.astype(str)).groupby(index).agg(",".join) if len(noaa) else pd.Series(dtype=object)
    names = np.full(len(harp), "", dtype=object)
    names[listed.index.to_numpy(np.int64)] = listed.to_numpy()
    columns = {
        "harpnum": harp,
        "noaa_ar": main,
        "noaa_ars": names,
        "entity": np.where(harp < 0, "full_disk", "region").astype(object),
        "issue_time": issue,
        "data_cutoff": cutoff,
        "window_start": issue,
    }
    return describe(xr.Dataset({name: ("sample", values) for name, values in columns.items()}))
