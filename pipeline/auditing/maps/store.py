"""Maps on disk: one Zarr group a modality with coordinates and units, which plain ``xarray.open_zarr`` opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.maps.places import instrument
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.storage import create_variable, new_group, seal, write_rows
from sunproof.pipeline.receipts import replacing
from sunproof.pipeline.samples.reading import open_group
from sunproof.pipeline.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from sunproof.pipeline.auditing.kit import Kit

__all__ = ["read_maps", "write_maps"]

_PIXELS = ("forecast", "lag", "channel", "y", "x")
_FRAME = _PIXELS[:3]
# What is kept of every forecast of a modality.
_DIMS = {
    **dict.fromkeys(("attribution", "twin_attribution", "baseline_distance", "observed"), _PIXELS),
    "part": ("forecast", "y", "x"),
    "channel_shown": ("forecast", "channel"),
    **dict.fromkeys(("group_attribution", "group_ablation", "group_size", "group_reason"), ("forecast", "group")),
    **dict.fromkeys(("time_observed", "observer_latitude", "observer_longitude", "observer_distance"), _FRAME),
    "pixel_longitude": (*_FRAME, "x"),
    "pixel_latitude": ("forecast", "y"),
}
_KEYS = ("harpnum", "noaa_ar", "issue_time", "data_cutoff")
_COORDINATES = (
    "certificate", *_KEYS, "lag_hours", "channel_name", "channel_unit", "group_name", "time_observed",
    "observer_latitude", "observer_longitude", "observer_distance", "pixel_longitude", "pixel_latitude",
    "helioprojective_x", "helioprojective_y",
)  # fmt: skip

Columns = Mapping[str, NDArray[Any]]


def write_maps(
    path: Path, forecasts: xr.Dataset, kit: Kit, places: Sequence[NDArray[np.int64]], parts: Sequence[Columns]
) -> None:
    """Write the maps of a batch, part after part.

    Parameters
    ----------
    path : Path
        The store; it appears whole or not at all.
    forecasts : xarray.Dataset
        The batch.
    kit : Kit
        The model, its archive and what was asked.
    places : sequence of ndarray of int
        Of each part, which forecasts of the batch it has.
    parts : sequence of mapping
        As `sunproof.pipeline.auditing.maps.ask.asked_maps` gives them.
    """
    # torch takes seconds to import: only where there are maps
    from sunproof.models.attribution.scenery import SCENERY

    rows, inputs = np.concatenate(places), kit.bundle.inputs
    with replacing(path) as partial:
        new_group(partial, _facts(forecasts, kit))
        for name, block in kit.bundle.ensemble.architecture["modalities"].items():
            if not block.get("grid"):
                continue
            group = new_group(partial / name, {"modality": name})
            _keys(group, forecasts, rows)
            _axes(group, parts[0], name, getattr(inputs, name).lags_hours, block["features"], kit.archive)
            for column, dims in _DIMS.items():
                if f"{name}/{column}" in parts[0]:
                    _grow(group, column, dims, [part[f"{name}/{column}"] for part in parts], len(rows))
            meanings = " ".join(part.replace(" ", "_") for part in SCENERY)
            group["part"].attrs.update(flag_values=list(range(len(SCENERY))), flag_meanings=meanings)
            # as CF has it: xarray makes coordinates of them
            group.attrs["coordinates"] = " ".join(column for column in _COORDINATES if column in group)
        _table(partial / "forecasts", forecasts, rows, parts)
        seal(partial)


def _facts(forecasts: xr.Dataset, kit: Kit) -> dict[str, Any]:
    return {
        "Conventions": "CF-1.11",
        "title": "Integrated Gradients of single pixels, baseline: training medians",
        "model": str(forecasts.attrs.get("model", "an unnamed model")),
        "threshold": kit.config.threshold,
        "window_hours": float(forecasts["window"].values[0]),
        "simulated": int(forecasts.attrs.get("simulated", 0)),
    }


def read_maps(path: str | Path, group: str) -> xr.Dataset:
    """Open the maps of a modality, or the table ``forecasts``.

    Raises
    ------
    InputError
        If there is no such store or group.
    """
    if not (Path(path) / group / "zarr.json").exists():
        there = sorted(part.parent.name for part in Path(path).glob("*/zarr.json"))
        todo = "Audit a model that reads images, with maps.most above 0."
        raise InputError(Problem("no such maps", f"{path}: {group}", there or "nothing there", "a group of maps", todo))
    opened: xr.Dataset = xr.open_zarr(str(path), group=group, chunks=None)
    return opened


def _keys(group: zarr.Group, forecasts: xr.Dataset, rows: NDArray[np.int64]) -> None:
    _fill(group, "certificate", ("forecast",), rows + 1)
    for key in _KEYS:
        _fill(group, key, ("forecast",), forecasts[key].values[rows])


def _axes(
    group: zarr.Group, part: Columns, name: str, lags: tuple[float, ...], channels: Sequence[str], archive: str
) -> None:
    _fill(group, "lag_hours", ("lag",), np.array(lags, np.float64))
    _fill(group, "channel_name", ("channel",), np.array(channels, str))
    units = [_unit(archive, channel) for channel in channels]
    _fill(group, "channel_unit", ("channel",), np.array(units, str))
    _fill(group, "group_name", ("group",), part[f"{name}/group_name"][0])
    for axis in "xy":
        if f"{name}/helioprojective_{axis}" in part:
            _fill(group, f"helioprojective_{axis}", (axis,), part[f"{name}/helioprojective_{axis}"][0])


def _unit(archive: str, channel: str) -> str:
    if instrument(channel) == "view":
        return "1"
    return VOCABULARY[open_group(archive, channel, []).attrs["quantity"]].unit


def _fill(group: zarr.Group, name: str, dims: tuple[str, ...], values: NDArray[Any]) -> None:
    write_rows(create_variable(group, name, dims, values.shape, values.dtype), 0, values)


def _grow(group: zarr.Group, name: str, dims: tuple[str, ...], pieces: Sequence[NDArray[Any]], size: int) -> None:
    """Write pixels one forecast a chunk, for a page reads one; all else is small."""
    if dims[-1] != "x" or name.startswith("pixel"):
        _fill(group, name, dims, np.concatenate(pieces))
        return
    first = pieces[0]
    array = create_variable(group, name, dims, (size, *first.shape[1:]), first.dtype, rows=1)
    start = 0
    for values in pieces:
        write_rows(array, start, values)
        start += len(values)


def _table(folder: Path, forecasts: xr.Dataset, rows: NDArray[np.int64], parts: Sequence[Columns]) -> None:
    """Write what is said of a map as a whole."""
    group = new_group(folder, {"coordinates": " ".join(("certificate", *_KEYS))})
    _keys(group, forecasts, rows)
    names = dict.fromkeys(name for part in parts for name in part if name.startswith(("forecasts/", "map_")))
    for name in names:
        pieces = [part.get(name, np.full(len(part["forecasts/map_steps"]), np.nan)) for part in parts]
        values = np.concatenate(pieces)
        kept = values.astype(np.int8) if values.dtype == bool else values
        _fill(group, name.removeprefix("forecasts/"), ("forecast",), kept)
