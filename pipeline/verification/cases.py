"""What a verification works on: labelled slots, and what could be known when each was issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["Cases", "make_cases"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cases:
    """Slots with labels and inputs; dimension ``case`` first everywhere.

    Parameters
    ----------
    entity : array of str, shape (case,)
        ``region`` or ``full_disk``.
    region : array of int, shape (case,)
        HARP number, or the NOAA number counted down from -2 where there is no HARP; -1 for the full disk.
    issue_time, cutoff : array of datetime64[ns], shape (case,)
        ``cutoff``: until when anything may be known; the issue time where the samples do not say.
    block : array of str, shape (case,)
        ``train``, ``validation``, ``test`` or ``none``.
    event : array of float, shape (case, threshold, window)
        1, 0 or NaN where the label is unknown.
    thresholds : tuple of str
    windows : tuple of float
        Hours.
    inputs : mapping
        Name -> array of shape (case, ...), NaN where missing: the modalities of `sunproof.pipeline.samples.features`
        and ``probability_wheatland``. Empty without an archive.
    names : mapping
        Modality -> names along its last axis.
    """

    entity: NDArray[Any]
    region: NDArray[np.int64]
    issue_time: NDArray[Any]
    cutoff: NDArray[Any]
    block: NDArray[Any]
    event: Array
    thresholds: tuple[str, ...]
    windows: tuple[float, ...]
    inputs: Mapping[str, Array]
    names: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.entity)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an array of probabilities."""
        return len(self), len(self.thresholds), len(self.windows)

    def pick(self, rows: NDArray[Any]) -> Cases:
        """Return some of the cases, by number or by mask."""
        return Cases(
            self.entity[rows],
            self.region[rows],
            self.issue_time[rows],
            self.cutoff[rows],
            self.block[rows],
            self.event[rows],
            self.thresholds,
            self.windows,
            {name: values[rows] for name, values in self.inputs.items()},
            self.names,
        )

    def column(self, modality: str, name: str) -> Array:
        """One named input, shape (case,) or (case, step); all NaN where there is no such input."""
        if name not in self.names.get(modality, ()):
            return np.full(len(self), np.nan)
        return np.asarray(self.inputs[modality][..., self.names[modality].index(name)], float)

    def recent_flares(self, threshold: str) -> Array:
        """Count flares >= a threshold in the 24 h before the data cut-off, of the region or the disk; NaN unknown."""
        letter = threshold[0].lower()
        own, disk = (self.column("region", f"{prefix}flares_{letter}_24h") for prefix in ("", "disk_"))
        return np.where(self.entity == "full_disk", disk, own)


def make_cases(
    samples: xr.Dataset, inputs: Mapping[str, Array] | None = None, names: Mapping[str, tuple[str, ...]] | None = None
) -> Cases:
    """Take the cases out of a samples file.

    Parameters
    ----------
    samples : xarray.Dataset
        As in docs/architecture.md, Samples.
    inputs, names : mapping, optional
        See `Cases`.

    Returns
    -------
    Cases

    Raises
    ------
    InputError
        If the samples lack a variable that verification needs.
    """
    needed = ("entity", "harpnum", "noaa_ar", "issue_time", "block", "event")
    missing = [name for name in needed if name not in samples]
    if missing:
        raise InputError(Problem("variables are missing", "samples", missing, ", ".join(needed), "Run sunproof label."))
    entity = samples["entity"].to_numpy().astype(str)
    return Cases(
        entity,
        region_key(samples),
        samples["issue_time"].to_numpy().astype("datetime64[ns]"),
        # Samples without a cut-off could use everything up to the issue time.
        samples["data_cutoff" if "data_cutoff" in samples else "issue_time"].to_numpy().astype("datetime64[ns]"),
        samples["block"].to_numpy().astype(str),
        samples["event"].transpose("sample", "threshold", "window").to_numpy().astype(float),
        tuple(str(name) for name in samples["threshold"].to_numpy()),
        tuple(float(hours) for hours in samples["window"].to_numpy()),
        inputs or {},
        names or {},
    )


def region_key(dataset: xr.Dataset) -> NDArray[np.int64]:
    """One number a region: its HARP, else its NOAA number from -2 downwards; -1 for the full disk."""
    harp, noaa = (dataset[name].to_numpy().astype(np.int64) for name in ("harpnum", "noaa_ar"))
    # downwards, because HARP and NOAA numbers overlap: HARP 377 is not AR 377
    key = np.where(harp >= 0, harp, np.where(noaa >= 0, -2 - noaa, -1))
    return np.where(dataset["entity"].to_numpy().astype(str) == "full_disk", -1, key)
