"""Vector magnetograms of regions: the field outward, southward and westward in a square around the patch's centre."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.ingest.patches.read import Patches
from sunproof.pipeline.samples.config import VectorConfig
from sunproof.pipeline.samples.images.base import Placement
from sunproof.pipeline.samples.keys import Keys
from sunproof.pipeline.samples.reading import remembered
from sunproof.pipeline.samples.timeline import Timeline, microseconds

__all__ = ["COMPONENTS", "MIRRORED", "VectorPatches"]

COMPONENTS = ("sharp_br", "sharp_bt", "sharp_bp")
"""Groups of the archive: the field outward, southward and westward."""
_OBSERVER = ("latitude", "longitude", "distance")
MIRRORED = (-1, 1, -1)
"""What each component is multiplied by where the Sun is reflected from north to south: the field is a pseudovector."""


class VectorPatches:
    """Vector magnetograms of many rows; see `sunproof.pipeline.samples.images.base.LazyModality`.

    At each lag the latest record of the row's HARP counts that all three components have, if it is not too old. Its
    pixels are averaged, which keeps the flux: cylindrical equal-area pixels are equally large on the Sun. Cells of
    which less than half was observed are missing, and so is what the patch does not reach. Rows of the same records
    share their patch; rows without a HARP have none.

    Parameters
    ----------
    archive : str or Path
    keys : Keys
        The rows.
    config : VectorConfig

    Raises
    ------
    ArchiveError
        If a component's group is missing or holds no patches.
    """

    names = COMPONENTS
    signed = (True, True, True)

    def __init__(self, archive: str | Path, keys: Keys, config: VectorConfig) -> None:
        self.shape = (len(config.lags_hours), len(COMPONENTS), config.size, config.size)
        self._degrees = config.degrees
        self._patches = remembered(("patches", str(archive)), lambda: Patches(archive, COMPONENTS))
        time = self._patches.records["time"].values.astype("datetime64[us]")
        moments = np.stack([keys.ago(lag) for lag in config.lags_hours], axis=1)
        line = Timeline(self._patches.records["harpnum"].values, time)
        harpnum = np.broadcast_to(keys.harpnum[:, None], moments.shape)
        # (row, lag): place of each record, -1 for none
        self._records = np.full(moments.shape, -1)
        some = line.until(harpnum, moments) > line.begin(harpnum)
        last = line.until(harpnum, moments)[some] - 1
        fresh = microseconds(moments[some]) - line.time[last] <= round(config.oldest_hours * 3.6e9)
        self._records[some] = np.where(fresh, line.order[last], -1)
        self.found: NDArray[np.bool_] = np.repeat((self._records >= 0)[..., None], len(COMPONENTS), axis=2)
        self._time = np.append(time, np.datetime64("NaT", "us"))
        # fmax passes over NaT
        self.latest: NDArray[Any] = np.fmax.reduce(self._time[self._records], axis=1)
        self.share = _shared(self._records)

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read rows; see `sunproof.pipeline.samples.images.base.LazyModality`."""
        values = np.full((len(rows), *self.shape), np.nan, np.float32)
        for place, records in enumerate(self._records[rows]):
            for lag in np.flatnonzero(records >= 0):
                values[place, lag] = self._cut(int(records[lag]))
        mask = np.isfinite(values)
        return np.where(mask, values, np.float32(0)), mask

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie; see `sunproof.pipeline.samples.images.base.LazyModality`.

        Patches are flat, so that places are right in the middle and a few tenths of a degree off at the border.
        """
        told, records = self._patches.records, self._records[rows]
        names = ("carrington_longitude", "latitude", *(f"observer_{name}" for name in _OBSERVER))
        west, north, *observer = (np.append(told[name].values.astype(float), np.nan)[records] for name in names)
        # from the meridian that faced the camera to the Earth's, which SDO sees in the same place
        west = (west - self._central()[records] + observer[1] + 180) % 360 - 180
        step = np.full((len(rows), 2), self._degrees / self.shape[-1])
        # Degrees of longitude are narrower away from the equator: more of them make up the same width.
        step[:, 0] /= np.cos(np.radians(np.fmax.reduce(north, axis=1)))
        parts = (self._time[records], np.stack(observer, axis=-1), np.stack([west, north], axis=-1))
        time, eye, centre = (np.repeat(part[:, :, None], len(COMPONENTS), axis=2) for part in parts)
        return Placement("stonyhurst", time, eye, centre, step)

    def _central(self) -> NDArray[np.float64]:
        """Carrington longitude of the disk's centre, which the files told; NaN where they did not, and behind all."""
        told = self._patches.records
        facts = [receipt.get("facts", {}) for receipt in told.attrs.get("receipts", [])]
        central = np.array([*(fact.get("CRLN_OBS", np.nan) for fact in facts), np.nan], float)
        number = told["receipt"].values if facts else np.full(told.sizes["record"], -1)
        found: NDArray[np.float64] = central[np.append(number, -1)]
        return found

    def _cut(self, record: int) -> NDArray[np.float32]:
        """Square of one record, shape (component, y, x); only rows that it crosses are read."""
        # imported here: it brings a compiler, which no other input needs
        from sunproof.pipeline.ingest.area_average import Affine, area_average

        size = self.shape[-1]
        cell, half = self._degrees / size, self._degrees / 2
        xx, _, x0, _, yy, y0 = self._patches.records["geometry"].values[record].tolist()
        # edges of the square's cells, counted in pixels of the patch
        across = Affine(cell / xx, 0.0, (-half - x0) / xx, 0.0, cell / yy, (-half - y0) / yy)
        first = max(0, math.floor(across.y0))
        rows = slice(first, math.ceil(across.y0 + across.yy * size))
        pixels = self._patches.read(record, rows)
        return np.stack([area_average(part, across._replace(y0=across.y0 - first), (size, size)) for part in pixels])


def _shared(records: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each distinct combination of records a number; rows without any have nothing to share."""
    number = np.unique(records, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    # Rows without any record share nothing, not even their emptiness: each is numbered apart.
    nothing = (records < 0).all(axis=1)
    number[nothing] = number.max(initial=-1) + 1 + np.arange(int(nothing.sum()))
    return number
