"""What every source's records go through after reading: one order, no repetition, vocabulary attributes and ranges."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from sunproof.pipeline.errors import ProblemList, problems_of
from sunproof.pipeline.vocabulary import VOCABULARY, check, describe

if TYPE_CHECKING:
    from sunproof.pipeline.sources.base import Layout

__all__ = ["NAMED", "finish", "place"]

# How many offending records a message names before it only counts them: enough to see the pattern, few enough to read.
NAMED = 5


def finish(dataset: xr.Dataset, layout: Layout, group: str, where: str) -> xr.Dataset:
    """Sort by the layout's keys, drop identical repetitions, and check against the vocabulary.

    Parameters
    ----------
    dataset : xarray.Dataset
        Records in any order along ``layout.dim``, in vocabulary names and units.
    layout : Layout
        Dimension and keys.
    group : str
        Archive group, unless the dataset names one in its attribute ``group``.
    where : str
        File, for messages.

    Returns
    -------
    xarray.Dataset
        Sorted, each combination of keys once. The attribute ``duplicates_dropped`` counts what was dropped.

    Raises
    ------
    InputError
        With every value out of range, or every pair of records that share their keys but not their values.
    """
    with problems_of(where) as problems:
        _check_ranges(dataset, layout, problems)
    if not _strictly_increasing(dataset, layout):
        dataset = _unique(_ordered(dataset, layout), layout, where)
    dataset.attrs = {"group": group, **dataset.attrs}
    return check(describe(dataset), where)


def place(dataset: xr.Dataset, keys: Sequence[str], position: int) -> str:
    """Name one record for a message: its number in the file (from 1) and its keys."""
    values = ", ".join(f"{key}={_text(dataset[key].values[position])}" for key in keys)
    return f"record {position + 1} ({values})"


def _text(value: object) -> str:
    return str(value.astype("datetime64[s]")) if isinstance(value, np.datetime64) else str(value)


def _check_ranges(dataset: xr.Dataset, layout: Layout, problems: ProblemList) -> None:
    for name in map(str, dataset.variables):
        quantity = VOCABULARY.get(name)
        values = dataset[name].values
        if quantity is None or values.dtype.kind not in "fiu":
            continue
        # Infinity lies within a range without ends: it is what a number too large for float32 has become.
        outside = np.flatnonzero((values < quantity.low) | (values > quantity.high) | np.isinf(values))
        wanted = f"{quantity.low:g} to {quantity.high:g} {quantity.unit}".rstrip()
        for position in outside[:NAMED]:
            where = f"{place(dataset, layout.keys, position)}, {name}"
            problems.add("value out of its valid range", where, values[position].item(), wanted)
        if outside.size > NAMED:
            problems.add("more values out of the valid range", name, int(outside.size) - NAMED, "none")


def _strictly_increasing(dataset: xr.Dataset, layout: Layout) -> bool:
    """Tell whether there is nothing to sort and nothing repeated: the rule, which should cost next to nothing."""
    size = max(dataset.sizes[layout.dim] - 1, 0)
    less, equal = np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    for key in layout.keys:
        values = dataset.variables[key].values
        less |= equal & (values[:-1] < values[1:])
        equal &= values[:-1] == values[1:]
    return bool(less.all())


def _ordered(dataset: xr.Dataset, layout: Layout) -> xr.Dataset:
    order = _keys(dataset, layout).sort_values(list(layout.keys), kind="stable").index.to_numpy()
    return dataset.isel({layout.dim: order})


def _keys(dataset: xr.Dataset, layout: Layout) -> pd.DataFrame:
    return pd.DataFrame({key: dataset.variables[key].values for key in layout.keys})


def _unique(dataset: xr.Dataset, layout: Layout, where: str) -> xr.Dataset:
    shared = np.flatnonzero(_keys(dataset, layout).duplicated(keep=False).to_numpy())
    if not shared.size:
        return dataset
    # Only records that share their keys are compared whole: of a million, a handful.
    names: list[Hashable] = [name for name in dataset.variables if dataset[name].dims == (layout.dim,)]
    records = pd.DataFrame({name: dataset[name].values[shared] for name in names})
    # NaN equals NaN here, so a repeated record with missing values is a repetition too.
    repeated = records.duplicated().to_numpy()
    conflicting = records[~repeated].duplicated(list(layout.keys), keep=False).to_numpy()
    _refuse(dataset, layout, shared[~repeated][conflicting], where)
    kept = np.delete(np.arange(dataset.sizes[layout.dim]), shared[repeated])
    return dataset.isel({layout.dim: kept}).assign_attrs(duplicates_dropped=int(repeated.sum()))


def _refuse(dataset: xr.Dataset, layout: Layout, positions: np.ndarray, where: str) -> None:
    """Raise for records that share their keys but differ: which one is right cannot be known here."""
    keys = _keys(dataset.isel({layout.dim: positions}), layout)
    # Records are sorted, so one that repeats the keys before it stands right behind them.
    later = np.flatnonzero(keys.duplicated().to_numpy())
    same = f"the same {' and '.join(layout.keys)}"
    with problems_of(where) as problems:
        for first, second in zip(positions[later[:NAMED] - 1], positions[later[:NAMED]], strict=True):
            differing = _differences(dataset, layout, first, second)
            what = f"two records with {same} differ in {len(differing)} variables"
            where = ", ".join(f"{key}={_text(dataset[key].values[first])}" for key in layout.keys)
            problems.add(what, where, differing, "identical records, or one", "Keep the one that is right.")
        if later.size > NAMED:
            problems.add(f"more records with {same}", "", int(later.size) - NAMED, "none")


def _differences(dataset: xr.Dataset, layout: Layout, first: int, second: int) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, variable in dataset.variables.items():
        if variable.dims == (layout.dim,):
            one, other = variable.values[first], variable.values[second]
            if one != other and not (one != one and other != other):  # NaN and NaT differ from themselves
                found[str(name)] = (_text(one), _text(other))
    return found
