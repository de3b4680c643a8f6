"""What a reader of somebody else's archive is: list its pieces, read one piece, lazily, into the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import xarray as xr

    from sunproof.pipeline.sources.base import Layout

__all__ = ["Interchange", "Piece"]


@dataclass(frozen=True)
class Piece:
    """Files that are read together and fill one group: a year of a channel, a day of files, the slices of a region.

    Parameters
    ----------
    group : str
        Archive group that the piece belongs to.
    path : str
        Relative to the archive's root; where a piece has several files, what they have in common.
    root : Path
        The archive's root.
    files : tuple of str
        Files and folders that the piece consists of, relative to the root.
    content : tuple
        What the reader noted for itself when it listed the piece; plain JSON values.
    """

    group: str
    path: str
    root: Path
    files: tuple[str, ...]
    content: tuple[Any, ...] = ()


@runtime_checkable
class Interchange(Protocol):
    """Protocol of every ``INTERCHANGE`` in this folder; adding a kind of archive is adding one module and its test."""

    name: str
    """Module name, and KIND of ``sunproof archive import``."""
    layout: Layout
    """How the records of every group lie in our archive."""

    def find(self, root: Path) -> list[Piece]:
        """List what the archive consists of.

        Raises
        ------
        InputError
            If the folder is not laid out like this kind of archive, with everything that is wrong.
        """
        ...

    def read(self, piece: Piece) -> xr.Dataset:
        """Read one piece.

        Returns
        -------
        xarray.Dataset
            Vocabulary names, units and attributes along ``layout.dim``; sorted and unique by ``layout.keys``, missing
            values NaN. Images are dask arrays, everything else is in memory. Attributes are facts about the piece.

        Raises
        ------
        InputError
            With everything that is wrong with the piece.
        """
        ...

    def samples(self, pieces: list[Piece]) -> xr.Dataset | None:
        """Labels that come with the archive, as ``samples.nc`` holds them; None where there are none."""
        ...
