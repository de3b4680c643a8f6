"""Full-disk images before a data cut-off, with the regions drawn in: the archive's frames as sunpy maps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.report.canvas import COLOURS, new_strip, to_svg
from sunproof.pipeline.auditing.report.disk import Place, contour
from sunproof.pipeline.auditing.report.figures import image_name
from sunproof.pipeline.auditing.report.shades import shade
from sunproof.pipeline.samples.reading import group_names

if TYPE_CHECKING:
    import sunpy.map

__all__ = ["Image", "latest_images", "strip"]

# An older frame is not shown: the Sun has turned by 7 degrees since.
_OLDEST = np.timedelta64(12, "h")
# Pixels of a side: enough for a picture of a thumb's width.
_SIDE = 160
_SHOWN = 6
# Seen on dark and on bright pixels, in both of the page's themes.
_OWN, _OTHER = "#2fe6ff", "#ffffff"


@dataclass(frozen=True)
class Image:
    """One frame.

    Parameters
    ----------
    group : str
        Of the archive, e.g. ``aia_171``.
    time : str
        Of observation, to the minute.
    map : sunpy.map.GenericMap
        Pixels with their coordinates and observer.
    magnetic : bool
        Whether it shows a field.
    """

    group: str
    time: str
    map: sunpy.map.GenericMap
    magnetic: bool


def latest_images(archive: str | Path, cutoff: np.datetime64) -> list[Image]:
    """Open the last frame of every image group at or before a data cut-off; magnetograms first.

    Parameters
    ----------
    archive : str or Path
        The archive.
    cutoff : datetime64
        Nothing later is read.

    Returns
    -------
    list of Image
        At most six; of groups without a frame in the 12 h before, none.
    """
    found = []
    for name in group_names(archive):
        dataset = xr.open_zarr(str(archive), group=name, chunks=None, consolidated=False, decode_timedelta=False)
        if dataset.attrs.get("layout") == "frames" and (image := _latest(name, dataset, cutoff)):
            found.append(image)
    return sorted(found, key=lambda image: (not image.magnetic, image.group))[:_SHOWN]


def _latest(name: str, dataset: xr.Dataset, cutoff: np.datetime64) -> Image | None:
    # a slot's frame may have been observed after the slot
    times = dataset["time_observed"].values
    good = np.flatnonzero((times <= cutoff) & (times > cutoff - _OLDEST) & (dataset["missing_reason"].values == ""))
    if not len(good):
        return None
    # nor need the later slot's frame be the later one
    slot = int(good[np.argmax(times[good])])
    quantity = next(str(key) for key, variable in dataset.data_vars.items() if variable.dims == ("time", "y", "x"))
    time = np.datetime_as_string(dataset["time_observed"].values[slot], unit="m").replace("T", " ")
    return Image(name, time, _map(dataset, quantity, slot), quantity == "magnetic_field")


def _map(dataset: xr.Dataset, quantity: str, slot: int) -> sunpy.map.GenericMap:
    # sunpy takes seconds to import: only where there is an image
    import sunpy.map
    from astropy import units as u

    header = {
        **dataset.attrs["wcs"],
        "DATE-OBS": str(dataset["time_observed"].values[slot])[:23],
        "HGLN_OBS": float(dataset["observer_longitude"].values[slot]),
        "HGLT_OBS": float(dataset["observer_latitude"].values[slot]),
        "DSUN_OBS": float(dataset["observer_distance"].values[slot]) * u.AU.to(u.m),
        "RSUN_OBS": float(dataset["apparent_radius"].values[slot]),
    }
    pixels = dataset[quantity][slot].values.astype(np.float32)
    step = max(1, -(-pixels.shape[0] // _SIDE))
    made = sunpy.map.Map(pixels, header)
    # Means keep small bright regions that every n-th pixel would miss, and NaN does not spread.
    return made if step == 1 else made.superpixel([step, step] * u.pixel, func=np.nanmean)


def strip(images: Sequence[Image], places: Sequence[Place]) -> str:
    """Draw images side by side, three a row, with the contours of regions that the observer could see."""
    if not images:
        return ""
    figure, axes = new_strip(len(images))
    for image, ax in zip(images, axes, strict=True):
        ax.imshow(
            shade(image.map.data, image.magnetic),
            origin="lower",
            cmap="gray" if image.magnetic else "inferno",
            vmin=0,
            vmax=1,
        )
        for place in places:
            x, y = _pixels(image.map, place)
            ax.plot(x, y, color=_OWN if place.own else _OTHER, linewidth=1.6 if place.own else 0.8)
        ax.set_title(f"{image_name(image.group)}\n{image.time}", fontsize=8, color=COLOURS["muted"])
    names = ", ".join(f"{image_name(image.group)} of {image.time}" for image in images)
    return to_svg(figure, "frames", f"Last images before the data cut-off: {names}; regions are outlined")


def _pixels(image: Any, place: Place) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outline of a region in pixels; NaN where the observer does not see it."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    latitude, longitude = contour(place)
    where = SkyCoord(
        longitude * u.deg,
        latitude * u.deg,
        frame="heliographic_stonyhurst",
        obstime=image.date,
        observer=image.observer_coordinate,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # on the surface: heliographic coordinates without a radius are there
        seen = where.transform_to(image.coordinate_frame)
        x, y = image.wcs.world_to_pixel(seen)
        far = np.asarray(seen.distance > image.observer_coordinate.radius)
    return np.where(far, np.nan, x), np.where(far, np.nan, y)
