"""Maps of some forecasts, their nulls, and what they say: one part of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.config import MapsConfig
from sunproof.pipeline.auditing.maps.places import Spot, picture_of
from sunproof.pipeline.auditing.parity import same_function
from sunproof.pipeline.samples.images.base import Placement

if TYPE_CHECKING:
    from sunproof.models.attribution.explained import Explained
    from sunproof.models.attribution.pictures import Picture
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["asked_maps"]

# A null need not be complete: as many steps as most maps take.
_NULL_STEPS = (16,)
_OBSERVER = ("latitude", "longitude", "distance")

Columns = dict[str, NDArray[Any]]


def asked_maps(
    bundle: Bundle, archive: str, inputs: Inputs, keys: xr.Dataset, config: MapsConfig, threshold: str
) -> Columns:
    """Attribute one output of a model to the pixels of its images.

    Parameters
    ----------
    bundle : Bundle
    archive : str
        Tells where the regions were.
    inputs : Inputs
        Of the forecasts.
    keys : xarray.Dataset
        The forecasts.
    config : MapsConfig
    threshold : str
        Class that is explained, in the first window.

    Returns
    -------
    dict
        Evidence ``map_...`` of shape (forecast,), NaN where a map is incomplete or of another function; and what is
        kept, ``forecasts/NAME`` or ``MODALITY/NAME``, first dimension the forecast.
    """
    from sunproof.models.attribution.explained import Explained
    from sunproof.models.attribution.maps import distance_maps, pixel_maps
    from sunproof.models.attribution.nulls import random_twins
    from sunproof.models.attribution.pictures import grouped, judged

    parts = inputs.read_shared(slice(None))
    window = float(keys["window"].values[0])
    # One output: a map of each would take as many times as long.
    explained = Explained.of(bundle.ensemble, parts, threshold, window)
    whole = explained.kept(np.ones((1, explained.mask.shape[1]), bool))[:, 0]
    served = same_function(whole, keys["probability"].sel(threshold=threshold, window=window).values)
    own, distance = pixel_maps(explained), distance_maps(explained)
    twins = [
        pixel_maps(Explained(twin, explained.prepared, explained.place), _NULL_STEPS).maps
        for twin in random_twins(bundle.ensemble, config.twins, config.seed)
    ]
    scenes = _scenes(explained, archive, inputs, parts, keys, bundle)
    rows: list[dict[str, float]] = []
    groups: list[dict[str, dict[str, tuple[float, float, float]]]] = []
    for row, pictures in enumerate(scenes):
        maps, *nulls = ({name: held[name][row] for name in held} for held in (own.maps, distance, *twins))
        main = next(
            # the picture nearest to the region that shows anything: the disk is what is left
            (name for name in ("patch", "vector", "disk") if name in pictures and pictures[name].ground.any()),
            "",
        )
        groups.append(grouped(explained, row, maps, pictures))
        rows.append({})
        # a map that does not add up, or of another function, is no evidence of anything
        if main and own.complete[row] and served[row]:
            count = (config.probes, config.rolls)
            rows[-1] = judged(explained, row, maps, nulls, pictures, main, count, config.seed)
    names = sorted({name for row in rows for name in row})
    return {
        **{name: np.array([row.get(name, np.nan) for row in rows]) for name in names},
        **{f"forecasts/{name}": values for name, values in _told(own, served).items()},
        **_kept(own.maps, twins[0], distance, parts, inputs, scenes, groups),
    }


def _told(own: Any, served: NDArray[np.bool_]) -> Columns:
    return {"map_error": own.error, "map_steps": own.steps, "map_complete": own.complete, "map_served": served}


def _scenes(
    explained: Explained, archive: str, inputs: Inputs, parts: Mapping[str, Any], keys: xr.Dataset, bundle: Bundle
) -> list[dict[str, Picture]]:
    from sunproof.pipeline.samples.features import region_place
    from sunproof.pipeline.samples.keys import read_keys
    from sunproof.pipeline.samples.regions import load_regions

    latitude, longitude, time = region_place(archive, read_keys(keys, load_regions(archive)), bundle.inputs)
    found: list[dict[str, Picture]] = []
    for row in range(len(explained)):
        spot = Spot(float(latitude[row]), float(longitude[row]), time[row])
        found.append({})
        for name, lazy in inputs.lazy.items():
            values, mask, index = parts[name]
            block = explained.ensemble.architecture["modalities"][name]
            lags = tuple(getattr(bundle.inputs, name).lags_hours)
            place = lazy.placement(np.array([row]))
            found[-1][name] = picture_of(name, block, values[index[row]], mask[index[row]], place, lags, spot)
    return found


def _kept(
    own: Mapping[str, NDArray[np.float32]],
    twin: Mapping[str, NDArray[np.float32]],
    distance: Mapping[str, NDArray[np.float32]],
    parts: Mapping[str, Any],
    inputs: Inputs,
    scenes: list[dict[str, Picture]],
    groups: list[dict[str, dict[str, tuple[float, float, float]]]],
) -> Columns:
    kept: Columns = {}
    for name, lazy in inputs.lazy.items():
        values, mask, index = parts[name]
        place = lazy.placement(np.arange(len(index)))
        # (forecast, group, 3)
        told = np.array([list(row[name].values()) for row in groups], np.float64)
        columns = {
            "attribution": own[name],
            "twin_attribution": twin[name],
            "baseline_distance": distance[name],
            "observed": np.where(mask, values, np.float32(np.nan))[index],
            "part": np.stack([row[name].part for row in scenes]).astype(np.int8),
            "channel_shown": np.stack([row[name].shown for row in scenes]).astype(np.int8),
            "group_name": np.array([list(row[name]) for row in groups]),
            # nowhere is not nothing: a group without a pixel says why
            "group_reason": np.array(
                [_reasons(scene[name], row[name]) for scene, row in zip(scenes, groups, strict=True)]
            ),
            **{f"group_{what}": told[..., at] for at, what in enumerate(("attribution", "ablation", "size"))},
            "time_observed": place.time.astype("datetime64[ns]"),
            **{f"observer_{what}": place.observer[..., at] for at, what in enumerate(_OBSERVER)},
            **_pixels(place, values.shape[-1]),
        }
        kept |= {f"{name}/{column}": values for column, values in columns.items()}
    return kept


def _reasons(picture: Picture, groups: Mapping[str, tuple[float, float, float]]) -> list[str]:
    return [picture.absent(group) if np.isnan(told[0]) else "" for group, told in groups.items()]


def _pixels(place: Placement, size: int) -> Columns:
    """Coordinates of the pixels' centres."""
    along = np.arange(size) - (size - 1) / 2
    if place.projection == "helioprojective":
        # the same of every forecast
        return dict.fromkeys(("helioprojective_x", "helioprojective_y"), along * place.step[:, :1])
    west = place.centre[..., :1] + along * place.step[:, None, None, :1]
    # its latitude is the region's at any time
    north = place.centre[:, 0, 0, 1:] + along * place.step[:, 1:]
    return {"pixel_longitude": west, "pixel_latitude": north}
