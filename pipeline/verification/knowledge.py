"""What baselines may know of a slot: model inputs and event statistics from the archive, nothing after the cut-off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.physics.flare_statistics import wheatland_probability
from sunproof.pipeline.samples.catalogue import DISK, Catalogue, load_catalogue
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.keys import read_keys
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.verification.cases import Cases, make_cases
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["event_statistics", "load_cases"]


def load_cases(samples: xr.Dataset, archive: str | Path | None, config: InputConfig) -> Cases:
    """Take the cases out of a samples file, with the inputs that baselines use.

    Parameters
    ----------
    samples : xarray.Dataset
        As in docs/architecture.md, Samples.
    archive : str or Path, optional
        Without it, baselines that need inputs give no probabilities.
    config : InputConfig
        History, step and flare list.

    Returns
    -------
    Cases

    Raises
    ------
    ArchiveError, InputError
        If the archive or the samples lack what is needed.
    """
    if archive is None:
        return make_cases(samples)
    inputs = build(archive, samples, config)
    arrays = {name: np.where(mask, values, np.nan) for name, (values, mask) in inputs.modalities.items()}
    arrays["probability_wheatland"] = event_statistics(archive, samples, config)
    return make_cases(samples, arrays, inputs.names)


def event_statistics(archive: str | Path, samples: xr.Dataset, config: InputConfig) -> NDArray[np.float64]:
    """Wheatland's probabilities for the rows of a samples file.

    Parameters
    ----------
    archive : str or Path
        With a flare list.
    samples : xarray.Dataset
        Rows, thresholds and windows.
    config : InputConfig
        Which flare list.

    Returns
    -------
    ndarray, shape (sample, threshold, window)
        NaN where the flare list is not complete (`Catalogue.unbroken`).

    Raises
    ------
    ArchiveError, InputError
        If the archive or the samples lack what is needed.
    """
    regions = load_regions(archive)
    catalogue = load_catalogue(archive, config.catalogue, regions)
    rows = read_keys(samples, regions)
    segment, event = _members(catalogue)
    found = wheatland_probability(
        catalogue.time[event],
        # The least flux: a flare on an uncertain scale counts for what it surely was.
        catalogue.low[event],
        segment,
        rows.cutoff,
        rows.segment,
        [THRESHOLDS[str(name)] for name in samples["threshold"].to_numpy()],
        samples["window"].to_numpy(),
    )
    found[~catalogue.unbroken(rows.segment, microseconds(rows.cutoff))] = np.nan
    return found


def _members(catalogue: Catalogue) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return (segment, event) pairs: a flare counts for the disk, its NOAA region and each HARP that holds it."""
    every, assigned = np.arange(len(catalogue.time)), np.flatnonzero(catalogue.noaa_ar >= 0)
    harp, owner = catalogue.regions.harps_of(catalogue.noaa_ar)
    noaa = catalogue.regions.segment(noaa_ar=catalogue.noaa_ar[assigned])
    return np.concatenate([np.full(len(every), DISK), noaa, harp]), np.concatenate([every, assigned, owner])
