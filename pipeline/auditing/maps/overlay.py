"""A map of attributions as a sunpy map, which lies over the image that it explains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.maps.store import read_maps
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS

if TYPE_CHECKING:
    import sunpy.map

__all__ = ["attribution_map", "map_row"]

_SHOWN = ("attribution", "twin_attribution", "baseline_distance", "observed")


def attribution_map(
    path: str | Path, certificate: int, modality: str, channel: str, lag: float = 0.0, show: str = "attribution"
) -> sunpy.map.GenericMap:
    """Open one map as sunpy's, at the time and with the observer of the image that it explains.

    Parameters
    ----------
    path : str or Path
        ``maps.zarr`` of an audit.
    certificate : int
        Number of the forecast's certificate.
    modality : str
        ``disk``, ``patch`` or ``vector``.
    channel : str
        Image group, e.g. ``hmi_m``.
    lag : float
        Hours before the data cut-off.
    show : str
        ``attribution``; ``twin_attribution`` or ``baseline_distance``, its nulls; or ``observed``, what the model saw.

    Returns
    -------
    sunpy.map.GenericMap
        A disk in helioprojective coordinates, a patch in Stonyhurst longitude and latitude.

    Raises
    ------
    InputError
        If there is no such map, or there was no image.

    Examples
    --------
    ``attribution_map("audit/maps.zarr", 42, "patch", "hmi_m").draw_contours(levels, axes=axes)`` on the axes of a
    magnetogram draws where the model looks.
    """
    # sunpy takes seconds to import: only where there is a map
    import sunpy.map

    if show not in _SHOWN:
        raise InputError(Problem("no such values in a map", f"{path}: {modality}", show, ", ".join(_SHOWN)))
    row = map_row(path, certificate, modality)
    frame = _frame(row, channel, lag, f"{path}: {modality}, certificate {certificate}")
    return sunpy.map.Map(np.asarray(frame[show].values), _header(frame, show))


def map_row(path: str | Path, certificate: int, modality: str) -> xr.Dataset:
    """Open what is kept of one forecast.

    Parameters
    ----------
    path, certificate, modality
        As for `attribution_map`.

    Returns
    -------
    xarray.Dataset
        Dimensions lag, channel, y, x, group; loaded.

    Raises
    ------
    InputError
        If there is no such map.
    """
    held = read_maps(path, modality)
    numbers = held["certificate"].values
    places = np.flatnonzero(numbers == certificate)
    if not len(places):
        shown = ", ".join(map(str, numbers[:10].tolist()))
        raise InputError(Problem("the forecast has no map", f"{path}: {modality}", certificate, f"one of {shown}, ..."))
    return held.isel(forecast=int(places[0])).load()


def _frame(row: xr.Dataset, channel: str, lag: float, where: str) -> xr.Dataset:
    channels, lags = (row[name].values.tolist() for name in ("channel_name", "lag_hours"))
    if channel not in channels or lag not in lags:
        wanted = f"{', '.join(channels)} at {', '.join(f'{one:g}' for one in lags)} h"
        raise InputError(Problem("no such image in a map", where, f"{channel} at {lag:g} h", wanted))
    frame = row.isel(channel=channels.index(channel), lag=lags.index(lag))
    if np.isnat(frame["time_observed"].values):
        raise InputError(Problem("there was no image", where, f"{channel} at {lag:g} h", "one that was observed"))
    return frame


def _header(frame: xr.Dataset, show: str) -> dict[str, Any]:
    rows, columns = frame[show].shape
    unit = str(frame["channel_unit"].values) if show == "observed" else ""
    header = {
        "DATE-OBS": str(frame["time_observed"].values)[:23],
        "HGLN_OBS": float(frame["observer_longitude"]),
        "HGLT_OBS": float(frame["observer_latitude"]),
        "DSUN_OBS": float(frame["observer_distance"]) * AU,
        "RSUN_REF": SOLAR_RADIUS,
        # units that FITS does not know are left out
        **({"BUNIT": unit} if unit in ("G", "DN s-1") else {}),
    }
    if "helioprojective_x" in frame:
        x, y = frame["helioprojective_x"].values, frame["helioprojective_y"].values
        # FITS counts pixels from 1
        axes = (("HPLN-TAN", "arcsec", x, (columns + 1) / 2, 0.0), ("HPLT-TAN", "arcsec", y, (rows + 1) / 2, 0.0))
    else:
        x, y = frame["pixel_longitude"].values, frame["pixel_latitude"].values
        # a plate carrée counts latitude from the equator, wherever the picture is
        equator = (rows + 1) / 2 - float(y.mean()) / float(y[1] - y[0])
        axes = (
            ("HGLN-CAR", "deg", x, (columns + 1) / 2, float(x.mean())),
            ("HGLT-CAR", "deg", y, equator, 0.0),
        )
    for number, (kind, unit, along, pixel, value) in enumerate(axes, start=1):
        step = float(along[1] - along[0])
        header |= {f"CTYPE{number}": kind, f"CUNIT{number}": unit, f"CDELT{number}": step}
        header |= {f"CRPIX{number}": pixel, f"CRVAL{number}": value}
    return header
