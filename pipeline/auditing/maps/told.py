"""What certificates say of maps: digests of the pixels, groups, and whether a map is evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.maps.store import read_maps
from sunproof.pipeline.receipts import canonical, digest_bytes

__all__ = ["pixel_digest", "told_maps"]

_INCOMPLETE = "the attributions do not sum to the difference they explain; not evidence"
_FOREIGN = "the bundle does not give the issued probability; not evidence"


def told_maps(path: Path, size: int) -> Encoded:
    """Write what the certificates say of the maps of a batch.

    Parameters
    ----------
    path : Path
        The store.
    size : int
        Forecasts of the batch.

    Returns
    -------
    Encoded
        Canonical JSON a forecast: ``status`` (``mapped``, ``invalid``, ``not mapped``) with the reason, completeness
        error, steps, and by modality the digest of the pixels, the groups with sum of attributions, ablation and size,
        and those that are ``not_evaluable`` with the reason.
    """
    result = Encoded([canonical({"status": "not mapped", "reason": "not among those asked for"}).decode()] * size)
    table = read_maps(path, "forecasts").load()
    names = sorted(part.parent.name for part in path.glob("*/attribution"))
    held = {name: read_maps(path, name) for name in names}
    for row, number in enumerate(table["certificate"].values.tolist()):
        modalities = {name: _modality(dataset.isel(forecast=row).load()) for name, dataset in held.items()}
        result[number - 1] = canonical(_whole(table.isel(forecast=row)) | {"modalities": modalities}).decode()
    return result


def pixel_digest(attribution: Any) -> str:
    """SHA-256 of one forecast's attributions, shape (lag, channel, y, x), as little-endian float32 in C order."""
    return digest_bytes(np.ascontiguousarray(attribution, "<f4").tobytes())


def _whole(row: xr.Dataset) -> dict[str, Any]:
    complete, served = bool(row["map_complete"]), bool(row["map_served"])
    reason = "" if complete and served else _FOREIGN if complete else _INCOMPLETE
    return {
        "status": "invalid" if reason else "mapped",
        "reason": reason,
        "error": f"{float(row['map_error']):.6g}",
        "integration_steps": int(row["map_steps"]),
    }


def _modality(row: xr.Dataset) -> dict[str, Any]:
    columns = [row[f"group_{name}"].values for name in ("attribution", "ablation", "size", "reason")]
    groups, silent = {}, {}
    for group, *values, reason in zip(row["group_name"].values.tolist(), *columns, strict=True):
        # a part that is nowhere in the picture, or not told apart in it, has no numbers, and zeros would be some
        if np.isfinite(values[0]):
            groups[str(group)] = [f"{value:.6g}" for value in values]
        else:
            silent[str(group)] = str(reason)
    return {"digest": pixel_digest(row["attribution"].values), "groups": groups, "not_evaluable": silent}
