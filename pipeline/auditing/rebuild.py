"""A batch put together again from its certificates: every column that the checks were given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.chain import certificate_lines, read_header
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.vocabulary import THRESHOLDS, describe

__all__ = ["rebuild"]

_PLACES = ("key", "times", "evidence")


def rebuild(path: str | Path) -> xr.Dataset:
    """Put the batch of a file of certificates together again.

    Parameters
    ----------
    path : str or Path
        ``certificates.jsonl``.

    Returns
    -------
    xarray.Dataset
        As in `sunproof.pipeline.forecasting.contract`, with the coordinate ``seq``; one row a certificate, in the order
        of the file. Numbers have the nine digits of the certificates, probabilities all of theirs.

    Raises
    ------
    InputError
        If the header does not tell the columns, or the file is none of certificates.
    """
    header = read_header(path)
    if "columns" not in header:
        todo = "Audit again with this version."
        raise InputError(
            Problem("the certificates do not tell their columns", f"{path}, line 1", None, "columns", todo)
        )
    records = [record for line in certificate_lines(path) if (record := json.loads(line))["kind"] == "certificate"]
    variables = {
        name: (tuple(dims), _column([_find(record, name) for record in records], kind, dims, header))
        for name, (kind, *dims) in header["columns"].items()
    }
    shared = {name: (tuple(dims), _array(values)) for name, (dims, values) in header["shared"].items()}
    names = header["thresholds"]
    batch = xr.Dataset(variables | shared, attrs=header["forecasts"]).assign_coords(
        threshold=np.asarray(names, dtype=object),
        window=np.asarray(header["windows"], dtype=float),
        threshold_flux=("threshold", np.array([THRESHOLDS[name] for name in names])),
        seq=("forecast", np.array([record["seq"] for record in records])),
    )
    return check_forecasts(describe(batch), str(path))


def _find(record: dict[str, Any], name: str) -> Any:
    for place in _PLACES:
        if name in record[place]:
            return record[place][name]
    baseline = name.removeprefix("probability_")
    return record["baselines"][baseline] if baseline in record["baselines"] else record[name]


def _column(values: list[Any], kind: str, dims: list[str], header: dict[str, Any]) -> NDArray[Any]:
    if kind in "OUST":
        return np.array(values, dtype=object)
    if kind == "M":
        return np.array([text.removesuffix("Z") if text else "NaT" for text in values], "datetime64[ns]")
    if kind == "b":
        return np.array(values, dtype=bool)
    if kind in "iu":
        return np.array(values, dtype=np.int64)
    known = {"threshold": len(header["thresholds"]), "window": len(header["windows"])}
    # without a row, the shape is told by the dimensions alone
    shape = (0, *(known.get(name, 0) for name in dims[1:])) if not values else np.shape(values)
    return _array(values).reshape(shape)


def _array(values: Any) -> NDArray[np.float64]:
    # decimal texts become numbers, null becomes NaN
    return np.array(values, dtype=object).astype(np.float64)
