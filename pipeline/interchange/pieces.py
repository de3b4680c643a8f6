"""A piece as ingestion sees it: columns in a file of their own, images still where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunproof.pipeline.errors import SunproofError
from sunproof.pipeline.ingest.parts import Column, Part, Refused, read_head, write_store
from sunproof.pipeline.ingest.readers import version_of
from sunproof.pipeline.interchange.base import Interchange, Piece
from sunproof.pipeline.receipts import digest_bytes, digest_file, digest_json, digest_tree
from sunproof.pipeline.registry import pick

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["PACKAGE", "LazyPart", "read_piece", "version"]

PACKAGE = "sunproof.pipeline.interchange"
# Modules of the sources' folder that the readers rely on: what they do is part of a reader's version.
_SOURCES = ("sunproof.pipeline.sources", ("sharp", "sdo_quality"))
_LAZY = "lazy_variables"


@dataclass(frozen=True)
class LazyPart(Part):
    """A part that opens its images when they are asked for.

    Parameters
    ----------
    kind : str
        Member of the registry that reads the piece.
    piece : Piece
        What it was made from.
    lazy : tuple of str
        Variables that are not in the part's own file.
    """

    kind: str
    piece: Piece
    lazy: tuple[str, ...]

    @cached_property
    def _opened(self) -> xr.Dataset:
        reader: Interchange = pick(PACKAGE, "INTERCHANGE", self.kind)
        return reader.read(self.piece)

    def column(self, name: str) -> Any:
        """One variable of all records: an array in memory, or a dask array for images."""
        return self._opened[name].data if name in self.lazy else super().column(name)


def version(kind: str) -> str:
    """Version of a reader's code: twelve hexadecimal digits."""
    package, names = _SOURCES
    parts = [version_of(PACKAGE, kind), *(version_of(package, name) for name in names)]
    return digest_bytes("".join(parts).encode()).removeprefix("sha256:")[:12]


def read_piece(kind: str, code: str, piece: Piece, folder: Path) -> LazyPart | Refused:
    """Read one piece into a part, unless the part is there already.

    Parameters
    ----------
    kind : str
        Member of the registry.
    code : str
        `version` of its code.
    piece : Piece
        What to read.
    folder : Path
        Where parts lie.

    Returns
    -------
    LazyPart or Refused
        `Refused` with every reason where the reader objects to the content.
    """
    reader: Interchange = pick(PACKAGE, "INTERCHANGE", kind)
    digest = _digest(piece)
    store = folder / kind / f"{digest.removeprefix('sha256:')}-{code}.npz"
    head = read_head(store)
    if head is None:
        try:
            _write(store, reader, piece)
        except SunproofError as error:
            return Refused(piece.path, digest, kind, error.problems)
        head = read_head(store)
    if head is None:
        raise OSError(f"{store}: written, but cannot be read back")
    group, rows, columns, facts = head
    lazy = {name: Column(dtype, tuple(dims), tuple(shape)) for name, (dtype, dims, shape) in facts.pop(_LAZY).items()}
    size = sum(_size(piece.root / name) for name in piece.files)
    name = f"{kind}@{code}"
    return LazyPart(
        piece.path, digest, size, name, store, group, rows, columns | lazy, facts, kind, piece, tuple(sorted(lazy))
    )


def _write(store: Path, reader: Interchange, piece: Piece) -> None:
    dataset = reader.read(piece)
    # images stay where they are until they are written: a year of them fits into no memory
    lazy = [str(name) for name, variable in dataset.variables.items() if variable.chunks is not None]
    described = {name: [dataset[name].dtype.str, dataset[name].dims[1:], dataset[name].shape[1:]] for name in lazy}
    eager = dataset.drop_vars(lazy).assign_attrs({_LAZY: described, "group": piece.group})
    write_store(store, eager, reader.layout, piece.group, piece.path)


def _digest(piece: Piece) -> str:
    """One digest of all files of a piece and of what the index says about them."""
    digests = {name: _of(piece.root / name) for name in piece.files}
    return digest_json({"group": piece.group, "files": digests, "content": piece.content})


def _of(path: Path) -> str:
    return digest_tree(path) if path.is_dir() else digest_file(path)


def _size(path: Path) -> int:
    return sum(_size(child) for child in path.iterdir()) if path.is_dir() else path.stat().st_size
