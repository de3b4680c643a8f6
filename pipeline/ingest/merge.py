"""Which records of which parts make up a group: one order, each key once, a stated winner where files contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, ProblemList
from sunproof.pipeline.ingest.parts import Column, Part
from sunproof.pipeline.sources.base import Layout

__all__ = ["Merge"]

# Variables are gathered in blocks of about this many bytes: enough to read each part of a light curve or table once,
# little enough for a laptop.
_BLOCK_BYTES = 2**28
# How a record says that it lacks a variable that other files have (docs/archive.md, missing values).
_MISSING = {"f": np.nan, "i": -1, "U": "", "M": np.datetime64("NaT")}


@dataclass(frozen=True)
class Merge:
    """All parts of one group, as one sequence of records.

    Parameters
    ----------
    name : str
        The group.
    layout : Layout
        Dimension and keys of the group.
    parts : tuple of Part
        In ascending rank: where two files give the same keys with different values, the later part is believed.
    """

    name: str
    layout: Layout
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, name: str, layout: Layout, parts: Sequence[Part]) -> Merge:
        """Bring the parts of a group into their order, whatever order they came in.

        Raises
        ------
        ArchiveError
            If parts disagree about a variable's type, or lack one that cannot be missing.
        """
        merge = cls(name, layout, tuple(sorted(parts, key=lambda part: part.rank)))
        problems = ProblemList(f"group {name}", ArchiveError)
        for variable, dtypes in merge._kinds().items():
            if len({np.dtype(dtype).kind for dtype in dtypes}) > 1:
                problems.add("files disagree about a variable's type", variable, sorted(dtypes), "one type")
            elif (lacking := merge._lacking(variable)) and np.dtype(dtypes[0]).kind not in _MISSING:
                problems.add("files lack a variable whose type has no missing value", variable, lacking, "the variable")
            if len({part.columns[variable][1:] for part in merge.parts if variable in part.columns}) > 1:
                problems.add(
                    "files disagree about a variable's shape", variable, merge.column(variable)[1:], "one shape"
                )
        problems.check()
        return merge

    def _kinds(self) -> dict[str, list[str]]:
        # An empty file says nothing about types, unless all are empty.
        speaking = [part for part in self.parts if part.rows] or self.parts
        kinds: dict[str, list[str]] = {}
        for part in speaking:
            for name, column in part.columns.items():
                kinds.setdefault(name, []).append(column.dtype)
        return kinds

    def _lacking(self, variable: str) -> list[str]:
        return [part.path for part in self.parts if variable not in part.columns and part.rows][:5]

    @cached_property
    def variables(self) -> dict[str, np.dtype[Any]]:
        """Variable -> type wide enough for all parts, sorted by name."""
        return {name: np.result_type(*dtypes) for name, dtypes in sorted(self._kinds().items())}

    def column(self, variable: str) -> Column:
        """Give dimensions and shape of one record of a variable."""
        return next(part.columns[variable] for part in self.parts if variable in part.columns)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum([part.rows for part in self.parts])]).astype(np.int64)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows of all parts in the order of their keys and rank, and whether each is the last with its keys."""
        everything = np.arange(self._starts[-1])
        keys = [self.gather(key, everything) for key in self.layout.keys]
        # parts lie in order of rank: of records with equal keys the last is the one that is believed
        order = np.lexsort((everything, *reversed(keys)))
        last = np.ones(len(order), bool)
        if len(order):
            last[:-1] = np.logical_or.reduce([_differ(key[order[1:]], key[order[:-1]]) for key in keys])
        return order, last

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Rows (of all parts, one after the other) that make up the group, in its order."""
        order, last = self._sorted
        return order[last]

    def receipt(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Position in `parts` of the file that each row came from."""
        return (np.searchsorted(self._starts, rows, side="right") - 1).astype(np.int32)

    def gather(self, variable: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Values of a variable for rows of all parts; missing where a part lacks the variable."""
        dtype = self.variables[variable]
        values = np.full((len(rows), *self.column(variable).shape), _MISSING.get(dtype.kind, 0), dtype)
        source = self.receipt(rows)
        # once a part: a file is opened for all of its rows, wherever they go
        order = np.argsort(source, kind="stable")
        borders = np.searchsorted(source[order], np.arange(len(self.parts) + 1))
        for index in np.flatnonzero(np.diff(borders)):
            part = self.parts[index]
            if variable in part.columns:
                chosen = order[borders[index] : borders[index + 1]]
                values[chosen] = part.column(variable)[rows[chosen] - self._starts[index]]
        return values

    def blocks(self, variable: str, rows: NDArray[np.int64], multiple: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Gather a variable piece by piece: (first row, values), each but the last a multiple of rows long."""
        size = max(1, self.variables[variable].itemsize * int(np.prod(self.column(variable).shape, dtype=np.int64)))
        length = max(1, _BLOCK_BYTES // size // multiple) * multiple
        for first in range(0, len(rows), length):
            yield first, self.gather(variable, rows[first : first + length])

    def contradictions(self) -> tuple[int, int, list[dict[str, Any]]]:
        """Count what was given more than once.

        Returns
        -------
        duplicates : int
            Records dropped because an identical one is kept.
        conflicts : int
            Records dropped although they differ from the one kept.
        examples : list of dict
            The first conflicts: keys, the file believed, the file not believed, variables that differ.
        """
        order, last = self._sorted
        dropped = order[~last]
        kept = order[last][np.searchsorted(np.flatnonzero(last), np.flatnonzero(~last))]
        differing = {name: _differ(self.gather(name, dropped), self.gather(name, kept)) for name in self.variables}
        wrong = np.logical_or.reduce(list(differing.values()))
        examples = [self._example(dropped[at], kept[at], differing, at) for at in np.flatnonzero(wrong)[:5]]
        return int((~wrong).sum()), int(wrong.sum()), examples

    def _example(
        self, dropped: np.int64, kept: np.int64, differing: dict[str, NDArray[np.bool_]], at: np.int64
    ) -> dict[str, Any]:
        pair = np.array([dropped, kept])
        left, believed = self.receipt(pair)
        return {
            "keys": {key: str(self.gather(key, pair[:1])[0]) for key in self.layout.keys},
            "believed": self.parts[believed].path,
            "not_believed": self.parts[left].path,
            "variables": [name for name, flags in differing.items() if flags[at]],
        }


def _differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether records differ; a missing value equals a missing value."""
    # NaT differs from itself; as integers it is equal
    if one.dtype.kind == "M":
        one, other = one.view(np.int64), other.view(np.int64)
    different: NDArray[np.bool_] = one != other
    if one.dtype.kind == "f":
        different &= ~(np.isnan(one) & np.isnan(other))
    return np.asarray(different.any(axis=tuple(range(1, different.ndim))))
