"""A part is what one raw file became: its columns in a file of their own, keyed by content and reader version."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, ProblemList, SunproofError
from sunproof.pipeline.ingest.readers import Reader
from sunproof.pipeline.receipts import canonical, digest_file, replacing
from sunproof.pipeline.sources.base import Layout
from sunproof.pipeline.vocabulary import check, describe

__all__ = ["HEAD", "Column", "Part", "Refused", "read_head", "read_part", "unchanged", "write_store"]

# Where a part keeps what it says of itself.
HEAD = "__facts__"
_GROUP = re.compile(r"[a-z][a-z0-9_]*")


class Column(NamedTuple):
    """Type of a variable in a part, and dimensions and shape of one of its records."""

    dtype: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One raw file, read.

    Parameters
    ----------
    path : str
        The raw file, relative to the raw folder.
    digest, size : str, int
        Of the raw file.
    reader : str
        Source and version that read it.
    store : Path
        The part's own file (``.npz``: one array a variable).
    group : str
        Archive group the records belong to.
    rows : int
        Number of records.
    columns : dict
        Variable -> type, and dimensions and shape of one record.
    facts : dict
        What the reader noted about the file, as plain JSON values.
    """

    path: str
    digest: str
    size: int
    reader: str
    store: Path
    group: str
    rows: int
    columns: dict[str, Column]
    facts: dict[str, Any]

    @property
    def rank(self) -> tuple[str, str]:
        """Which of two files is believed where they contradict each other: the higher rank.

        Files are ranked by the processing date that the reader notes (``processed``, ISO 8601; none comes first),
        then by their relative path.
        """
        return str(self.facts.get("processed", "")), self.path

    def column(self, name: str) -> NDArray[Any]:
        """One variable of all records."""
        with np.load(self.store, allow_pickle=False) as arrays:
            return np.asarray(arrays[name])

    def receipt(self) -> dict[str, Any]:
        """Give what the archive keeps about the raw file."""
        return {
            "path": self.path,
            "digest": self.digest,
            "size": self.size,
            "reader": self.reader,
            "records": self.rows,
            "facts": self.facts,
        }


@dataclass(frozen=True)
class Refused:
    """A raw file that could not be read, with everything that is wrong with it."""

    path: str
    digest: str
    source: str
    problems: tuple[Problem, ...]


def read_part(reader: Reader, root: Path, path: Path, folder: Path) -> Part | Refused:
    """Read one raw file into its part, unless the part is there already.

    Parameters
    ----------
    reader : Reader
        The source to read with.
    root : Path
        The raw folder.
    path : Path
        The raw file.
    folder : Path
        Where parts lie.

    Returns
    -------
    Part or Refused
        `Refused` where the reader, or the archive's rules, object to the content.
    """
    relative = path.relative_to(root).as_posix()
    digest = ""
    try:
        before = path.stat()
        # by content: the same file under two names is read once, and a renamed one is not read again
        digest = digest_file(path)
        # a reader's version is part of the name, so that parts of an older reader are never taken for its own
        store = folder / reader.name / f"{digest.removeprefix('sha256:')}-{reader.version}.npz"
        content = read_head(store)
        if content is None:
            with unchanged(path, relative, store, before):
                write_store(store, reader.source.read(path), reader.source.layout, reader.name, str(path))
            content = read_head(store)
    except SunproofError as error:
        return Refused(relative, digest, reader.name, error.problems)
    if content is None:
        raise OSError(f"{store}: written, but cannot be read back")
    group, rows, columns, facts = content
    return Part(relative, digest, before.st_size, str(reader), store, group, rows, columns, facts)


@contextmanager
def unchanged(path: Path, relative: str, store: Path, before: os.stat_result) -> Iterator[None]:
    """Make a part of a raw file that must be as it was before it was read.

    Raises
    ------
    InputError
        If the file changed meanwhile; the part is removed.
    """
    yield
    # a download in progress looks like a shorter file of its kind: size and time tell
    after = path.stat()
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        store.unlink()
        todo = "Run again when it is complete."
        raise InputError(Problem("changed while it was read", relative, after.st_size, "a finished file", todo))


