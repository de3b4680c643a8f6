"""The solar disk as the Earth sees it: regions where they are, as large as they are, coloured by what is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sunproof.pipeline.auditing.report.canvas import COLOURS, new_axes, to_svg

__all__ = ["Place", "centre_latitude", "contour", "disk", "places_of"]

Floats = NDArray[np.float64]
# Regions of unknown area are drawn as large as a small one, millionths of the hemisphere.
_AREA = 100.0
# From this probability on the colour is full, and below the other there is none left to see.
_FULL, _FAINT = 0.5, 1e-3
# Width of a label and height of its lines, solar radii.
_WIDTH, _LINE = 0.25, 0.08
# Centre and half the height of a label that stands already.
Label = tuple[float, float, float]


@dataclass(frozen=True)
class Place:
    """A region on the disk.

    Parameters
    ----------
    name : str
        NOAA or HARP number.
    latitude, longitude : float
        Stonyhurst, degrees.
    area : float
        Of the flux-weighted pixels, millionths of the hemisphere.
    probability : float
        Of the middle class in the shortest window.
    own : bool
        Whether the page is about it.
    """

    name: str
    latitude: float
    longitude: float
    area: float
    probability: float
    own: bool


def places_of(forecasts: xr.Dataset, row: int) -> list[Place]:
    """List the regions of a forecast's issue time, the forecast's own marked; those without a place are left out."""
    if not {"latitude", "longitude"} <= set(forecasts.data_vars):
        return []
    times = forecasts["issue_time"].values
    rows = np.flatnonzero((times == times[row]) & (forecasts["entity"].values == "region"))
    middle = forecasts.sizes["threshold"] // 2
    found = []
    for place in rows.tolist():
        latitude, longitude = (float(forecasts[name].values[place]) for name in ("latitude", "longitude"))
        if not (np.isfinite(latitude) and np.isfinite(longitude)):
            continue
        noaa, harp = (int(forecasts[name].values[place]) for name in ("noaa_ar", "harpnum"))
        area = float(forecasts["area_acr"].values[place]) if "area_acr" in forecasts else np.nan
        probability = float(forecasts["probability"].values[place, middle, 0])
        name = f"AR {noaa}" if noaa >= 0 else f"HARP {harp}"
        found.append(Place(name, latitude, longitude, area, probability, place == row))
    return found


def centre_latitude(time: np.datetime64) -> float:
    """Heliographic latitude of the disk's centre as seen from the Earth, degrees, to 0.1.

    Low-precision elements: Meeus, Astronomical Algorithms, 2nd edition, chapter 29.
    """
    days = float((time - np.datetime64("2000-01-01T12:00", "ns")) / np.timedelta64(1, "D"))
    mean = np.radians((357.52911 + 0.98560028 * days) % 360)
    centre = 1.914602 * np.sin(mean) + 0.019993 * np.sin(2 * mean)
    longitude = 280.46646 + 0.98564736 * days + centre
    # ascending node of the solar equator on the ecliptic, and its inclination
    node = 73.6667 + 1.3958333 * (days + 54_786.0) / 36525
    return float(np.degrees(np.arcsin(np.sin(np.radians(longitude - node)) * np.sin(np.radians(7.25)))))


def contour(place: Place, points: int = 60) -> tuple[Floats, Floats]:
    """Latitude and longitude of a circle on the sphere with a region's area, degrees.

    A hemisphere is 2 pi, a cap of radius r is 2 pi (1 - cos r).
    """
    area = place.area if np.isfinite(place.area) and place.area > 0 else _AREA
    radius = np.arccos(np.clip(1 - area * 1e-6, -1, 1))
    angle = np.linspace(0, 2 * np.pi, points)
    here = np.radians(place.latitude)
    sine = np.sin(here) * np.cos(radius) + np.cos(here) * np.sin(radius) * np.cos(angle)
    latitude = np.arcsin(np.clip(sine, -1, 1))
    east = np.arctan2(np.sin(angle) * np.sin(radius) * np.cos(here), np.cos(radius) - np.sin(here) * sine)
    return np.degrees(latitude), place.longitude + np.degrees(east)


def project(latitude: Floats, longitude: Floats, tilt: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Orthographic projection: x to the west, y to the north in solar radii, and what is on the near side.

    Parameters
    ----------
    latitude, longitude : array
        Stonyhurst, degrees.
    tilt : float
        Latitude of the disk's centre, degrees.
    """
    lat, lon, centre = np.radians(latitude), np.radians(longitude), np.radians(tilt)
    x = np.cos(lat) * np.sin(lon)
    y = np.sin(lat) * np.cos(centre) - np.cos(lat) * np.cos(lon) * np.sin(centre)
    near = np.sin(lat) * np.sin(centre) + np.cos(lat) * np.cos(lon) * np.cos(centre) > 0
    return x, y, near


