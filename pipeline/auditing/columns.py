"""What the header tells of a batch's columns, so that the batch can be put together again from its certificates."""

from __future__ import annotations

from typing import Any

import xarray as xr

__all__ = ["columns_of", "shared_of"]


def columns_of(forecasts: xr.Dataset) -> dict[str, list[str]]:
    """Tell type and dimensions of every column of a batch, so that it can be put together again: for the header."""
    return {
        str(name): [variable.dtype.kind, *map(str, variable.dims)]
        for name, variable in forecasts.data_vars.items()
        if variable.dims[:1] == ("forecast",)
    }


def shared_of(forecasts: xr.Dataset) -> dict[str, list[Any]]:
    """Give the variables that hold for the whole batch, dimensions first: for the header."""
    return {
        str(name): [list(map(str, variable.dims)), variable.values.tolist()]
        for name, variable in forecasts.data_vars.items()
        if "forecast" not in variable.dims
    }
