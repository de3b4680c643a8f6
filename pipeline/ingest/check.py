"""``sunproof archive check PATH``: hold anybody's archive against its specification (docs/archive.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from sunproof.pipeline.console import say
from sunproof.pipeline.errors import ArchiveError, InputError, Problem, ProblemList
from sunproof.pipeline.ingest.archive import FORMAT, list_groups
from sunproof.pipeline.ingest.coverage import read_missing
from sunproof.pipeline.ingest.images.check import check_images
from sunproof.pipeline.ingest.patches.check import check_patches
from sunproof.pipeline.vocabulary import VOCABULARY, check

__all__ = ["check_archive", "show"]

# Types that go with a vocabulary entry's unit; all others are numbers.
_TYPES = {
    "text": ("TUO", "text"),
    "time": ("M", "datetime64[ns]"),
    "id": ("iu", "an integer"),
    "flag": ("biu", "an integer or a boolean"),
}
_LAYOUTS = ("series", "table", "frames", "patches")
_RECEIPT = {"path": str, "digest": str, "size": int, "reader": str, "records": int, "facts": dict}


def show(path: str) -> int:
    """Print every problem of an archive.

    Returns
    -------
    int
        0 if there is none, 1 otherwise.
    """
    problems = check_archive(path)
    for problem in problems:
        say(f"error: {problem}")
    say(f"{path}: {len(problems)} problems in {len(list_groups(path))} groups")
    return 1 if problems else 0


def check_archive(path: str | Path) -> list[Problem]:
    """Hold an archive against every clause of its specification that bytes can show.

    Parameters
    ----------
    path : str or Path
        The archive.

    Returns
    -------
    list of Problem
        Empty for a valid archive; each problem names the clause it breaks.

    Raises
    ------
    ArchiveError
        If there is no archive at the path.
    """
    names = list_groups(path)
    problems = ProblemList(str(path), ArchiveError)
    if not names:
        problems.add("clause 1.1: an archive holds at least one group", "", 0, "one group a source")
    _check_root(Path(path), problems)
    return [*problems, *(problem for name in names for problem in _check_group(Path(path), name))]


def _check_root(path: Path, problems: ProblemList) -> None:
    try:
        metadata = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    except ValueError as error:
        problems.add("clause 1.2: the root is a Zarr v3 group", "zarr.json", str(error), "JSON")
        return
    if (metadata.get("zarr_format"), metadata.get("node_type")) != (3, "group"):
        problems.add("clause 1.2: the root is a Zarr v3 group", "zarr.json", metadata.get("node_type"), "a v3 group")
    found = metadata.get("attributes", {}).get("archive_format")
    if found != FORMAT:
        problems.add(
            "clause 1.3: the root says which version it follows", "attribute archive_format", found, str(FORMAT)
        )
    if "consolidated_metadata" not in metadata:
        todo = "Run sunproof ingest to its end."
        problems.add(
            "clause 1.4: the root's metadata is consolidated", "zarr.json", None, "consolidated_metadata", todo
        )


def _check_group(path: Path, name: str) -> list[Problem]:
    problems = ProblemList(f"{path}, group {name}", ArchiveError)
    try:
        dataset = xr.open_zarr(path / name, chunks=None, consolidated=False)
        layout = dataset.attrs.get("layout")
        images = layout == "frames"
        # Pixels are looked at a block or a patch at a time; what lies beside them is small.
        pixels = [dataset.attrs.get("quantity")] if layout in ("frames", "patches") else []
        beside = [*pixels, "receipts"] if images else []
        dataset = dataset.drop_vars([*pixels, *beside], errors="ignore").load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:  # RuntimeError: what decompressors raise
        problems.add("clause 2.1: plain xarray.open_zarr opens the group", "", f"{type(error).__name__}: {error}")
        return list(problems)
    for variable, array in zarr.open_group(str(path / name), mode="r").arrays():
        # a chunk that is not stored reads as fill values: a lost file would look like missing data
        if variable not in beside and array.nchunks_initialized != array.nchunks and array.size:
            got = array.nchunks_initialized
            problems.add(
                "clause 4.7: every chunk is stored", variable, got, f"{array.nchunks} chunks", "Restore the archive."
            )
    keys = _check_attributes(dataset, problems, images)
    if keys:
        dimension = str(dataset[keys[0]].dims[0])
        _check_values(dataset, dimension, problems)
        _check_order(dataset, keys, problems)
        if images:
            check_images(path / name, dataset, problems)
        else:
            _check_receipts(dataset, dimension, problems)
        if layout == "patches":
            check_patches(path / name, dataset, problems)
    return list(problems)


def _check_attributes(dataset: xr.Dataset, problems: ProblemList, images: bool) -> list[str]:
    """Check what the group says about itself, and return the keys if they can be used."""
    attrs = dataset.attrs
    wanted: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "archive_format": (str(FORMAT), lambda value: bool(value == FORMAT)),
        "source": ("the name of the source", lambda value: isinstance(value, str) and bool(value)),
        "layout": (f"one of {', '.join(_LAYOUTS)}", lambda value: value in _LAYOUTS),
        "keys": ("a list of variables", lambda value: isinstance(value, (list, tuple)) and bool(value)),
        "duplicates": ("a count", lambda value: isinstance(value, int) and value >= 0),
        "conflicts": ("a count", lambda value: isinstance(value, int) and value >= 0),
    }
    if not images:
        wanted["receipts"] = (
            "a list, one entry a file",
            lambda value: isinstance(value, (list, tuple)) and bool(value),
        )
    for name, (text, valid) in wanted.items():
        if not valid(attrs.get(name)):
            problems.add("clause 3.1: the group describes itself", f"attribute {name}", attrs.get(name), text)
    # "absent" is 1 here: only a wrong value is told
    if attrs.get("simulated", 1) != 1:
        problems.add("clause 3.2: simulated is 1 or absent", "attribute simulated", attrs["simulated"], "1 or nothing")
    if ("coverage_start" in attrs) != ("coverage_end" in attrs):
        got = sorted(name for name in attrs if str(name).startswith("coverage"))
        problems.add("clause 3.3: coverage has a start and an end", "attributes", got, "both or none")
    try:
        read_missing(attrs, problems.where)
    except ArchiveError as error:
        problems.problems.extend(_of_clause("3.5", error.problems))
    keys = [str(key) for key in attrs.get("keys") or []]
    absent = [key for key in keys if key not in dataset.variables or not dataset[key].dims]
    if absent:
        problems.add(
            "clause 4.2: keys are variables along the growing dimension", "attribute keys", absent, "variables"
        )
    return [] if absent else keys


def _of_clause(number: str, problems: Sequence[Problem]) -> list[Problem]:
    """Name the clause in problems that others found."""
    return [Problem(f"clause {number}: {one.what}", one.where, one.got, one.wanted, one.todo) for one in problems]


def _check_values(dataset: xr.Dataset, dimension: str, problems: ProblemList) -> None:
    try:
        check(dataset, problems.where)
    except InputError as error:
        problems.problems.extend(_of_clause("4.1", error.problems))
    for name, variable in dataset.variables.items():
        if variable.dims[:1] != (dimension,):
            problems.add("clause 4.3: every variable grows along one dimension", str(name), variable.dims, dimension)
        unit = VOCABULARY[str(name)].unit if name in VOCABULARY else ""
        kinds, wanted = _TYPES.get(unit, ("fiu", "a number"))
        if variable.dtype.kind not in kinds or (variable.dtype.kind == "M" and variable.dtype != "datetime64[ns]"):
            problems.add("clause 4.4: a variable has the type of its kind", str(name), str(variable.dtype), wanted)


def _check_order(dataset: xr.Dataset, keys: list[str], problems: ProblemList) -> None:
    values = [np.asarray(dataset[key].values) for key in keys]
    # numpy cannot yet sort its new text type by several keys.
    values = [item.astype(object).astype(str) if item.dtype.kind in "TO" else item for item in values]
    order = np.lexsort(tuple(reversed(values)))
    wrong = np.flatnonzero(order != np.arange(len(order)))
    if wrong.size:
        problems.add("clause 5.1: records are sorted by their keys", f"record {wrong[0]}", _record(values, wrong[0]))
    # found among the sorted: of an archive that is out of order, doubles are no neighbours
    same = np.logical_and.reduce([item[order][1:] == item[order][:-1] for item in values])
    if same.any():
        at = int(order[np.flatnonzero(same)[0]])
        problems.add(
            "clause 5.2: each combination of keys stands once", f"record {at}", _record(values, at), "one record"
        )
    if dataset.attrs.get("layout") in ("series", "frames") and keys != ["time"]:
        problems.add("clause 5.3: a series is keyed by time alone", "attribute keys", keys, "['time']")


def _record(values: list[Any], at: int) -> list[str]:
    return [str(item[at]) for item in values]


def _check_receipts(dataset: xr.Dataset, dimension: str, problems: ProblemList) -> None:
    receipts = dataset.attrs.get("receipts") or []
    for position, receipt in enumerate(receipts):
        entry = receipt if isinstance(receipt, dict) else {}
        wrong = [name for name, kind in _RECEIPT.items() if not isinstance(entry.get(name), kind)]
        if wrong:
            problems.add(
                "clause 6.1: a receipt tells where its file came from", f"receipts[{position}]", receipt, f"{wrong}"
            )
    if "receipt" not in dataset.variables or dataset["receipt"].dims != (dimension,):
        problems.add(
            "clause 6.2: every record points to its file", "variable receipt", None, f"integers along {dimension}"
        )
        return
    index = dataset["receipt"].values
    outside = index[(index < 0) | (index >= len(receipts))]
    if outside.size:
        problems.add(
            "clause 6.2: every record points to its file", "receipt", int(outside[0]), f"0 to {len(receipts) - 1}"
        )
