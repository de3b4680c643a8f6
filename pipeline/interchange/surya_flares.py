"""Flare labels of SuryaBench, and the rule that they are labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr

from sunproof.models.physics.goes_class import class_to_flux
from sunproof.pipeline.errors import LeakError, ProblemList
from sunproof.pipeline.sources.text import read_table
from sunproof.pipeline.sources.timescale import parse_times
from sunproof.pipeline.vocabulary import describe

__all__ = ["check_inputs", "read_flares"]

# All of them look ahead: the largest class, and the sum over the classes, of the 24 h that follow the row's time.
_LABELS = ("max_goes_class", "cumulative_index", "label_max", "label_cum")


def read_flares(path: Path) -> xr.Dataset:
    """Read the flare labels; their classes become fluxes, because as texts X10 sorts before X2.

    Returns
    -------
    xarray.Dataset
        Dimension ``sample``: ``window_start`` and ``largest_flux`` (operational GOES scale) of the 24 h that follow it;
        0 after a window without a flare (``FQ``, or a flux of zero), NaN where the cell is empty.

    Raises
    ------
    InputError
        If a column is missing, or a cell is no class or time.
    """
    frame, _ = read_table(path)
    problems = ProblemList(str(path))
    time = next((name for name in ("timestep", "timestamp") if name in frame), None)
    if time is None or "max_goes_class" not in frame:
        problems.add("column is missing", "", sorted(map(str, frame)), "timestep (or timestamp) and max_goes_class")
        problems.check()
    starts = parse_times(frame[str(time)], problems, str(time), "UTC")
    problems.check()
    classes = frame["max_goes_class"].str.strip()
    flux = np.full(len(classes), np.nan)
    quiet = classes.isin(["FQ", "A0.0"]).to_numpy()
    named = ~quiet & (classes != "").to_numpy()
    # quiet is known to be quiet, and no missing value
    flux[quiet] = 0.0
    flux[named] = class_to_flux(classes[named], f"{path}: max_goes_class")
    facts = {"goes_scale": "operational", "windows": "nested", "label": "largest class in the 24 h from window_start"}
    dataset = xr.Dataset({"window_start": ("sample", starts), "largest_flux": ("sample", flux)}, attrs=facts)
    return describe(dataset)


def check_inputs(columns: Iterable[str]) -> None:
    """Refuse columns of the flare table as inputs of a model.

    Raises
    ------
    LeakError
        With every column that is a label, whatever it is called after a lag or a transformation in front or behind.
    """
    problems = ProblemList("input columns", LeakError)
    for column in columns:
        if any(label in column.lower() for label in _LABELS):
            wanted = "columns that were known at the row's time"
            problems.add("a label of the 24 h that follow, not an observation", column, column, wanted)
    problems.check()
