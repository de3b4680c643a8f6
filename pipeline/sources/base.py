"""What a source is: find the files of one instrument or catalogue, read one file into vocabulary units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.sources.records import finish

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FileSource", "Layout", "Source"]

# Receipts of downloads lie beside the files they are about.
_NOT_DATA = ("fetch.json", ".receipt.json")


@dataclass(frozen=True)
class Layout:
    """How a source's records lie in the archive.

    Parameters
    ----------
    kind : str
        ``"series"``: one observation a time, ``time`` sorted and unique.
        ``"frames"``: images, one grid and one clock a group.
        ``"patches"``: images of any size along ``record``, sorted by ``keys``.
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
    """Module name, and archive group of every file that does not name another in its attribute ``group``."""
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
            The attribute ``group`` names the archive group: the source's name, or one of several where a source fills
            more than one (``goes_xrs`` reads files of all satellites and answers ``goes15_xrs``, ``goes16_xrs``, ...).
            Attributes may hold facts about the file (``goes_scale``, ``processing``, ``simulated``).

        Raises
        ------
        InputError
            With every problem of the file.
        """
        ...


@dataclass(frozen=True)
class FileSource:
    """A `Source` made of a reader function; what every source has to do besides reading is done here once.

    Parameters
    ----------
    name : str
        Module name and default archive group.
    layout : Layout
        How the records lie in the archive.
    patterns : tuple of str
        Globs, relative to the raw folder.
    reader : callable
        Reads one file into vocabulary names and units, in any order; a function at module level, so that it can be
        sent to other processes.
    """

    name: str
    layout: Layout
    patterns: tuple[str, ...]
    reader: Callable[[Path], xr.Dataset]

    def find(self, root: Path) -> list[Path]:
        """List this source's files below ``root``, sorted."""
        found = {path for pattern in self.patterns for path in Path(root).glob(pattern) if path.is_file()}
        # hidden files are downloads in progress, or a file manager's
        return sorted(path for path in found if not path.name.startswith(".") and not path.name.endswith(_NOT_DATA))

    def read(self, path: Path) -> xr.Dataset:
        """Read one file, sort it, drop repeated records and hold it against the vocabulary.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError(Problem("no such file", str(path), path.name, "a file", "Was it moved since?"))
        if path.stat().st_size == 0:
            raise InputError(Problem("the file is empty", str(path), "0 bytes", "data", "Download it again."))
        return finish(self.reader(path), self.layout, self.name, str(path))
