"""The same region from another spacecraft: who else watched, from where, and at which place its image shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from sunproof.models.physics.cross_view import view_from
from sunproof.models.physics.geometry import rotation_rate, solar_tilt
from sunproof.pipeline.samples.bright_places import DiskImage, Place, find_limb, find_place
from sunproof.pipeline.samples.reading import group_names, open_group
from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.vocabulary import VOCABULARY, describe

__all__ = ["with_second_view"]

_HOUR = np.timedelta64(3600, "s")
# What is on record of a day before is another corona; E4 itself allows a day.
_OLDEST = 6 * _HOUR
# Seen from nearer to the Earth than this a second view tells nothing that the first does not.
_APART = 5.0
# Nearer to the limb than this cosine a pixel covers several degrees: nobody would call a position there a measurement.
_GRAZING = 0.25
# Beyond these bounds (radii of the disk, and a pixel and a half) the limb speaks against the header's pointing: real
# EUVI and AIA images have shifts of 0.003 to 0.015, and radii 0.027 to 0.041 larger than the photosphere's.
_SHIFT, _SMALLER, _LARGER = 0.02, -0.02, 0.06
# Channels in which active regions outshine the rest most clearly come first.
_CHANNELS = ("195", "171", "284", "304", "174")


class _Region(NamedTuple):
    """What of a forecast says where its region is, and until when anything may be known."""

    entity: str
    latitude: Any
    longitude: Any
    time: Any
    cutoff: Any


def with_second_view(forecasts: xr.Dataset, archive: str | Path) -> xr.Dataset:
    """Add the second spacecraft's position, and the place of each region in its image, where the archive has one.

    Parameters
    ----------
    forecasts : xarray.Dataset
        A batch of the forecast contract with ``latitude``, ``longitude`` and ``position_time``.
    archive : str or Path
        Its image groups hold the observers.

    Returns
    -------
    xarray.Dataset
        With the names that check E4 asks for, and ``second_view_reason`` where a region has none. A row takes the
        latest image at or before its data cut-off of an observer at least 5 degrees from the Earth, at most 6 h old.
        Unchanged where the archive has no such images, where the batch has no positions, or names another spacecraft's
        itself.
    """
    needed = {"latitude", "longitude", "position_time"}
    groups = _groups(archive)
    # A second view that the forecast brought along is its own claim, to be judged as it is.
    if not groups or not needed <= set(forecasts.variables) or "other_latitude" in forecasts.variables:
        return forecasts
    # A frame is read, and its limb measured, once for all regions that it shows.
    images: dict[tuple[str, int], DiskImage | str] = {}
    told = (forecasts[name].values for name in ("entity", "latitude", "longitude", "position_time", "data_cutoff"))
    rows = [_row(_Region(*values), groups, images) for values in zip(*told, strict=True)]
    columns: dict[str, Any] = {}
    for name in sorted({name for row in rows for name in row} | {"second_view_reason"}):
        unit = VOCABULARY[name].unit
        empty: Any = {"text": "", "time": np.datetime64("NaT", "ns"), "flag": 0}.get(unit, np.nan)
        kind: Any = {"text": object, "time": "datetime64[ns]", "flag": np.int8}.get(unit, np.float64)
        columns[name] = ("forecast", np.array([row.get(name, empty) for row in rows], dtype=kind))
    return describe(forecasts.assign(columns))


def _groups(archive: str | Path) -> dict[str, xr.Dataset]:
    """Image groups of observers away from the Earth, those whose channel shows regions best first."""
    found = {}
    for name in group_names(archive):
        group = open_group(archive, name, [])
        if group.attrs.get("layout") == "frames" and "observer_longitude" in group:
            away = np.abs((group["observer_longitude"].to_numpy() + 180) % 360 - 180)
            if (away > _APART).any():
                # what has one number a slot is asked for by every forecast; pixels are read when one is seen by both
                known = [other for other in group.variables if group[other].ndim == 1]
                found[name] = group.assign({other: group[other].load() for other in known})
    order = {name: [channel in name for channel in _CHANNELS].index(True) for name in found if _channel(name)}
    return {name: found[name] for name in sorted(found, key=lambda name: (order.get(name, len(_CHANNELS)), name))}


def _channel(name: str) -> bool:
    return any(channel in name for channel in _CHANNELS)


def _row(
    region: _Region, groups: dict[str, xr.Dataset], images: dict[tuple[str, int], DiskImage | str]
) -> dict[str, Any]:
    if region.entity != "region":
        return {"second_view_reason": "the full disk has no place"}
    if np.isnan(region.latitude + region.longitude) or np.isnat(region.time):
        return {"second_view_reason": "the place of the region is unknown"}
    reasons = []
    for name, group in groups.items():
        slot = _slot(group, region.cutoff)
        if slot is None:
            reasons.append(f"{name}: no image in the 6 h before the data cut-off")
            continue
        found: dict[str, Any] | str = _hidden(group, slot, region)
        if not found:
            if (name, slot) not in images:
                images[name, slot] = _image(group, slot)
            image = images[name, slot]
            found = image if isinstance(image, str) else _measured(image, region)
        if isinstance(found, dict):
            return found
        reasons.append(f"{name}: {found}")
    return {"second_view_reason": "; ".join(reasons)}


def _slot(group: xr.Dataset, cutoff: np.datetime64) -> int | None:
    """Latest slot that holds an image and lies at or before the cut-off, not too old."""
    times = group["time_observed"].to_numpy()
    usable = np.flatnonzero(~np.isnat(times) & (times <= cutoff) & (cutoff - times <= _OLDEST))
    # Slots stand in the order of nominal times; those of observation may differ.
    return int(usable[np.argmax(times[usable])]) if usable.size else None


def _observer(group: xr.Dataset, slot: int) -> Observer:
    place = (group[f"observer_{name}"].to_numpy()[slot] for name in ("latitude", "longitude", "distance"))
    return Observer(*(float(value) for value in place))


def _expected(region: _Region, time: Any) -> float:
    """Stonyhurst longitude to which the surface has carried the region by then."""
    return float(region.longitude + rotation_rate(region.latitude) * ((time - region.time) / (24 * _HOUR)))


def _hidden(group: xr.Dataset, slot: int, region: _Region) -> str:
    """Why an observer cannot confirm the place, which is known without an image; empty where it may."""
    observer = _observer(group, slot)
    # Written so that an unknown longitude counts as too near.
    if not abs((observer.longitude + 180) % 360 - 180) > _APART:
        return "the observer is too near to the Earth for a second view"
    longitude = _expected(region, group["time_observed"].to_numpy()[slot])
    ours = view_from(region.latitude, region.longitude, solar_tilt(region.time), 0.0)
    theirs = view_from(region.latitude, longitude, observer.latitude, observer.longitude)
    # Nobody claims to see what lies behind a limb; the check is of what both are said to see.
    return (
        "" if min(ours, theirs) >= _GRAZING else "the region is behind the limb of one of the two, or too close to it"
    )


def _image(group: xr.Dataset, slot: int) -> DiskImage | str:
    """Read one image and hold its limb against the header; a text says why it is not used."""
    frame = group.isel(time=slot)
    pixels = frame[str(group.attrs["quantity"])].to_numpy().astype(np.float64)
    scale, radius = float(group.attrs["wcs"]["CDELT1"]), float(frame["apparent_radius"])
    time: Any = frame["time_observed"].to_numpy()[()]
    image = DiskImage(pixels, scale, radius, _observer(group, slot), time)
    limb, pixels_off = find_limb(image), 1.5 * scale / radius
    if not (limb.shift <= _SHIFT + pixels_off and _SMALLER - pixels_off <= limb.excess <= _LARGER + pixels_off):
        return f"its limb is not where the header says (shifted by {limb.shift:.3f} radii, larger by {limb.excess:.3f})"
    return image


def _measured(image: DiskImage, region: _Region) -> dict[str, Any] | str:
    """Give everything that E4 asks for, or say why the region has no place in the image."""
    place: Place | None = find_place(image, float(region.latitude), _expected(region, image.time))
    if place is None:
        return "nothing bright stands at the region's place"
    return {
        "other_time": image.time,
        "other_latitude": place.latitude,
        "other_longitude": place.longitude,
        "position_error": place.error,
        "other_observer_latitude": image.observer.latitude,
        "other_observer_longitude": image.observer.longitude,
        "other_observer_distance": image.observer.distance,
        # The limb was held against the header when the frame was read; one that failed gives no place.
        "pointing_verified": 1,
        "second_view_reason": "",
    }
