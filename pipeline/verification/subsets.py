"""The parts of a test block that are scored by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.verification.bootstrap import Blocks, make_blocks
from sunproof.pipeline.verification.cases import Cases
from sunproof.pipeline.verification.config import BootstrapConfig

__all__ = ["blocks_of", "subsets", "training_rates"]


def subsets(cases: Cases, threshold: str, per_year: bool, first_flare: bool) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Name and rows of each subset.

    Parameters
    ----------
    cases : Cases
    threshold : str
        ``first flare`` are the slots after 24 h without a flare at or above it: a flare then is the first after quiet
        (storm after the calm: Camporeale and Berger 2025; Park et al. 2020, doi:10.3847/1538-4357/ab65f0).
    per_year, first_flare : bool
        Which subsets beside ``all`` are wanted.

    Yields
    ------
    name : str
    rows : array of bool, shape (case,)
    """
    yield "all", np.ones(len(cases), bool)
    if first_flare:
        # NaN compares false: a slot whose last day is unknown is not known to be quiet
        quiet = cases.recent_flares(threshold) == 0
        if quiet.any():
            yield "first flare", quiet
    years = cases.issue_time.astype("datetime64[Y]").astype(int) + 1970
    for year in np.unique(years) if per_year else ():
        yield str(year), years == year


def blocks_of(cases: Cases, config: BootstrapConfig) -> dict[str, Blocks]:
    """Blocks for resampling: stretches of time, and regions (not for the full disk, which is one region).

    Parameters
    ----------
    cases : Cases
        Of one entity.
    config : BootstrapConfig

    Returns
    -------
    dict
        ``rotation`` and, for regions, ``region``.
    """
    length = np.timedelta64(round(config.days * 86400), "s").astype("timedelta64[ns]")
    keys = {"rotation": cases.issue_time.astype(np.int64) // length.astype(np.int64)}
    if (cases.region != -1).any():
        keys["region"] = cases.region
    return {name: make_blocks(values, config.resamples, config.seed) for name, values in keys.items()}


def training_rates(history: Cases, entity: str) -> NDArray[np.float64]:
    """Frequency of events in the training block, shape (threshold, window); NaN without one."""
    event = history.event[(history.block == "train") & (history.entity == entity)]
    known = np.isfinite(event).sum(axis=0)
    return np.where(known > 0, np.nansum(event, axis=0) / np.maximum(known, 1), np.nan)
