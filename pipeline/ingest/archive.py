"""The archive: one Zarr group a source, listed, opened and written whole (docs/archive.md is its specification)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem
from sunproof.pipeline.ingest.building import build_group
from sunproof.pipeline.ingest.coverage import merge_coverage, note_missing
from sunproof.pipeline.ingest.facts import common_facts
from sunproof.pipeline.ingest.format import FORMAT, check_format
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.placing import found_archive, move_in

__all__ = ["FORMAT", "Selection", "list_groups", "open_group", "receipts_of", "write_group"]

# Which variable says when a record belongs, best first.
_TIMES = ("time", "peak_time", "start_time")


def list_groups(path: str | Path) -> list[str]:
    """List the groups of an archive, sorted; groups being written are not listed.

    Raises
    ------
    ArchiveError
        If there is no archive at the path.
    """
    if not (Path(path) / "zarr.json").is_file():
        got = "something else" if Path(path).exists() else "nothing"
        todo = "Run sunproof ingest, or correct the path."
        raise ArchiveError(Problem("no archive here", str(path), got, "a Zarr v3 archive", todo))
    # Zarr would try to open the hidden folders that a killed run left, and warn about them.
    return sorted(child.parent.name for child in Path(path).glob("[!.]*/zarr.json"))


def open_group(path: str | Path, name: str) -> xr.Dataset:
    """Open one group; texts come as object arrays, everything else as it lies in the archive.

    Parameters
    ----------
    path : str or Path
        The archive.
    name : str
        Group, e.g. ``"sharp"``.

    Returns
    -------
    xarray.Dataset
        Lazy; variables carry the vocabulary's attributes.

    Raises
    ------
    ArchiveError
        If the archive or the group is not there, or follows another version of the specification.
    """
    groups = list_groups(path)
    if name not in groups:
        raise ArchiveError(Problem("no such group", str(path), name, f"one of {', '.join(groups)}"))
    # the root decides where each group is looked for, so it is asked first
    check_format(zarr.open_group(str(path), mode="r").attrs.get("archive_format", FORMAT), str(path))
    dataset: xr.Dataset = xr.open_zarr(path, group=name, chunks=None)
    check_format(dataset.attrs.get("archive_format"), f"{path}, group {name}")
    # Receipts of thousands of images are looked up (`receipts_of`), not carried along.
    dataset = dataset.drop_vars("receipts", errors="ignore")
    # numpy's new text type is refused by netCDF writers and by many functions; object arrays are understood everywhere.
    texts = {key: item.astype(object) for key, item in dataset.data_vars.items() if item.dtype.kind == "T"}
    with_texts: xr.Dataset = dataset.assign(texts)
    return with_texts


def receipts_of(path: str | Path, name: str) -> list[dict[str, Any]]:
    """Give the receipts of a group's raw files, wherever the group keeps them (docs/archive.md, clauses 6.1 and 6.3).

    Raises
    ------
    ArchiveError
        As for `open_group`.
    """
    metadata = Path(path) / name / "zarr.json"
    attrs = json.loads(metadata.read_text(encoding="utf-8")).get("attributes", {}) if metadata.is_file() else {}
    if attrs.get("archive_format") != FORMAT:
        open_group(path, name)  # which says what is wrong
    if "receipts" in attrs:
        return [dict(entry) for entry in attrs["receipts"]]
    texts = zarr.open_array(str(Path(path) / name / "receipts"), mode="r")
    return [json.loads(str(text)) for text in np.asarray(texts[:]).ravel()]


def _time_of(variables: Sequence[str]) -> str | None:
    """Name the variable that says when a record belongs: time, or a flare's maximum; None where there is none."""
    return next((name for name in _TIMES if name in variables), None)


@dataclass(frozen=True)
class Selection:
    """What will be written as one group: the records, their times and the group's attributes."""

    merge: Merge
    source: str
    rows: NDArray[np.int64]
    times: NDArray[np.datetime64] | None
    attrs: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        merge: Merge,
        source: str,
        start: datetime | None = None,
        end: datetime | None = None,
        missing: Sequence[tuple[datetime, datetime]] = (),
    ) -> Selection:
        """Choose the records of an interval and draw up the group's attributes.

        Parameters
        ----------
        merge : Merge
            All parts of the group.
        source : str
            Name of the source.
        start, end : datetime, optional
            First time that enters, first time that no longer enters.
        missing : sequence of (datetime, datetime)
            What the group is declared to lack.

        Raises
        ------
        ArchiveError
            If simulated and real files are mixed.
        """
        rows, times = _inside(merge, start, end)
        duplicates, conflicts, examples = merge.contradictions()
        attrs = {
            **common_facts(merge.name, [(part.path, part.facts) for part in merge.parts]),
            **merge_coverage([part.facts for part in merge.parts]),
            **note_missing(missing),
            "archive_format": FORMAT,
            "source": source,
            "layout": merge.layout.kind,
            "keys": list(merge.layout.keys),
            "duplicates": duplicates,
            "conflicts": conflicts,
            "conflict_examples": examples,
            "receipts": [part.receipt() for part in merge.parts],
        }
        return cls(merge, source, rows, times, attrs)


def write_group(archive: Path, workspace: Path, selection: Selection) -> None:
    """Build one group beside the archive and move it in whole, unless the same bytes lie there already.

    Parameters
    ----------
    archive : Path
        The archive; created where there is none.
    workspace : Path
        Folder on the same file system, where the group is built.
    selection : Selection
        What to write.
    """
    found_archive(archive, FORMAT)
    building = workspace / "building" / selection.merge.name
    build_group(building, selection.merge, selection.rows, selection.attrs)
    move_in(building, archive / selection.merge.name)


def _inside(
    merge: Merge, start: datetime | None, end: datetime | None
) -> tuple[NDArray[np.int64], NDArray[np.datetime64] | None]:
    rows = merge.rows
    name = _time_of(list(merge.variables))
    if name is None:
        return rows, None
    times = merge.gather(name, rows)
    keep = np.ones(len(rows), bool)
    if start is not None:
        keep &= times >= np.datetime64(start)
    if end is not None:
        # half open, so that two intervals that meet share no record
        keep &= times < np.datetime64(end)
    return rows[keep], times[keep]
