"""What the archive holds about the hours before a forecast: keywords, X-ray flux, flares."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.reading import group_names, open_group, texts
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["Archive", "Surroundings"]

_HOUR = np.timedelta64(1, "h")
# One point in five minutes draws the same curve as one a minute at a phone's width.
_POINTS = 300


@dataclass(frozen=True)
class Surroundings:
    """The last hours before a data cut-off; empty where the archive has nothing.

    Parameters
    ----------
    hours : float
        Length of the history.
    keywords : dict
        SHARP keyword -> values along the records, oldest first.
    xray_hours : ndarray
        Hours from the cut-off.
    xray : dict
        Channel with satellite -> flux, W m-2.
    flares : list of (hours, peak flux, class, own)
        Flares that peaked in the history; ``own`` for those of the region.
    missing : list of str
        What is not there, and why.
    """

    hours: float
    keywords: dict[str, NDArray[np.floating]] = field(default_factory=dict)
    xray_hours: NDArray[np.floating] = field(default_factory=lambda: np.empty(0))
    xray: dict[str, NDArray[np.floating]] = field(default_factory=dict)
    flares: list[tuple[float, float, str, bool]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class Archive:
    """The archive as the report reads it: opened once, a few rows a forecast.

    Parameters
    ----------
    path : str
        The archive; empty for none.
    hours : float
        History shown before each data cut-off.
    """

    def __init__(self, path: str, hours: float = 24.0) -> None:
        self._path, self._hours = path, hours
        self._groups = group_names(path) if path and Path(path).exists() else []

    def around(self, harpnum: int, noaa: set[int], cutoff: np.datetime64) -> Surroundings:
        """Collect what was known before a data cut-off; nothing later is read."""
        if not self._groups:
            return Surroundings(self._hours, missing=["no archive was given, so the hours before are not shown"])
        begin = cutoff - np.timedelta64(round(self._hours * 3600), "s")
        missing: list[str] = []
        keywords = self._keywords(harpnum, begin, cutoff) if harpnum >= 0 else {}
        if harpnum >= 0 and not keywords:
            missing.append(f"no SHARP record of HARP {harpnum} in the {self._hours:g} h before")
        hours, xray = self._xray(begin, cutoff)
        if not xray:
            missing.append(f"no X-ray flux in the {self._hours:g} h before")
        return Surroundings(self._hours, keywords, hours, xray, self._flares(noaa, begin, cutoff), missing)

    @cached_property
    def _sharp(self) -> tuple[xr.Dataset, NDArray[Any], NDArray[Any]]:
        table = open_group(self._path, "sharp", ["harpnum", "time"])
        return table, table["harpnum"].values, table["time"].values

    def _keywords(self, harpnum: int, begin: np.datetime64, end: np.datetime64) -> dict[str, NDArray[np.floating]]:
        if "sharp" not in self._groups:
            return {}
        table, harps, times = self._sharp
        # the table is sorted by HARP, then time
        first, last = np.searchsorted(harps, [harpnum, harpnum + 1])
        own = times[first:last]
        inside = slice(first + np.searchsorted(own, begin), first + np.searchsorted(own, end, "right"))
        if inside.start == inside.stop:
            return {}
        rows = table.isel(record=inside)
        return {name: rows[name].values.astype(float) for name in SHARP_KEYWORDS if name in rows}

    @cached_property
    def _satellites(self) -> dict[str, tuple[xr.Dataset, NDArray[Any]]]:
        names = [name for name in self._groups if name.endswith("_xrs")]
        opened = {name: open_group(self._path, name, ["time", "xrsb"]) for name in names}
        return {name: (dataset, dataset["time"].values) for name, dataset in opened.items()}

    def _xray(
        self, begin: np.datetime64, end: np.datetime64
    ) -> tuple[NDArray[np.floating], dict[str, NDArray[np.floating]]]:
        """Flux of the satellite with the most records in the interval."""
        inside = {
            name: slice(int(np.searchsorted(times, begin)), int(np.searchsorted(times, end, "right")))
            for name, (_, times) in self._satellites.items()
        }
        best = max(inside, key=lambda name: inside[name].stop - inside[name].start, default="")
        if not best or inside[best].start == inside[best].stop:
            return np.empty(0), {}
        step = max(1, (inside[best].stop - inside[best].start) // _POINTS)
        rows = self._satellites[best][0].isel(time=slice(inside[best].start, inside[best].stop, step))
        label = best.removesuffix("_xrs").replace("goes", "GOES-")
        channels = {"xrsb": f"{label} 0.1–0.8 nm", "xrsa": "0.05–0.4 nm"}
        flux = {text: _good(rows, name) for name, text in channels.items() if name in rows}
        return (rows["time"].values - end) / _HOUR, flux

    @cached_property
    def _events(self) -> tuple[NDArray[Any], ...]:
        names = [name for name in self._groups if name.startswith("flares_")]
        if not names:
            return (np.empty(0, "datetime64[ns]"), np.empty(0), np.empty(0, object), np.empty(0, int))
        # of several lists the last by name, as one picture shows one list
        table = open_group(self._path, names[-1], ["peak_time", "peak_flux", "goes_class", "noaa_ar"])
        return (
            table["peak_time"].values,
            table["peak_flux"].values,
            texts(table["goes_class"]),
            table["noaa_ar"].values,
        )

    def _flares(self, noaa: set[int], begin: np.datetime64, end: np.datetime64) -> list[tuple[float, float, str, bool]]:
        times, fluxes, classes, regions = self._events
        # nothing after the cut-off: whoever made the forecast did not know it
        chosen = np.flatnonzero((times > begin) & (times <= end) & (fluxes >= 1e-6))
        return [
            (float((times[i] - end) / _HOUR), float(fluxes[i]), str(classes[i]), int(regions[i]) in noaa)
            for i in chosen
        ]


def _good(rows: xr.Dataset, name: str) -> NDArray[np.floating]:
    values = rows[name].values.astype(float)
    flag = f"{name}_good"
    return np.where(rows[flag].values.astype(bool), values, np.nan) if flag in rows else values
