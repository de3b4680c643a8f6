"""Read variables and attributes from JSON; a wait lets tests kill a run in the middle."""

import json
import os
import time
from pathlib import Path

import numpy as np
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem


def read_json(path: Path) -> xr.Dataset:
    time.sleep(float(os.environ.get("FAKE_READER_SECONDS", "0")))
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(
            [Problem("not JSON", str(path), str(error)), Problem("a second problem", str(path))]
        ) from error
    variables = {}
    for name, values in content["variables"].items():
        kind = "datetime64[ns]" if name == "time" else "int32" if name == "harpnum" else None
        array = np.array(values, dtype=kind)
        variables[name] = ((content["dim"], "side")[: array.ndim], array)
    return xr.Dataset(variables, attrs=content.get("attrs", {}))
