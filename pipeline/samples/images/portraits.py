"""What a frame says in a few numbers: light, texture, what is beside the disk, whether regions are in their place."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.geometry import rotation_rate
from sunproof.pipeline.samples.config import InputConfig, KeywordSource
from sunproof.pipeline.samples.images.cells import block_means
from sunproof.pipeline.samples.images.frames import Frames
from sunproof.pipeline.samples.images.projection import project
from sunproof.pipeline.samples.records import sharp_records
from sunproof.pipeline.samples.sequences import usable_records
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS

__all__ = ["FEATURES", "Portrait", "Portraits", "image_groups"]

Floats = NDArray[np.float64]

FEATURES = (
    "log mean on the disk",
    "log median on the disk",
    "log 99 % on the disk",
    "texture along rows",
    "texture along columns",
    "light beside the disk",
    "largest light beside the disk",
    "missing on the disk",
    "zeros on the disk",
    "observed beside the disk",
)
# Cells a side that a frame is averaged to: regions are seen, and a decade is looked through in minutes.
_CELLS = 64
# Parts of the disk's radius: well inside, well outside, and how far the sky is looked at.
_INSIDE, _OUTSIDE, _SKY = 0.95, 1.05, 1.3
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
# A region's record counts for so many hours; frames before the latest that it may be a copy of.
_RECORD, _BEFORE = 6, 3
# What the Earth has out of its sight, from so many degrees of longitude on, is remembered for so many days: a rotation.
_HIDDEN, _REMEMBERED = 80.0, 27
# Loops stand so many degrees beyond the limb, or in front of it: from there comes the light beside the disk.
_ABOUT = 15.0
# A camera so near the Earth, degrees, sees what the Earth sees.
_BESIDE = 10.0
# Smallest image of a region, cells; unsigned flux (Mx) of one that counts as one.
_SMALLEST, _FLUX = 1.0, 1e21
_TINY = 1e-12


class Portrait(NamedTuple):
    """One frame.

    Parameters
    ----------
    features : ndarray, shape (feature,)
        See `FEATURES`; strengths are of the absolute value, logarithms to base 10.
    agreement : float
        Correlation of the image with the regions that the records know, each where this camera sees it; of both only
        what no turn or mirror leaves as it is. NaN where no region is in sight.
    flux : float
        log10 of the unsigned flux in sight, in units of 1e21 Mx, plus one: what the light goes with. Regions that have
        turned out of the Earth's sight count as they were last seen. NaN where it is not known: no region has a record
        of the last hours, or the camera sees what the Earth does not and the records reach back less than a rotation.
    limb : float
        The same of the flux about the limb, on either side of it.
    copy : bool
        Whether one of the three frames before is the same to the last bit.
    """

    features: Floats
    agreement: float
    flux: float
    limb: float
    copy: bool


class _Records(NamedTuple):
    """Records of all regions in order of time."""

    time: NDArray[np.int64]
    harp: NDArray[np.int64]
    latitude: Floats
    longitude: Floats
    flux: Floats


def image_groups(inputs: InputConfig) -> tuple[str, ...]:
    """Name the image groups that a model reads, sorted.

    Parameters
    ----------
    inputs : InputConfig
    """
    blocks = [block for block in (inputs.disk, inputs.patch) if block is not None]
    return tuple(sorted({name for block in blocks for name in block.groups}))


class Portraits:
    """Portraits of an archive's frames; each is made once.

    Parameters
    ----------
    archive : str or Path
    inputs : InputConfig
        Whose images.
    """

    def __init__(self, archive: str | Path, inputs: InputConfig) -> None:
        self.groups = image_groups(inputs)
        blocks = [block for block in (inputs.disk, inputs.patch) if block is not None]
        self._oldest = max((block.oldest_hours for block in blocks), default=0.0)
        self._frames = {name: Frames(archive, name) for name in self.groups}
        self._order = {name: _in_order(frames.time) for name, frames in self._frames.items()}
        self._records = _records(archive, inputs.keyword_source)
        self._made: dict[tuple[str, int], Portrait] = {}

    def slots(self, cutoffs: NDArray[Any]) -> dict[str, NDArray[np.int64]]:
        """Find the latest frame of each group at each cut-off; group -> slot, -1 for none."""
        return {name: frames.latest(cutoffs, self._oldest) for name, frames in self._frames.items()}

    def of(self, group: str, slot: int) -> Portrait:
        """Make the portrait of one frame."""
        if (group, slot) not in self._made:
            self._made[group, slot] = self._portrait(self._frames[group], slot)
        return self._made[group, slot]

    def _portrait(self, frames: Frames, slot: int) -> Portrait:
        frame = frames.read(slot)
        side = max(1, frames.size // _CELLS)
        cells = block_means(frame[: frames.size // side * side, : frames.size // side * side], side).astype(np.float64)
        y, x = np.mgrid[: len(cells), : len(cells)] - (len(cells) - 1) / 2
        distance = frames.viewpoint(slot).distance * AU / SOLAR_RADIUS
        radius = np.degrees(np.arcsin(1 / distance)) * 3600 / (frames.scale * side)
        # Cameras differ in distance, and the disk's size with it: parts of the radius do not.
        away = np.hypot(y, x) / radius
        seen, flux, limb = self._regions(frames, slot, frames.scale * side, (len(cells) - 1) / 2)
        agreement = _agreement(cells, away < _INSIDE, seen)
        return Portrait(_features(cells, away), agreement, flux, limb, self._copied(frames, slot, frame))

    def _regions(self, frames: Frames, slot: int, scale: float, middle: float) -> tuple[Floats, float, float]:
        """Row, column, flux (1e21 Mx) of every region in sight with a fresh record; flux and limb of a `Portrait`."""
        now, known, camera = int(microseconds(frames.time[slot : slot + 1])[0]), self._records, frames.viewpoint(slot)
        first, last = np.searchsorted(known.time, [now - _REMEMBERED * _DAY, now], side="right")
        # of each region the latest record: the last one of its number
        # Turned over, so that the first occurrence that np.unique gives is the latest record.
        rows = last - 1 - np.unique(known.harp[first:last][::-1], return_index=True)[1]
        age, latitude = (now - known.time[rows]) / _DAY, known.latitude[rows]
        longitude = _wrapped(known.longitude[rows] + rotation_rate(latitude) * age)
        place = project(latitude, longitude, camera)
        table = np.stack([place.y / scale + middle, place.x / scale + middle, known.flux[rows] / _FLUX], axis=1)
        fresh, seen = age < _RECORD / 24, (place.mu > 0.1) & np.isfinite(table).all(axis=1)
        there = fresh | (np.abs(longitude) > _HIDDEN)
        beyond = np.degrees(np.arccos(np.clip(place.mu, -1, 1))) - 90
        about = np.where(np.isfinite(beyond), np.exp(-0.5 * (beyond / _ABOUT) ** 2), 0.0)
        total = _level((table[:, 2] * place.mu)[seen & there])
        beside = abs(float(_wrapped(np.array(camera.longitude)))) < _BESIDE
        # nothing recorded is not nothing there, and a record without a place may be of either side
        told = (fresh & np.isfinite(longitude)).any() and (beside or known.time[0] <= now - _REMEMBERED * _DAY)
        return table[seen & fresh], *((total, _level((table[:, 2] * about)[there])) if told else (np.nan, np.nan))

    def _copied(self, frames: Frames, slot: int, frame: NDArray[np.float32]) -> bool:
        order = self._order[frames.name]
        place = int(np.flatnonzero(order == slot)[0])
        before = order[max(0, place - _BEFORE) : place].tolist()
        # A gap in both is the same gap.
        return any(np.array_equal(frame, frames.read(other), equal_nan=True) for other in before)


def _level(flux: Floats) -> float:
    return float(np.log10(1 + flux.sum()))


def _wrapped(degrees: Floats) -> Floats:
    return np.asarray((degrees + 180) % 360 - 180)


def _in_order(time: NDArray[Any]) -> NDArray[np.intp]:
    known = np.flatnonzero(~np.isnat(time))
    return np.asarray(known[np.argsort(time[known], kind="stable")])


def _records(archive: str | Path, source: KeywordSource) -> _Records:
    names = ("harpnum", "time", "usflux", "latitude", "longitude")
    sharp = sharp_records(archive, source, names[:3])
    _, usable = usable_records(sharp)
    sharp = sharp.isel(record=np.sort(usable))
    time = microseconds(sharp["time"].to_numpy())
    order = np.argsort(time, kind="stable")
    unknown = np.full(len(time), np.nan)
    columns: Mapping[str, Any] = {name: sharp[name].to_numpy() if name in sharp else unknown for name in names}
    flux = np.clip(columns["usflux"][order].astype(np.float64), 0, 1e24)
    latitude, longitude = (columns[name][order].astype(np.float64) for name in ("latitude", "longitude"))
    harp = columns["harpnum"][order].astype(np.int64)
    return _Records(time[order], harp, latitude, longitude, np.nan_to_num(flux))


def _features(cells: Floats, away: Floats) -> Floats:
    # Of magnetograms the magnitude: their mean is nearly nothing whatever is on the disk.
    size, known = np.abs(cells), np.isfinite(cells)
    disk, sky = away < _INSIDE, (away > _OUTSIDE) & (away < _SKY)
    with warnings.catch_warnings():
        # all-NaN parts: what is not observed has no mean
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = float(np.nanmean(size[disk]))
        along = [float(np.sqrt(np.nanmean(np.diff(np.where(disk, cells, np.nan), axis=axis) ** 2))) for axis in (1, 0)]
        beside = [float(np.nanmean(size[sky])), float(np.nanmax(size[away > _OUTSIDE]))]
        median, bright = np.nanmedian(size[disk]), np.nanquantile(size[disk], 0.99)
    # Levels of texture and sky relative to the mean, which the Sun's activity moves.
    levels = [_log(mean), _log(median), _log(bright), *(_log(one) - _log(mean) for one in (*along, *beside))]
    shares = [1 - known[disk].mean(), (cells[disk] == 0).mean(), known[sky].mean() if sky.any() else 0.0]
    return np.array([*levels, *map(float, shares)])


def _log(value: Any) -> float:
    return float(np.log10(max(float(value), _TINY))) if np.isfinite(value) else 0.0


def _agreement(cells: Floats, disk: NDArray[np.bool_], seen: Floats) -> float:
    if not len(seen):
        return float("nan")
    size = np.abs(cells)
    known = disk & np.isfinite(size)
    if known.sum() < disk.sum() / 2:
        return float("nan")
    floor = max(float(np.quantile(size[known], 0.05)), _TINY)
    # Light spans decades: one flare would else outweigh all regions.
    light = np.where(known, np.log10(np.maximum(np.where(known, size, floor), floor)), 0.0)
    light = np.where(disk, light - light[known].mean(), 0.0)
    y, x = np.mgrid[: len(cells), : len(cells)]
    expected = np.zeros(cells.shape)
    for row, column, flux in seen:
        # a region's side goes with the root of its area, and that with its flux
        width = _SMALLEST + 0.6 * np.sqrt(flux) * len(cells) / _CELLS
        expected += np.sqrt(flux) * np.exp(-0.5 * (((y - row) ** 2 + (x - column) ** 2) / width**2))
    both = [_turned_away(np.where(disk, part, 0.0)) for part in (light, np.log1p(expected))]
    norm = float(np.sqrt((both[0] ** 2).sum() * (both[1] ** 2).sum()))
    return float((both[0] * both[1]).sum() / norm) if norm > 0 else float("nan")


def _turned_away(image: Floats) -> Floats:
    """Take away what every turn and mirror leaves: the limb is bright in all of them."""
    turned = [np.rot90(part, quarter) for part in (image, image[:, ::-1]) for quarter in range(4)]
    return np.asarray(image - np.mean(turned, axis=0))
