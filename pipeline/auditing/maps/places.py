"""What is where in a model's images: the region, its inversion line, limb and sky, from geometry and magnetogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.geometry import rotation_rate
from sunproof.pipeline.samples.images.base import Placement
from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.samples.images.projection import project
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS

if TYPE_CHECKING:
    from sunproof.models.attribution.pictures import Picture

__all__ = ["Spot", "instrument", "picture_of"]

# A large region's patch reaches so far from its middle, degrees of arc.
_REACH = 8.0
# Loops reach so far above the limb, solar radii; a field along the line of sight ends at it.
_CORONA = 1.15
# Cells larger than Schrijver's band, Mm, average the field of a region away.
_FINE = 15.0
# Cameras within this angle, degrees, see regions in the same place.
_TOGETHER = 1.0
_RADIUS = SOLAR_RADIUS / 1e6
# Parts of a picture that the field alone tells from what is around them.
_OF_FIELD = ("inversion line", "other regions")


class Spot(NamedTuple):
    """Where a region was, degrees, and when."""

    latitude: float
    longitude: float
    time: np.datetime64


class _Scene(NamedTuple):
    """Geometry of one picture: cosine of view (0 off the disk), sky a channel, nearness to the region, Mm a cell."""

    mu: NDArray[np.float64]
    sky: NDArray[np.bool_]
    near: NDArray[np.bool_] | None
    cell: float


def instrument(channel: str) -> str:
    """Name the instrument of a channel: ``aia_171`` is of ``aia``; what is no image group tells the view."""
    head, _, tail = channel.rpartition("_")
    return head if head and tail else "view"


def picture_of(
    name: str,
    block: Mapping[str, Any],
    values: NDArray[np.floating],
    seen: NDArray[np.bool_],
    placement: Placement,
    lags: tuple[float, ...],
    spot: Spot,
) -> Picture:
    """Sort the pixels of one sample's images.

    Parameters
    ----------
    name : str
        Modality.
    block : mapping
        Of the architecture: ``features``, ``signed``.
    values, seen : ndarray, shape (lag, channel, y, x)
        Physical units, and what was observed.
    placement : Placement
        Of this one row.
    lags : tuple of float
        Hours before the data cut-off.
    spot : Spot
        The region; NaN where it has no place.

    Returns
    -------
    Picture
    """
    from sunproof.models.attribution.pictures import Picture
    from sunproof.models.attribution.scenery import scenery

    channels = [str(channel) for channel in block["features"]]
    images = np.array([instrument(channel) != "view" for channel in channels])
    lag, channel = _looked_at(seen, images, np.array(block["signed"], bool), lags)
    if placement.projection == "stonyhurst":
        scene = _patch(values, seen, channels, placement, lag)
        shown = images
    else:
        scene = _disk(placement, np.array(block["signed"], bool), lag, channel, spot, values.shape[-1])
        shown = images & _together(placement.observer[0, lag], channel)
    ground = (seen[:, shown] & ~scene.sky[shown]).any(axis=(0, 1))
    blind = _blind(bool(block["signed"][channel]), scene)
    sight = None if blind else np.where(seen[lag, channel], values[lag, channel], np.nan)[None]
    near = None if scene.near is None else scene.near[None]
    part = scenery(sight, ground[None], scene.mu[None], scene.cell, near)[0]
    field = shown & np.array(block["signed"], bool)
    # without a field's help a patch has not even a place for its region
    parts = (*_OF_FIELD, *(("region",) if scene.near is None else ())) if blind else ()
    return Picture(name, seen, part, scene.sky, shown, field, _groups(channels, lags), dict.fromkeys(parts, blind))


def _blind(magnetogram: bool, scene: _Scene) -> str:
    """Say why the field does not tell regions and inversion lines apart; empty where it does."""
    if not magnetogram:
        return "the picture has no magnetogram that tells it apart"
    if scene.near is not None and scene.cell > _FINE:
        return f"pixels of {scene.cell:.0f} Mm average a region's field away; at most {_FINE:g} Mm tell it apart"
    return ""


def _groups(channels: list[str], lags: tuple[float, ...]) -> dict[str, NDArray[np.bool_]]:
    own = np.array([instrument(channel) for channel in channels])
    groups = {str(one): (own == one)[None, :, None, None] for one in dict.fromkeys(own.tolist())}
    hours = np.asarray(lags)
    return groups | {f"{lag:g} h before": (hours == lag)[:, None, None, None] for lag in lags}


def _looked_at(
    seen: NDArray[np.bool_], images: NDArray[np.bool_], signed: NDArray[np.bool_], lags: tuple[float, ...]
) -> tuple[int, int]:
    """Latest lag with a magnetogram, else with any image, and its channel."""
    there = seen.any(axis=(2, 3)) & images
    for wanted in (there & signed, there):
        for lag in np.argsort(lags, kind="stable").tolist():
            if wanted[lag].any():
                return lag, int(np.argmax(wanted[lag]))
    return int(np.argmin(lags)), int(np.argmax(images))


def _patch(
    values: NDArray[np.floating], seen: NDArray[np.bool_], channels: list[str], placement: Placement, lag: int
) -> _Scene:
    view = channels.index("mu") if "mu" in channels else None
    shape = values.shape[2:]
    mu = np.full(shape, np.nan) if view is None else np.where(seen[lag, view], values[lag, view], np.nan)
    cell = float(np.radians(placement.step[0, 1])) * _RADIUS
    return _Scene(mu.astype(np.float64), np.zeros((len(channels), *shape), bool), None, cell)


def _disk(placement: Placement, signed: NDArray[np.bool_], lag: int, channel: int, spot: Spot, size: int) -> _Scene:
    step = float(placement.step[0, 0])
    along = (np.arange(size) - (size - 1) / 2) * step
    x, y = np.meshgrid(along, along)
    distance = placement.observer[0, :, :, 2]
    radii = np.degrees(np.arcsin(SOLAR_RADIUS / (distance * AU))) * 3600
    # a channel without a frame has no pixel to judge
    radius = np.nan_to_num(np.nanmax(radii, axis=0, initial=0.0))
    # a pixel's diagonal beyond the edge: cells that the limb crosses are no sky
    edge = np.where(signed, 1.0, _CORONA) * radius + step / np.sqrt(2)
    sky = np.hypot(x, y) > np.where(radius > 0, edge, np.inf)[:, None, None]
    own = radii[lag, channel]
    if not np.isfinite(own):
        # Without a frame the Sun's usual size stands in, in arcsec; nothing is near anything in it.
        return _Scene(np.zeros(x.shape), sky, np.zeros(x.shape, bool), _RADIUS * step / 960)
    west, north = x / own, y / own
    mu = np.sqrt(np.clip(1 - west**2 - north**2, 0, None))
    near = _near(west, north, mu, placement, lag, channel, spot, own)
    return _Scene(mu, sky, near, _RADIUS * step / own)


def _near(
    west: NDArray[np.float64],
    north: NDArray[np.float64],
    mu: NDArray[np.float64],
    placement: Placement,
    lag: int,
    channel: int,
    spot: Spot,
    radius: float,
) -> NDArray[np.bool_]:
    """Cells within reach of the region at the time of the frame."""
    days = float((placement.time[0, lag, channel] - spot.time) / np.timedelta64(1, "D"))
    # from when the place was known to when the frame was taken
    longitude = spot.longitude + float(rotation_rate(spot.latitude)) * days
    viewpoint = Viewpoint(*placement.observer[0, lag, channel].tolist())
    seen = project(np.array(spot.latitude), np.array(longitude), viewpoint)
    if not seen.mu > 0:
        return np.zeros(west.shape, bool)
    here = np.array([seen.x / radius, seen.y / radius, seen.mu])
    cosine = west * here[0] + north * here[1] + mu * here[2]
    # at least the cell that it is in
    nearest = np.hypot(west - here[0], north - here[1])
    return np.asarray((mu > 0) & ((cosine > np.cos(np.radians(_REACH))) | (nearest == nearest.min())))


def _together(observer: NDArray[np.float64], channel: int) -> NDArray[np.bool_]:
    """Channels whose camera stands where that one stands."""
    apart = np.abs(observer[:, :2] - observer[channel, :2])
    apart[:, 1] = np.minimum(apart[:, 1], 360 - apart[:, 1])
    with np.errstate(invalid="ignore"):
        return np.asarray((apart < _TOGETHER).all(axis=1))
