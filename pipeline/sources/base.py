"""What a source is: find the files of one instrument or catalogue, read one file into vocabulary units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Layout", "Source"]


@dataclass(frozen=True)
class Layout:
    """How a source's records lie in the archive.

    Parameters
    ----------
    kind : str
        ``"series"``: one observation a time, ``time`` sorted and unique.
        ``"table"``: records along ``record`` (or ``event``), sorted by ``keys``, each combination of keys once.
    dim : str
        The dimension that grows: ``time``, ``record`` or ``event``.
    keys : tuple of str
        Variables that together identify one record, in sort order.
    """

    kind: str
    dim: str
    keys: tuple[str, ...] = field(default=("time",))


@runtime_checkable
class Source(Protocol):
    """Protocol of every ``SOURCE`` in this folder; adding an instrument is adding one module and its test."""

    name: str
    """Archive group and module name, e.g. ``"sharp"``."""
    layout: Layout
    patterns: Sequence[str]
    """Globs, relative to the raw folder, e.g. ``("sharp/**/*.parquet",)``."""

    def find(self, root: Path) -> list[Path]:
        """List this source's files below ``root``, sorted."""
        ...

    def read(self, path: Path) -> xr.Dataset:
        """Read one file.

        Returns
        -------
        xarray.Dataset
            Variables in vocabulary names and units along ``layout.dim``, missing floats NaN; sorted by ``layout.keys``.
            Attributes may hold facts about the file (``goes_scale``, ``processing``, ``simulated``).

        Raises
        ------
        InputError
            With every problem of the file.
        """
        ...