def read_head(store: Path) -> tuple[str, int, dict[str, Column], dict[str, Any]] | None:
    """Read a part's head; None where there is no part, or none that a power failure left whole."""
    try:
        # numpy would leave a file that is no archive open behind its error.
        with store.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            head = json.loads(str(arrays[HEAD]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    columns = {name: Column(dtype, tuple(dims), tuple(shape)) for name, (dtype, dims, shape) in head["columns"].items()}
    return head["group"], head["rows"], columns, head["facts"]


def write_store(store: Path, dataset: xr.Dataset, layout: Layout, group: str, where: str) -> None:
    """Write the columns of one dataset to a part's own file, in whole or not at all.

    Parameters
    ----------
    store : Path
        The file.
    dataset : xarray.Dataset
        As `Source.read` returns it.
    layout : Layout
        Dimension and keys.
    group : str
        Archive group, unless the dataset names one.
    where : str
        File, for messages.

    Raises
    ------
    InputError
        If the dataset breaks a rule of the archive.
    """
    dataset = describe(dataset)
    check(dataset, where, dict.fromkeys(layout.keys, (layout.dim,)))
    facts = dict(dataset.attrs)
    # some files fill a group of their own, such as one satellite's of several
    group = str(facts.pop("group", group))
    columns = _columns(dataset, layout, group, where)
    head = {
        "group": group,
        "rows": dataset.sizes[layout.dim],
        "columns": {
            name: (values.dtype.str, dataset[name].dims[1:], values.shape[1:]) for name, values in columns.items()
        },
        "facts": facts,
    }
    arrays: dict[str, Any] = {**columns, HEAD: np.array(_json(head, where))}
    with replacing(store) as partial, partial.open("wb") as stream:
        np.savez(stream, **arrays)


def _json(head: dict[str, Any], where: str) -> str:
    try:
        return canonical(head).decode()
    except ValueError as error:
        raise InputError(Problem(f"a fact about the file is no JSON value ({error})", where, head["facts"])) from error


def _columns(dataset: xr.Dataset, layout: Layout, group: str, where: str) -> dict[str, NDArray[Any]]:
    problems = ProblemList(where)
    if not _GROUP.fullmatch(group):
        problems.add("not a group name", "attribute group", group, "lower case letters, digits and underscores")
    columns = dict(_plain_columns(dataset, layout, problems))
    problems.check()
    _check_order([columns[key] for key in layout.keys], layout, problems)
    problems.check()
    return columns


def _plain_columns(dataset: xr.Dataset, layout: Layout, problems: ProblemList) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give every variable as one of the few types that an archive holds."""
    for name, variable in dataset.variables.items():
        values = np.asarray(variable.values)
        if variable.dims[:1] != (layout.dim,):
            problems.add("first dimension is not the one that grows", str(name), variable.dims, layout.dim)
        elif values.dtype.kind in "OTU":
            strange = [value for value in values.ravel() if not isinstance(value, str)]
            if strange:
                problems.add("text variable holds something else", str(name), strange[0], "texts, empty where missing")
            # texts are numpy's own, for object arrays would need pickle, which runs code when it is read
            yield str(name), values.astype("U")
        elif values.dtype.kind == "M":
            yield str(name), values.astype("datetime64[ns]")
        elif values.dtype.kind in "bfiu":
            yield str(name), values
        else:
            problems.add("type has no place in an archive", str(name), str(values.dtype), "number, time, text or flag")


def _check_order(keys: list[NDArray[Any]], layout: Layout, problems: ProblemList) -> None:
    if not len(keys[0]):
        return
    # the last key sorts first in numpy
    order = np.lexsort(tuple(reversed(keys)))
    unsorted = np.flatnonzero(order != np.arange(len(order)))
    if unsorted.size:
        got = [str(key[unsorted[0]]) for key in keys]
        problems.add("records are not sorted", f"record {unsorted[0]}", got, f"sorted by {', '.join(layout.keys)}")
        return
    # sorted, so that doubles are neighbours
    same = np.flatnonzero(np.logical_and.reduce([key[1:] == key[:-1] for key in keys]))
    if same.size:
        got = [str(key[same[0]]) for key in keys]
        problems.add("records share their keys", f"records {same[0]} and {same[0] + 1}", got, "each key once")
