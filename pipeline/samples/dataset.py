"""Samples as batches for Lightning: whole tensors indexed by row, a tenth of the cost of reading single samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from pytorch_lightning import LightningDataModule
from torch import Tensor

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import Inputs, build
from sunproof.pipeline.samples.reading import is_simulated, texts

__all__ = ["Batches", "SampleData", "check_sun", "read_samples", "to_tensors"]

Batch = dict[str, Any]
_LABELS = ("event", "flare_count", "largest_flux")


def to_tensors(inputs: Inputs) -> dict[str, tuple[Tensor, Tensor]]:
    """Turn inputs into tensors without copying: modality -> (values float32, mask bool)."""
    return {
        name: (torch.from_numpy(values), torch.from_numpy(mask)) for name, (values, mask) in inputs.modalities.items()
    }


class Batches:
    """An iterable of batches over some rows of whole tensors; every pass after the first is shuffled anew.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), all rows of the samples file.
    labels : mapping
        Name -> tensor, all rows.
    rows : Tensor of int
        Rows to serve.
    batch_size : int
        Rows a batch; the last batch may be smaller.
    seed : int or None
        Order of pass n is that of a generator seeded with seed + n; None keeps the rows' order.
    """

    def __init__(
        self,
        inputs: Mapping[str, tuple[Tensor, Tensor]],
        labels: Mapping[str, Tensor],
        rows: Tensor,
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        self.inputs = inputs
        self.labels = labels
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.passes = 0

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = self.rows
        if self.seed is not None:
            # another order each pass, and the same ones in each run
            generator = torch.Generator().manual_seed(self.seed + self.passes)
            order = order[torch.randperm(len(order), generator=generator)]
            self.passes += 1
        for start in range(0, len(order), self.batch_size):
            yield self.batch(order[start : start + self.batch_size])

    def batch(self, rows: Tensor) -> Batch:
        """Return one batch of any rows: ``inputs``, ``event``, ``flare_count``, ``largest_flux``, ``index``."""
        return {
            "inputs": {name: (values[rows], mask[rows]) for name, (values, mask) in self.inputs.items()},
            **{name: values[rows] for name, values in self.labels.items()},
            "index": rows,
        }


class SampleData(LightningDataModule):  # type: ignore[misc]
    """Training, validation and test blocks of a samples file with their inputs.

    A row is served if it is a region's, lies in the block, and at least one of its labels is known.

    Parameters
    ----------
    archive : str or Path
        The archive.
    samples : str, Path or xarray.Dataset
        The samples file, or its content.
    inputs : InputConfig
        What enters the model.
    batch_size : int
        Rows a batch.
    seed : int
        Order of the training rows.

    Raises
    ------
    InputError
        If the samples cannot be read, or samples and archive are not of one Sun.

    Attributes
    ----------
    samples : xarray.Dataset
        The samples; ``index`` of a batch counts its rows.
    inputs : Inputs
        All rows' inputs; available after ``setup``.
    """

    inputs: Inputs

    def __init__(
        self,
        archive: str | Path,
        samples: str | Path | xr.Dataset,
        inputs: InputConfig,
        batch_size: int = 256,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.archive = Path(archive)
        self.samples = samples if isinstance(samples, xr.Dataset) else read_samples(samples)
        check_sun(self.samples, samples, archive)
        self.input_config = inputs
        self.batch_size = batch_size
        self.seed = seed
        self._tensors: dict[str, tuple[Tensor, Tensor]] = {}
        self._labels: dict[str, Tensor] = {}

    def setup(self, stage: str | None = None) -> None:
        """Build all inputs once; later calls do nothing."""
        # Lightning calls it once for each stage, and what is built takes minutes
        if self._tensors:
            return
        self.inputs = build(self.archive, self.samples, self.input_config)
        self._tensors = to_tensors(self.inputs)
        self._labels = {name: torch.from_numpy(self.samples[name].to_numpy().astype(np.float32)) for name in _LABELS}

    def rows(self, block: str) -> Tensor:
        """Rows of a block that are served, ascending.

        Raises
        ------
        InputError
            If the block is empty.
        """
        # a row with one known cell teaches; the loss masks the others
        known = np.isfinite(self.samples["event"].to_numpy()).any(axis=(1, 2))
        blocks = texts(self.samples["block"])
        rows = np.flatnonzero((blocks == block) & (texts(self.samples["entity"]) == "region") & known)
        if not len(rows):
            there = ", ".join(f"{name}: {(blocks == name).sum()}" for name in sorted(set(blocks)))
            todo = "Check the dates under `split` in the labels' configuration."
            raise InputError(Problem(f"no labelled sample in block {block}", "samples", there, block, todo))
        return torch.from_numpy(rows)

    def batches(self, block: str, shuffle: bool = False) -> Batches:
        """Batches of a block; ``shuffle`` orders every pass by the seed."""
        self.setup()
        seed = self.seed if shuffle else None
        return Batches(self._tensors, self._labels, self.rows(block), self.batch_size, seed)

    def train_dataloader(self) -> Batches:
        """Serve training rows, shuffled by the seed."""
        return self.batches("train", shuffle=True)

    def val_dataloader(self) -> Batches:
        """Serve validation rows in order."""
        return self.batches("validation")

    def test_dataloader(self) -> Batches:
        """Serve test rows in order."""
        return self.batches("test")


def check_sun(samples: xr.Dataset, path: object, archive: str | Path) -> None:
    """Refuse labels of one Sun with inputs of another: numbers of regions meet by chance.

    Parameters
    ----------
    samples : xarray.Dataset
    path : object
        Where they are from, for the message, if it is a path.
    archive : str or Path

    Raises
    ------
    InputError
        If one of them is simulated and the other is not.
    """
    suns = (bool(samples.attrs.get("simulated", 0)), is_simulated(archive))
    if suns[0] != suns[1]:
        names = (str(path) if isinstance(path, (str, Path)) else "samples", str(archive))
        told = {name: "simulated" if sun else "real" for name, sun in zip(names, suns, strict=True)}
        what, todo = "samples and archive of the real and a simulated Sun", "Label the archive that is read."
        raise InputError(Problem(what, "configuration", told, "one Sun", todo))


def read_samples(path: str | Path) -> xr.Dataset:
    """Read a samples file into memory.

    Raises
    ------
    InputError
        If it is missing, cannot be read, or is another file of ours.
    """
    try:
        samples = xr.load_dataset(path, engine="h5netcdf")
    except FileNotFoundError as error:
        problem = Problem("no such samples file", str(path), todo="Run `sunproof label` first.")
        raise InputError(problem) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem("not readable as netCDF", str(path), str(error), "a samples file")) from error
    # forecasts have all else that samples have, and are the file that stands beside them
    if "block" not in samples:
        wanted = "samples of `sunproof label`, with the variable block"
        raise InputError(Problem("no samples file", str(path), sorted(map(str, samples.data_vars))[:8], wanted))
    return samples