def disk(places: Sequence[Place], tilt: float, threshold: str, window: float) -> str:
    """Draw the disk with its regions; empty text where no place is known.

    Parameters
    ----------
    places : sequence of Place
    tilt : float
        Latitude of the disk's centre, degrees.
    threshold : str
        Class whose probability colours the regions.
    window : float
        Its window, hours.
    """
    if not places:
        return ""
    figure, (axes,) = new_axes(4.2)
    # nothing stands outside the axes: laying out would only draw everything once more
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set_aspect("equal")
    axes.set_axis_off()
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color=COLOURS["muted"], linewidth=1)
    _graticule(axes, tilt)
    labels: list[Label] = []
    for place in sorted(places, key=lambda item: (item.own, item.probability)):
        _region(axes, place, tilt, labels)
    axes.set_xlim(-1.12, 1.12)
    axes.set_ylim(-1.12, 1.12)
    for text, x, y, turn in (("N", 0, 1.07, 0), ("E", -1.07, 0, 0), ("W", 1.07, 0, 0)):
        axes.text(x, y, text, color=COLOURS["muted"], ha="center", va="center", fontsize=9, rotation=turn)
    told = ", ".join(f"{item.name} {100 * item.probability:.2g} %" for item in places)
    return to_svg(figure, "disk", f"Regions on the disk with P(≥ {threshold}, {window:g} h): {told}")


def _graticule(axes: Axes, tilt: float) -> None:
    along = np.linspace(-90, 90, 91)
    lines = [(along, np.full_like(along, longitude)) for longitude in range(-60, 90, 30)]
    lines += [(np.full_like(along, latitude), along) for latitude in range(-60, 90, 30)]
    for latitude, longitude in lines:
        x, y, near = project(latitude, longitude, tilt)
        axes.plot(np.where(near, x, np.nan), np.where(near, y, np.nan), color=COLOURS["line"], linewidth=0.6)


def _region(axes: Axes, place: Place, tilt: float, labels: list[Label]) -> None:
    x, y, near = project(*contour(place), tilt)
    share = place.probability if np.isfinite(place.probability) else 0.0
    # logarithmic: a per mille and a per cent are different forecasts
    depth = float(np.clip(np.log(max(share, _FAINT) / _FAINT) / np.log(_FULL / _FAINT), 0.06, 1.0))
    colour = COLOURS["reject"] if place.own else COLOURS["model"]
    inside = np.where(near, x, np.nan), np.where(near, y, np.nan)
    axes.fill(x[near], y[near], color=COLOURS["model"], alpha=0.75 * depth, linewidth=0)
    axes.plot(*inside, color=colour, linewidth=2.0 if place.own else 0.8)
    where = project(np.array([place.latitude]), np.array([place.longitude]), tilt)
    label = f"{place.name}\n{100 * place.probability:.2g} %" if place.own else place.name.removeprefix("AR ")
    half = _LINE if place.own else _LINE / 2
    labels.append(_free(float(where[0][0]), float(np.nanmax(y)), float(np.nanmin(y)), half, labels))
    axes.text(
        *labels[-1][:2], label, ha="center", va="center",
        fontsize=9 if place.own else 8, color=COLOURS["ink"] if place.own else COLOURS["muted"],
    )  # fmt: skip


def _free(x: float, top: float, bottom: float, half: float, labels: Sequence[Label]) -> Label:
    """Above the region, or below it where another label is in the way and none is there."""
    spots = [(x, top + _LINE / 4 + half, half), (x, bottom - _LINE / 4 - half, half)]
    clear = [
        spot for spot in spots if all(abs(x - at) > _WIDTH or abs(spot[1] - y) > half + tall for at, y, tall in labels)
    ]
    return (clear or spots)[0]
