"""Opening the archive: which groups there are, and one of them with a clear error when it is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem, ProblemList
from sunproof.pipeline.ingest.format import FORMAT, check_format

__all__ = ["group_names", "is_simulated", "open_group", "remembered", "remembering", "texts"]


_MEMORY: ContextVar[dict[Any, Any] | None] = ContextVar("memory", default=None)

Made = TypeVar("Made")


@contextmanager
def remembering(memory: dict[Any, Any]) -> Iterator[None]:
    """Open and read once what is opened within, for many reads of archives that do not change meanwhile.

    Parameters
    ----------
    memory : dict
        Where it is kept; give the same one again to go on.
    """
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def remembered(key: Any, make: Callable[[], Made]) -> Made:
    """Make something, or take it from the memory if `remembering` gave one."""
    memory = _MEMORY.get()
    if memory is None:
        return make()
    if key not in memory:
        memory[key] = make()
    made: Made = memory[key]
    return made


def group_names(archive: str | Path) -> list[str]:
    """List an archive's groups, sorted.

    Raises
    ------
    ArchiveError
        If there is no archive at the path, or it follows another version of docs/archive.md.
    """
    return sorted(_root(archive).group_keys())


def is_simulated(archive: str | Path) -> bool:
    """Whether any group of an archive is of a simulated Sun (docs/archive.md, clause 3.2).

    Raises
    ------
    ArchiveError
        As `group_names`.
    """
    return any(bool(group.attrs.get("simulated", 0)) for _, group in _root(archive).groups())


def _root(archive: str | Path) -> zarr.Group:
    try:
        root = zarr.open_group(str(archive), mode="r")
    except FileNotFoundError as error:
        problem = Problem("no archive here", str(archive), None, "a Zarr group", "Run `sunproof ingest` first.")
        raise ArchiveError(problem) from error
    # a folder that names no version is a scene of the challenge, or made by hand; `sunproof archive check` tells
    check_format(root.attrs.get("archive_format", FORMAT), str(archive))
    return root


def open_group(archive: str | Path, group: str, variables: Sequence[str]) -> xr.Dataset:
    """Open one group lazily and make sure that it holds what is about to be read.

    Parameters
    ----------
    archive : str or Path
        The archive.
    group : str
        Name of the group.
    variables : sequence of str
        Variables that must be there.

    Returns
    -------
    xarray.Dataset
        Lazily opened, not chunked.

    Raises
    ------
    ArchiveError
        If the group, or any of the variables, is missing, or it follows another version of docs/archive.md.
    """
    names = group_names(archive)
    if group not in names:
        raise ArchiveError(Problem("group is missing", str(archive), group, f"one of {', '.join(names) or '(empty)'}"))
    # one dataset keeps the variables that were read of it
    dataset: xr.Dataset = remembered(
        ("group", str(archive), group),
        lambda: xr.open_zarr(str(archive), group=group, chunks=None, consolidated=False),
    )
    check_format(dataset.attrs.get("archive_format", FORMAT), f"{archive}, group {group}")
    problems = ProblemList(f"{archive}: {group}", ArchiveError)
    for name in variables:
        if name not in dataset.variables:
            problems.add("variable is missing", name, sorted(map(str, dataset.variables)), name)
    problems.check()
    return dataset


def texts(variable: xr.DataArray) -> NDArray[Any]:
    """Text values as objects, whichever of numpy's three kinds of text the file format gave."""
    return np.asarray(variable.to_numpy().astype(object))
