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
from sunproof.pipeline.receipts import digest_bytes

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
        self._names = [f"{archive}: {name}" for name in groups]
        self._first, self._digests = (
            [item[name].values[place] for item, place in zip(datasets, places, strict=True)]
            for name in ("patch_first", "pixel_digest")
        )
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

    def read(self, record: int, rows: slice = slice(None)) -> NDArray[np.float32]:
        """Read one patch, or some rows of it.

        Parameters
        ----------
        record : int
            Position in `records`.
        rows : slice
            Neighbouring rows; no others are read.

        Returns
        -------
        ndarray of float32, shape (component, y, x)
            ``y`` to solar north and ``x`` to solar west; NaN where the field is not known.

        Raises
        ------
        ArchiveError
            If pixels are damaged, or missing though the archive says that they are known.
        """
        height, width = (int(self.records[name].values[record]) for name in ("patch_rows", "patch_columns"))
        begin, end, _ = rows.indices(height)
        found = np.empty((len(self._pixels), max(0, end - begin), width), np.float32)
        for component in range(len(self._pixels)):
            pixels = self._read(component, record, begin * width, end * width)
            # lost chunks read as NaN, as does what is behind the limb: the digest tells which it is
            if np.isnan(pixels).any():
                self._verify(component, record, height * width)
            found[component] = pixels.reshape(-1, width)
        return found

    def _read(self, component: int, record: int, begin: int, end: int) -> NDArray[np.float32]:
        first = int(self._first[component][record])
        try:
            return np.asarray(self._pixels[component][first + begin : first + end], "<f4")
        except (OSError, ValueError, RuntimeError) as error:
            raise self._damaged(component, record, str(error)) from error

    def _verify(self, component: int, record: int, size: int) -> None:
        digest = digest_bytes(self._read(component, record, 0, size).tobytes())
        if digest != self._digests[component][record]:
            raise self._damaged(component, record, f"pixels of {digest}")

    def _damaged(self, component: int, record: int, got: str) -> ArchiveError:
        key = self.records.isel(record=record)
        where = f"{self._names[component]}, HARP {int(key['harpnum'])} of {key['time'].values}"
        wanted = f"pixels of {self._digests[component][record]}"
        return ArchiveError(Problem("patch cannot be read", where, got, wanted, "Check or repair the archive."))
