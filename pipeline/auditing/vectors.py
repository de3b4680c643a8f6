"""The audit looks at the vector magnetograms behind a forecast: of one field, and of this region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sunproof.models.cutouts import Cutouts, Shown
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs

__all__ = ["draw_vectors", "look_at_vectors"]

Columns = dict[str, NDArray[np.float64]]
Keywords = tuple[Any, Any]

# Rows of the training block whose patches are looked at, and rows read at once.
_ROWS, _TOGETHER = 2000, 256
_HOUR = np.timedelta64(1, "h")
# Hours that record and patch may lie apart: in half a day a young region doubles.
_APART = 12.0


def draw_vectors(archive: str, rows: xr.Dataset, inputs: InputConfig, records: Inputs, seed: int) -> Cutouts | None:
    """Look at vector magnetograms of the training block.

    Parameters
    ----------
    archive : str
    rows : xarray.Dataset
        Of the training block, along ``sample``.
    inputs : InputConfig
        The model's.
    records : Inputs
        Three days of hourly records of the same rows.
    seed : int

    Returns
    -------
    Cutouts or None
        None for a model without vector magnetograms, and of too few regions.
    """
    from sunproof.models.cutouts import Cutouts
    from sunproof.pipeline.samples.features import build

    if inputs.vector is None:
        return None
    random = np.random.default_rng([seed, 13])
    chosen = np.sort(random.permutation(rows.sizes["sample"])[:_ROWS])
    drawn = rows.isel(sample=chosen)
    alone = inputs.model_copy(update={"modalities": (), "disk": None, "patch": None})
    keywords: Any = tuple(part[chosen] for part in records.modalities["keywords"])
    shown = _shown(_look(build(archive, drawn, alone), drawn), keywords)
    return Cutouts.fit(shown, drawn["harpnum"].to_numpy(), seed)


def look_at_vectors(cutouts: Cutouts | None, keys: xr.Dataset, read: Inputs, keywords: Keywords | None) -> Columns:
    """Tell of the vector magnetograms behind forecasts.

    Parameters
    ----------
    cutouts : Cutouts or None
        As `draw_vectors` gives it.
    keys : xarray.Dataset
        Some forecasts of regions.
    read : Inputs
        What the model reads of these forecasts.
    keywords : tuple of ndarray or None
        Three days of hourly records of the same forecasts: values and mask; None where there are none.

    Returns
    -------
    dict
        ``vector_field`` and, from enough regions, ``vector_agreement``, shape (row,).
    """
    seen = _look(read, keys)
    found = {"vector_field": seen.field}
    if cutouts is not None and keywords is not None:
        found["vector_agreement"] = cutouts(_shown(seen, keywords))
    return found


class _Seen(NamedTuple):
    sums: NDArray[np.float64]
    field: NDArray[np.float64]
    view: NDArray[np.float64]
    age: NDArray[np.float64]


def _shown(seen: _Seen, keywords: Keywords) -> Shown:
    from sunproof.models.cutouts import Shown

    return Shown.of(seen.sums, keywords, seen.view, seen.age, _APART)


def _look(read: Inputs, keys: xr.Dataset) -> _Seen:
    """Measure the patches, correlate their components, and tell at what angle and how long ago they were seen."""
    from sunproof.models.physics.geometry import cosine_of_view
    from sunproof.models.vectors import field_sums, one_field

    place = read.lazy["vector"].placement(np.arange(len(read)))
    west, north = place.centre[:, 0, 0].T
    tilt, meridian, _ = place.observer[:, 0, 0].T
    view = cosine_of_view(north, west - meridian, tilt)
    age = (keys["data_cutoff"].to_numpy() - place.time[:, 0, 0]) / _HOUR
    sums, field = [], []
    for start in range(0, max(len(read), 1), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        patch = read.read(rows, only=("vector",))["vector"]
        sums.append(field_sums(patch))
        field.append(one_field(patch, view[rows]))
    return _Seen(np.concatenate(sums), np.concatenate(field), view, np.floor(age))
