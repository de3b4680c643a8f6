"""The keyword records that inputs are made of: JSOC's series, values computed from the patches, or both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import KeywordSource
from sunproof.pipeline.samples.reading import group_names, open_group, remembered
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

__all__ = ["MIXED", "RECOMPUTED", "SERIES", "has_records", "sharp_records"]

# Values of ``keyword_source``: whose numbers a record has.
SERIES, RECOMPUTED, MIXED = "series", "recomputed", "series, gaps recomputed"
_GROUPS = {"series": "sharp", "recomputed": "sharp_recomputed"}
_PLACES = ("latitude", "longitude")


def has_records(archive: str | Path, source: KeywordSource) -> bool:
    """Whether an archive has the groups that `sharp_records` opens."""
    wanted = {_GROUPS[source]} if source != "both" else {*_GROUPS.values()}
    return wanted <= {*group_names(archive)}


def sharp_records(archive: str | Path, source: KeywordSource, names: Sequence[str] = ("harpnum", "time")) -> xr.Dataset:
    """Open the keyword records.

    Parameters
    ----------
    archive : str or Path
        With group ``sharp`` (JSOC's series), ``sharp_recomputed`` (from the patches), or both.
    source : str
        ``series`` or ``recomputed``: that group alone. ``both``: the series, with records that it lacks and keywords
        that it has as missing taken from the patch of the same region and time.
    names : sequence of str
        Variables that must be there.

    Returns
    -------
    xarray.Dataset
        Along ``record``. Of ``both`` the variable ``keyword_source`` tells whose numbers a record has.

    Raises
    ------
    ArchiveError
        If a group that is asked for, or a variable, is missing.
    """
    if source != "both":
        return open_group(archive, _GROUPS[source], names)
    series, patches = (open_group(archive, group, names) for group in _GROUPS.values())
    return remembered(("both", str(archive)), lambda: _joined(series.load(), patches.load()))


def _joined(series: xr.Dataset, patches: xr.Dataset) -> xr.Dataset:
    place = _place_in(series, patches)
    known = place >= 0
    columns: dict[str, Any] = {}
    filled = np.zeros(series.sizes["record"], bool)
    shared = [str(name) for name in series.data_vars if name in patches.data_vars]
    for name in shared:
        own, fresh = series[name].to_numpy(), patches[name].to_numpy()
        if name in (*SHARP_KEYWORDS, *_PLACES):
            own = own.copy()
            gaps = np.isnan(own[place[known]]) & np.isfinite(fresh[known])
            own[place[known][gaps]] = fresh[known][gaps]
            if name in SHARP_KEYWORDS:
                filled[place[known][gaps]] = True
        columns[name] = ("record", np.concatenate([own, fresh[~known].astype(own.dtype)]))
    told = np.where(filled, MIXED, SERIES).astype(object)
    columns["keyword_source"] = ("record", np.append(told, np.full((~known).sum(), RECOMPUTED, object)))
    return xr.Dataset(columns, attrs=series.attrs)


def _place_in(series: xr.Dataset, patches: xr.Dataset) -> NDArray[np.intp]:
    """Row of the series with the region and time of each patch; -1 where it has none."""
    # one sortable number a record: regions are further apart than any two times
    own, wanted = (
        part["harpnum"].to_numpy().astype(np.int64) * 10**10
        + part["time"].to_numpy().astype("datetime64[s]").astype(np.int64)
        for part in (series, patches)
    )
    order = np.argsort(own, kind="stable")
    place = np.searchsorted(own[order], wanted).clip(max=len(order) - 1)
    return np.where(own[order][place] == wanted, order[place], -1)
