"""One image group of the archive: which frame was known at a time, and parts of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem
from sunproof.pipeline.ingest.images.window import ImageWindows
from sunproof.pipeline.samples.reading import open_group
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import VOCABULARY

__all__ = ["Frames", "Viewpoint"]

_OBSERVER = ("observer_latitude", "observer_longitude", "observer_distance")


class Viewpoint(NamedTuple):
    """Where the camera stood: Stonyhurst latitude and longitude (degrees) and distance (AU)."""

    latitude: float
    longitude: float
    distance: float


class Frames:
    """The frames of one group.

    Parameters
    ----------
    archive : str or Path
    group : str
        Image group, e.g. ``"aia_171"``.

    Attributes
    ----------
    name : str
    time : ndarray of datetime64[us], shape (slot,)
        When each slot's frame was observed; NaT for an empty slot.
    size : int
        Cells a side.
    scale : float
        Arcsec a cell.
    signed : bool
        Whether pixels have a sign that means something.

    Raises
    ------
    ArchiveError
        If the group is missing, or holds no images.
    """

    def __init__(self, archive: str | Path, group: str) -> None:
        dataset = open_group(archive, group, [])
        if dataset.attrs.get("layout") != "frames":
            wanted = "a group of images (layout frames)"
            raise ArchiveError(
                Problem("group holds no images", f"{archive}: {group}", dataset.attrs.get("layout"), wanted)
            )
        self.archive, self.name = Path(archive), group
        self.time: NDArray[Any] = dataset["time_observed"].to_numpy().astype("datetime64[us]")
        self._observer = np.stack([dataset[name].to_numpy().astype(float) for name in _OBSERVER], axis=1)
        self.size, self.scale = int(dataset.attrs["wcs"]["NAXIS1"]), float(dataset.attrs["wcs"]["CDELT1"])
        # A magnetogram, where the sign tells the polarity and no logarithm may be taken.
        self.signed = VOCABULARY[dataset.attrs["quantity"]].unit in ("G", "Mx cm-2")
        known = np.flatnonzero(~np.isnat(self.time))
        # the slots' clock is regular, the times of observation need not even ascend
        self._slots = known[np.argsort(self.time[known], kind="stable")]
        self._stamps = microseconds(self.time[self._slots])
        self._windows: ImageWindows | None = None

    def latest(self, time: NDArray[Any], oldest_hours: float) -> NDArray[np.int64]:
        """Find the latest frame that was observed at or before each time.

        Parameters
        ----------
        time : ndarray of datetime64, any shape
        oldest_hours : float
            A frame older than this at that time is not taken: the answer is then "none", not "the nearest".

        Returns
        -------
        ndarray of int, same shape
            Slots; -1 for none.
        """
        now = microseconds(time)
        place = np.searchsorted(self._stamps, now, side="right") - 1
        if not len(self._slots):
            return np.full(now.shape, -1)
        fresh = (place >= 0) & (now - self._stamps[place] <= round(oldest_hours * 3.6e9))
        return np.where(fresh, self._slots[place], -1)

    def viewpoint(self, slot: int) -> Viewpoint:
        """Tell where the camera stood."""
        return Viewpoint(*self._observer[slot].tolist())

    def observed(self, slots: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Tell when frames were observed, and from where.

        Parameters
        ----------
        slots : ndarray of int, any shape
            -1 for none.

        Returns
        -------
        time : ndarray of datetime64[us], same shape
        observer : ndarray, shape (..., 3)
            As in `sunproof.pipeline.samples.images.base.Placement`.
        """
        # Index -1 finds what is appended: no time, no observer.
        times = np.append(self.time, np.datetime64("NaT", "us"))
        return times[slots], np.concatenate([self._observer, np.full((1, 3), np.nan)])[slots]

    def read(self, slot: int, rows: slice = slice(None), columns: slice = slice(None)) -> NDArray[np.float32]:
        """Read a frame, or a rectangle of it.

        Parameters
        ----------
        slot : int
        rows, columns : slice

        Returns
        -------
        ndarray of float32, shape (y, x)
            Physical units, NaN where nothing was observed.

        Raises
        ------
        ArchiveError
            If the archive lists the frame but its pixels are not there or not readable.
        """
        if self._windows is None:
            # opened at the first frame: what only asks for times needs no pixels
            self._windows = ImageWindows(self.archive, [self.name])
        try:
            found = self._windows.read(slot, 1, rows, columns)[0, 0]
            # nothing in a part may be the sky behind the disk; nothing in the whole is damage
            if not np.isfinite(found).any() and not np.isfinite(self._windows.read(slot, 1)).any():
                raise self._damaged(slot, "no pixel")
        except (OSError, ValueError, IndexError) as error:
            raise self._damaged(slot, str(error)) from error
        values: NDArray[np.float32] = found.astype(np.float32) * self._windows.scales[0]
        return values

    def _damaged(self, slot: int, got: str) -> ArchiveError:
        where = f"{self.archive}: {self.name}, frame of {self.time[slot]}"
        return ArchiveError(Problem("frame cannot be read", where, got, "its pixels", "Check or repair the archive."))
