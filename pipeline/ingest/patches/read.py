"""Read patches back: every record of several components, each as one array, for training and for physics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import zarr
from numpy.typing import NDArray

from sunproof.pipeline.errors import ArchiveError, Problem, ProblemList
from sunproof.pipeline.ingest.archive import open_group

__all__ = ["Patches"]


class Patches:
    """The patches of an archive that all components have.

    Parameters
    ----------
    archive : str or Path
        The archive.
    groups : sequence of str
        Components, by default the vector field of SHARP: radial, southward and westward, in gauss.

    Attributes
    ----------
    records : xarray.Dataset
        One entry a patch along ``record``, sorted by ``harpnum`` and ``time``: quality, observer, ``latitude``
        and ``carrington_longitude`` of the centre, ``geometry`` (degrees from it), ``patch_rows``, ``patch_columns``.
    incomplete : int
        Records that some component lacks; they are left out.

    Raises
    ------
    ArchiveError
        If a group is missing or holds no patches.

    Examples
    --------
    >>> patches = Patches("archive.zarr")  # doctest: +SKIP
    >>> field = patches.read(0)  # doctest: +SKIP
    >>> field.shape  # doctest: +SKIP
    (3, 377, 744)
    """

    def __init__(self, archive: str | Path, groups: Sequence[str] = ("sharp_br", "sharp_bt", "sharp_bp")) -> None:
        datasets = [open_group(archive, name) for name in groups]
        problems = ProblemList(str(archive), ArchiveError)
        for name, dataset in zip(groups, datasets, strict=True):
            if dataset.attrs.get("layout") != "patches":
                problems.add("group holds no patches", name, dataset.attrs.get("layout"), "patches")
        problems.check()
        keys = [pd.MultiIndex.from_arrays([item["harpnum"].values, item["time"].values]) for item in datasets]
        common = keys[0]
        for other in keys[1:]:
            common = common.intersection(other, sort=False)
        common = common.sort_values()
        self.incomplete = len(set().union(*(set(key) for key in keys))) - len(common)
        places = [key.get_indexer(common) for key in keys]
        self.records: xr.Dataset = datasets[0].drop_vars(datasets[0].attrs["quantity"]).isel(record=places[0]).load()
        self._first = [item["patch_first"].values[place] for item, place in zip(datasets, places, strict=True)]
        self._pixels = [
            zarr.open_array(str(Path(archive) / name / item.attrs["quantity"]), mode="r")
            for name, item in zip(groups, datasets, strict=True)
        ]
        shapes = [(item["patch_rows"].values, item["patch_columns"].values) for item in datasets]
        for name, place, (rows, columns) in zip(groups, places, shapes, strict=True):
            own = (rows[place] != self.records["patch_rows"].values) | (
                columns[place] != self.records["patch_columns"].values
            )
            for record in np.flatnonzero(own)[:1]:
                got = (int(rows[place][record]), int(columns[place][record]))
                raise ArchiveError(Problem("components differ in shape", f"{name}, record {record}", got, groups[0]))

    def __len__(self) -> int:
        """Count the patches."""
        return self.records.sizes["record"]

    def read(self, record: int) -> NDArray[np.float32]:
        """Read one patch.

        Parameters
        ----------
        record : int
            Position in `records`.

        Returns
        -------
        ndarray of float32, shape (component, y, x)
            ``y`` to solar north and ``x`` to solar west; NaN where the field is not known.
        """
        shape = tuple(int(self.records[name].values[record]) for name in ("patch_rows", "patch_columns"))
        size = shape[0] * shape[1]
        found = np.empty((len(self._pixels), size), np.float32)
        for component, (first, pixels) in enumerate(zip(self._first, self._pixels, strict=True)):
            found[component] = pixels[int(first[record]) : int(first[record]) + size]
        return found.reshape(-1, *shape)
