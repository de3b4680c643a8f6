"""One netCDF file of SuryaBench: which images it holds, and one of them."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["NAME", "describe_file", "read_image"]

# YYYYMMDD_HHMM.nc
NAME = re.compile(r"(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})\.nc")
_TODO = "Fetch it again, or set present to 0 in the index."


def describe_file(path: Path) -> dict[str, tuple[int, ...]]:
    """List the images of a file.

    Returns
    -------
    dict
        Variable -> shape (y, x), of all floating-point variables with two dimensions (a leading one of length 1 apart).

    Raises
    ------
    InputError
        If it is no HDF5 file, or needs a decoder that is not installed.
    """
    try:
        with h5py.File(path, "r") as file:
            images = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
            for item in images.values():
                _check_decoders(item, path)
            shapes = {name: _shape(item) for name, item in images.items() if item.dtype.kind == "f"}
    except OSError as error:
        raise InputError(Problem("not a netCDF-4 file", str(path), str(error), "HDF5 with images", _TODO)) from error
    return {name: shape for name, shape in shapes.items() if len(shape) == 2}


def read_image(path: Path, name: str) -> NDArray[np.float32]:
    """Read one image; fill values are NaN.

    Raises
    ------
    InputError
        If its bytes are damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            item = file[name]
            values = np.asarray(item[...], np.float32).reshape(_shape(item))
            fill = item.attrs.get("_FillValue")
    except (OSError, KeyError) as error:
        raise InputError(Problem("damaged image", f"{path}: {name}", str(error), "float32", _TODO)) from error
    if fill is not None:
        # compared as float32: the attribute may be a double that no pixel equals
        values[values == np.float32(np.ravel(fill)[0])] = np.nan
    return values


def _shape(item: h5py.Dataset) -> tuple[int, ...]:
    shape = tuple(map(int, item.shape))
    return shape[1:] if len(shape) == 3 and shape[0] == 1 else shape


def _check_decoders(item: h5py.Dataset, path: Path) -> None:
    settings = item.id.get_create_plist()
    wanted = [settings.get_filter(index)[0] for index in range(settings.get_nfilters())]
    if all(h5py.h5z.filter_avail(code) for code in wanted):
        return
    try:
        importlib.import_module("hdf5plugin")  # importing it registers its decoders with HDF5
    except ImportError as error:
        todo = "Install it: pip install hdf5plugin."
        problem = Problem("compressed with a filter that HDF5 lacks", str(path), wanted, "the package hdf5plugin", todo)
        raise InputError(problem) from error
