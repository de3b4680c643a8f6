"""Hold one image group against section 9 of the archive's specification, a block at a time."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.receipts import digest_file

__all__ = ["check_images"]

_EPOCH = np.datetime64("1970-01-01", "ns")
_WCS = ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2", "CDELT1", "CDELT2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2")
_SLOT = ("time", "time_observed", "time_offset", "missing_reason", "receipt", "quality", "quality_flags")


def check_images(path: Path, dataset: xr.Dataset, problems: ProblemList) -> None:
    """Check what is special to images; everything else is checked as for other groups.

    Parameters
    ----------
    path : Path
        Folder of the group.
    dataset : xarray.Dataset
        The group without its pixels and receipts, loaded.
    problems : ProblemList
        Receives what breaks a clause.
    """
    # what follows reads these attributes: of a group that lacks them nothing more can be said
    if not _check_attributes(path, dataset, problems):
        return
    _check_clock(dataset, problems)
    _check_slots(dataset, problems)
    _check_receipts(path, dataset, problems)
    _check_blocks(path, dataset, problems)


def _check_attributes(path: Path, dataset: xr.Dataset, problems: ProblemList) -> bool:
    attrs, clause = dataset.attrs, "clause 9.1: an image group says what its images are"
    before = len(list(problems))
    for name in ("cadence_seconds", "tolerance_seconds"):
        if not isinstance(attrs.get(name), int | float) or not attrs[name] > 0:
            problems.add(clause, f"attribute {name}", attrs.get(name), "seconds above zero")
    wcs = attrs.get("wcs")
    if not isinstance(wcs, dict) or (absent := [name for name in _WCS if name not in wcs]):
        problems.add(clause, "attribute wcs", wcs, f"FITS keywords, with {absent if isinstance(wcs, dict) else _WCS}")
    if not isinstance(attrs.get("blocks"), dict):
        problems.add(clause, "attribute blocks", attrs.get("blocks"), "block -> digest")
    if not (path / str(attrs.get("quantity")) / "zarr.json").is_file():
        problems.add(clause, "attribute quantity", attrs.get("quantity"), "the name of the variable with the pixels")
    missing = [name for name in _SLOT if name not in dataset.variables]
    if missing:
        problems.add("clause 9.3: a slot says what is in it", "", missing, "these variables")
    return len(list(problems)) == before and _check_array(path, dataset, problems)


def _check_array(path: Path, dataset: xr.Dataset, problems: ProblemList) -> bool:
    name, wcs = dataset.attrs["quantity"], dataset.attrs["wcs"]
    array = zarr.open_array(str(path / name), mode="r")
    wanted = (dataset.sizes["time"], wcs.get("NAXIS2"), wcs.get("NAXIS1"))
    if array.shape != wanted or array.dtype.kind != "f":
        what = "clause 9.1: an image group says what its images are"
        problems.add(what, name, (array.shape, str(array.dtype)), f"floating point of shape {wanted}")
    scale = array.attrs.get("scale_factor", 1.0)
    # frexp gives 0.5 for powers of two alone: they scale floats without rounding
    if not isinstance(scale, int | float) or scale <= 0 or math.frexp(scale)[0] != 0.5:
        problems.add(
            "clause 9.8: values are scaled by a power of two", f"{name}, scale_factor", scale, "a power of two"
        )
    if array.shards is None or array.shards[1:] != array.shape[1:] or array.chunks[1:] != array.shape[1:]:
        what = "clause 9.5: frames lie whole in blocks of time"
        problems.add(what, name, (array.shards, array.chunks), "shards and inner chunks of whole frames")
        return False
    return True


def _check_clock(dataset: xr.Dataset, problems: ProblemList) -> None:
    times = dataset["time"].values
    step = np.timedelta64(round(dataset.attrs["cadence_seconds"] * 1e9), "ns")
    off = np.flatnonzero((times - _EPOCH) % step != np.timedelta64(0))
    jumps = np.flatnonzero(np.diff(times) != step)
    clause, wanted = "clause 9.2: slots follow one clock", f"every {step / np.timedelta64(1, 's'):g} s since 1970"
    # the first of each kind: a shifted clock would else fill the page with every slot
    for wrong in (off[:1], jumps[:1] + 1):
        for slot in wrong:
            problems.add(clause, f"slot {slot}", str(times[slot]), wanted)


def _check_slots(dataset: xr.Dataset, problems: ProblemList) -> None:
    filled = dataset["receipt"].values >= 0
    observed, offset = dataset["time_observed"].values, dataset["time_offset"].values
    reasons = dataset["missing_reason"].values.astype(object).astype(str)
    difference = (observed - dataset["time"].values) / np.timedelta64(1, "s")
    wrong = {
        # "not smaller or equal": a NaN offset is wrong in a slot that holds a frame
        "a frame within the tolerance": filled & ~(np.abs(offset) <= dataset.attrs["tolerance_seconds"]),
        "time_offset = time_observed - time": filled & ~(np.abs(offset - difference) < 1e-6),
        "a reason exactly where there is no frame": filled == (reasons != ""),
        "no time where there is no frame": ~filled & ~(np.isnat(observed) & np.isnan(offset)),
    }
    for wanted, slots in wrong.items():
        for slot in np.flatnonzero(slots)[:1]:
            got = (str(observed[slot]), float(offset[slot]), reasons[slot])
            problems.add("clause 9.3: a slot says what is in it", f"slot {slot}", got, wanted)


def _check_receipts(path: Path, dataset: xr.Dataset, problems: ProblemList) -> None:
    clause = "clause 9.6: receipts of images are texts along file"
    if not (path / "receipts" / "zarr.json").is_file():
        problems.add(clause, "variable receipts", None, "one JSON text a file")
        return
    entries = [_entry(text) for text in np.asarray(zarr.open_array(str(path / "receipts"), mode="r")[:]).ravel()]
    needed = {"path": str, "digest": str, "size": int, "reader": str, "records": int, "outcome": str, "facts": dict}
    for position, entry in enumerate(entries):
        wrong = [name for name, kind in needed.items() if not isinstance(entry.get(name), kind)]
        if wrong:
            problems.add(clause, f"receipts[{position}]", entry, f"{wrong}")
            return
    used = dataset["receipt"].values
    outside = used[(used < -1) | (used >= len(entries))]
    if outside.size:
        problems.add("clause 6.2: every record points to its file", "receipt", int(outside[0]), f"< {len(entries)}")
        return
    for position in used[used >= 0]:
        if entries[position]["outcome"] != "used":
            wanted = "a frame that was used"
            what = "clause 9.7: a refused frame stands in no slot"
            problems.add(what, entries[position]["path"], entries[position]["outcome"], wanted)


def _entry(text: object) -> dict[str, Any]:
    try:
        entry = json.loads(str(text))
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _check_blocks(path: Path, dataset: xr.Dataset, problems: ProblemList) -> None:
    name, noted = dataset.attrs["quantity"], dataset.attrs["blocks"]
    array = zarr.open_array(str(path / name), mode="r")
    length = (array.shards or array.chunks)[0]
    filled = dataset["receipt"].values >= 0
    stored = {shard.parts[-3] for shard in (path / name).glob("c/*/0/0")}
    due = {str(block) for block in np.unique(np.flatnonzero(filled) // length)}
    clause = "clause 9.5: frames lie whole in blocks of time"
    if stored != due or set(noted) != due:
        got = {"stored": sorted(stored), "noted": sorted(noted)}
        problems.add(clause, name, got, f"blocks {sorted(due)}", "Run sunproof ingest again.")
    for block in sorted(stored & set(noted), key=int):
        found = digest_file(path / name / "c" / block / "0" / "0")
        # altered bytes are one problem; what they decode to is none of its own
        if found != noted[block]:
            todo = "Restore it, or delete it and its parts and run sunproof ingest."
            problems.add(f"{clause}; their bytes are noted", f"block {block}", found, noted[block], todo)
            continue
        first = int(block) * length
        _check_pixels(array[first : first + length], filled[first : first + length], first, problems)


def _check_pixels(values: Any, filled: NDArray[np.bool_], first: int, problems: ProblemList) -> None:
    seen = np.isfinite(np.asarray(values)).any(axis=(1, 2))
    for slot in np.flatnonzero(seen != filled)[:1]:
        got = "pixels" if seen[slot] else "no pixel"
        wanted = "pixels exactly where there is a frame"
        problems.add("clause 9.4: an empty slot is missing throughout", f"slot {first + slot}", got, wanted)
