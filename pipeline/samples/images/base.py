"""The contract of a modality that is too large to hold: it says what each row would be, and reads it when asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["LazyModality", "Placement", "Shared", "read_shared"]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where on the Sun, or on the sky, the pixels of some rows lie.

    Parameters
    ----------
    projection : str
        ``helioprojective``: tangent plane, arcsec, to solar west and north; ``stonyhurst``: equal steps of longitude
        and of latitude, degrees.
    time : ndarray of datetime64[us], shape (row, lag, channel)
        When each frame was observed; NaT where there is none.
    observer : ndarray, shape (row, lag, channel, 3)
        Stonyhurst latitude, longitude (degrees) and distance (AU) of the camera; NaN where there is no frame.
    centre : ndarray, shape (row, lag, channel, 2)
        x and y of the picture's middle, in the projection's unit.
    step : ndarray, shape (row, 2)
        x and y from one pixel to the next.
    """

    projection: Literal["helioprojective", "stonyhurst"]
    time: NDArray[Any]
    observer: NDArray[np.float64]
    centre: NDArray[np.float64]
    step: NDArray[np.float64]


class LazyModality(Protocol):
    """One modality of many rows."""

    @property
    def names(self) -> tuple[str, ...]:
        """Channels: image groups of the archive, and what tells the view, such as ``mu``."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row: (lag, channel, y, x); lags as configured, rows go north, columns go west."""
        ...

    @property
    def signed(self) -> tuple[bool, ...]:
        """Which channels have a sign that means something (a magnetic field, G), and so no other centre than zero."""
        ...

    @property
    def latest(self) -> NDArray[Any]:
        """Latest observation that enters each row, UTC: datetime64[us], shape (row,); NaT where none does."""
        ...

    @property
    def found(self) -> NDArray[np.bool_]:
        """Where there is a frame, shape (row, lag, channel). Known without reading a pixel."""
        ...

    @property
    def share(self) -> NDArray[np.int64]:
        """Number of what each row holds, shape (row,): rows of the same number are read once for all of them."""
        ...

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read rows.

        Parameters
        ----------
        rows : ndarray of int
            Any rows, in any order.

        Returns
        -------
        values : ndarray of float32, shape (len(rows), lag, channel, y, x)
            Physical units; 0 where missing.
        mask : ndarray of bool, same shape

        Raises
        ------
        ArchiveError
            If the archive says that a frame is there and it cannot be read. A frame that the archive lacks is masked;
            another one never takes its place.
        """
        ...

    def placement(self, rows: NDArray[np.int64]) -> Placement:
        """Tell where the pixels of rows lie, without reading any.

        Parameters
        ----------
        rows : ndarray of int
            Any rows, in any order.
        """
        ...


class Shared(NamedTuple):
    """Values that several rows have in common.

    Parameters
    ----------
    values : ndarray or Tensor, shape (part, ...)
    mask : ndarray or Tensor of bool, same shape
    index : ndarray or Tensor of int, shape (row,)
        Which part each row has.
    """

    values: Any
    mask: Any
    index: Any


def read_shared(modality: LazyModality, rows: NDArray[np.int64]) -> Shared:
    """Read each distinct part of some rows once.

    Parameters
    ----------
    modality : LazyModality
    rows : ndarray of int

    Returns
    -------
    Shared
        Arrays; parts in the order in which rows first name them.
    """
    _, first, inverse = np.unique(modality.share[rows], return_index=True, return_inverse=True)
    # np.unique sorts by number; in the order of the rows neighbours in time stay neighbours in the archive
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Shared(*modality.read(rows[first[order]]), place[inverse])
