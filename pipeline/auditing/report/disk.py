"""The solar disk as the Earth sees it: regions where they are, as large as they are, coloured by what is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sunproof.pipeline.auditing.report.canvas import COLOURS, new_axes, to_svg
from sunproof.pipeline.auditing.report.labels import Box, spread
from sunproof.pipeline.forecasting.naming import number_of_row

__all__ = ["Place", "centre_latitude", "contour", "disk", "places_of"]

Floats = NDArray[np.float64]
# Regions of unknown area are drawn as large as a small one, millionths of the hemisphere.
_AREA = 100.0
# From this probability on the colour is full, and below the other there is none left to see.
_FULL, _FAINT = 0.5, 1e-3
# Half the width of a letter and half the height of a line of 9 units, solar radii.
_LETTER, _LINE = 0.02, 0.042
_POINTS = (("N", 0.0, 1.07), ("E", -1.07, 0.0), ("W", 1.07, 0.0))
# Between a region and its label; a label further away is tied to its region by a line.
_GAP, _TIED = 0.02, 0.06


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
        noaa, harp = number_of_row(forecasts, place), int(forecasts["harpnum"].values[place])
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
    # the likeliest are named first, where there is most room
    ranked = sorted(places, key=lambda item: (not item.own, -np.nan_to_num(item.probability)))
    # The forecast's own region is drawn last, over the others.
    marks = [_region(axes, place, tilt) for place in reversed(ranked)][::-1]
    _name(axes, ranked, marks)
    axes.set_xlim(-1.12, 1.12)
    axes.set_ylim(-1.12, 1.12)
    for text, x, y in _POINTS:
        axes.text(x, y, text, color=COLOURS["muted"], ha="center", va="center", fontsize=9)
    told = ", ".join(f"{item.name} {100 * item.probability:.2g} %" for item in places)
    return to_svg(figure, "disk", f"Regions on the disk with P(≥ {threshold}, {window:g} h): {told}")


def _graticule(axes: Axes, tilt: float) -> None:
    along = np.linspace(-90, 90, 91)
    lines = [(along, np.full_like(along, longitude)) for longitude in range(-60, 90, 30)]
    lines += [(np.full_like(along, latitude), along) for latitude in range(-60, 90, 30)]
    for latitude, longitude in lines:
        x, y, near = project(latitude, longitude, tilt)
        axes.plot(np.where(near, x, np.nan), np.where(near, y, np.nan), color=COLOURS["line"], linewidth=0.6)


def _region(axes: Axes, place: Place, tilt: float) -> Box:
    """Draw one region, and tell where it is."""
    x, y, near = project(*contour(place), tilt)
    share = place.probability if np.isfinite(place.probability) else 0.0
    # logarithmic: a per mille and a per cent are different forecasts
    depth = float(np.clip(np.log(max(share, _FAINT) / _FAINT) / np.log(_FULL / _FAINT), 0.06, 1.0))
    colour = COLOURS["reject"] if place.own else COLOURS["model"]
    inside = np.where(near, x, np.nan), np.where(near, y, np.nan)
    axes.fill(x[near], y[near], color=COLOURS["model"], alpha=0.75 * depth, linewidth=0)
    axes.plot(*inside, color=colour, linewidth=2.0 if place.own else 0.8)
    # of the whole outline: a region behind the limb is named where it would be
    (left, right), (low, high) = ((float(edge.min()), float(edge.max())) for edge in (x, y))
    return Box((left + right) / 2, (low + high) / 2, (right - left) / 2, (high - low) / 2)


def _name(axes: Axes, places: Sequence[Place], marks: Sequence[Box]) -> None:
    """Write each region's name beside it, where it covers neither another name nor a region."""
    texts = [_label(place) for place in places]
    sizes = [
        (_LETTER * max(map(len, text.split("\n"))) * scale, _LINE * (text.count("\n") + 1) * scale)
        for text, scale in ((text, 1.0 if place.own else 8 / 9) for text, place in zip(texts, places, strict=True))
    ]
    letters = [Box(x, y, _LETTER, _LINE) for _, x, y in _POINTS]
    for place, text, mark, box in zip(places, texts, marks, spread(marks, sizes, letters, 1.1, _GAP), strict=True):
        across, along = (
            max(abs(a - b) - half - other, 0.0)
            for a, b, half, other in ((box.x, mark.x, box.wide, mark.wide), (box.y, mark.y, box.high, mark.high))
        )
        if np.hypot(across, along) > _TIED:
            ends = (_towards(box.x, mark.x, box.wide), mark.x), (_towards(box.y, mark.y, box.high), mark.y)
            axes.plot(*ends, color=COLOURS["muted"], linewidth=0.7)
        axes.text(
            box.x, box.y, text, ha="center", va="center",
            fontsize=9 if place.own else 8, color=COLOURS["ink"] if place.own else COLOURS["muted"],
        )  # fmt: skip


def _label(place: Place) -> str:
    return f"{place.name}\n{100 * place.probability:.2g} %" if place.own else place.name.removeprefix("AR ")


def _towards(start: float, end: float, most: float) -> float:
    """Go from one place towards another, but not further than the edge of a box."""
    return start + float(np.clip(end - start, -most, most))
