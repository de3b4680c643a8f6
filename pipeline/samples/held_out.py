"""Regions of held-out cases: what reviewers decided must judge the next model, so no model may learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.regions import RegionMap

__all__ = ["LEARNT", "HeldOut", "held_out_regions", "held_out_rows"]

# Blocks that a model's numbers come from: validation stops the training and calibrates.
LEARNT = ("train", "validation")


class HeldOut(NamedTuple):
    """A held-out case and its region; a number is -1, and numbers are empty, where it has none."""

    case: str
    harpnum: int
    noaa_ars: tuple[int, ...]


def held_out_regions(folder: str | Path, simulated: bool) -> list[HeldOut]:
    """List the regions of a folder's held-out cases.

    Parameters
    ----------
    folder : str or Path
        Cases, as `sunproof review cases` makes them.
    simulated : bool
        Whether the samples are of the simulated Sun: its numbers are not those of the real one.

    Returns
    -------
    list of HeldOut
        In order of the cases' digests; cases of the full disk have no region and are left out.

    Raises
    ------
    InputError
        If there is no such folder, or a case is not what its name says.
    """
    # imported here: cases bring the ledger and its keys, which few samples need
    from sunproof.pipeline.auditing.chain import read_header
    from sunproof.pipeline.review.cases import read_cases

    if not Path(folder).is_dir():
        todo = "Leave `held_out` out where nothing was decided yet."
        raise InputError(Problem("no such folder of cases", str(folder), wanted="cases of sunproof review", todo=todo))
    found = []
    for case in read_cases(folder):
        # Simulated regions bear numbers of real ones: a simulated case must not hold out a real region.
        if case.facts["held_out"] and bool(read_header(case.certificate).get("simulated")) == simulated:
            key = case.facts["key"]
            listed = {int(text) for text in str(key.get("noaa_ars", "")).split(",") if text.strip().isdigit()}
            numbers = tuple(sorted((listed | {int(key["noaa_ar"])}) - {-1}))
            found.append(HeldOut(case.folder.name, int(key["harpnum"]), numbers))
    return [one for one in found if one.harpnum >= 0 or one.noaa_ars]


def held_out_rows(
    samples: xr.Dataset, held_out: Sequence[HeldOut], regions: RegionMap | None = None
) -> NDArray[np.bool_]:
    """Tell which rows are of which held-out region, at whatever time.

    Parameters
    ----------
    samples : xarray.Dataset
        With ``entity``, ``harpnum``, ``noaa_ar`` and, if known, ``noaa_ars`` along ``sample``.
    held_out : sequence of HeldOut
    regions : RegionMap, optional
        Which NOAA regions a HARP holds; by default what the samples themselves say.

    Returns
    -------
    array of bool, shape (sample, case)
        Whether the case's region is linked to the row's by any chain of HARP and NOAA numbers.
    """
    disk = texts(samples["entity"]) == "full_disk"
    harp, noaa = (np.where(disk, -1, samples[name].to_numpy().astype(np.int64)) for name in ("harpnum", "noaa_ar"))
    result = np.zeros((len(disk), len(held_out)), bool)
    # A case without NOAA numbers still counts by its HARP.
    names = [(place, one.harpnum, number) for place, one in enumerate(held_out) for number in one.noaa_ars or (-1,)]
    if not names:
        return result
    place, case_harp, case_noaa = np.array(names, np.int64).T
    known = _told(samples) if regions is None else regions
    group = known.groups(np.concatenate([harp, case_harp]), np.concatenate([noaa, case_noaa]))
    rows, cases = group[: len(disk)], group[len(disk) :]
    for number, own in zip(place, cases, strict=True):
        result[:, number] |= (rows == own) & (rows >= 0)
    return result


def _told(samples: xr.Dataset) -> RegionMap:
    if "noaa_ars" not in samples:
        return RegionMap(samples["harpnum"].to_numpy(), samples["noaa_ar"].to_numpy())
    listed = {
        (int(harp), int(text))
        for harp, numbers in zip(samples["harpnum"].to_numpy(), texts(samples["noaa_ars"]), strict=True)
        for text in str(numbers).split(",")
        if text.strip().isdigit()
    }
    pairs = np.array(sorted(listed), np.int64).reshape(-1, 2)
    return RegionMap(pairs[:, 0], pairs[:, 1])
