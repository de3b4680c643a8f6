"""What stands beside each forecast: the physics referee, event statistics, climatology, conditional persistence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.verification.baselines.climatology import BASELINE as CLIMATOLOGY
from sunproof.pipeline.verification.baselines.logistic import BASELINE as LOGISTIC
from sunproof.pipeline.verification.baselines.persistence import BASELINE as PERSISTENCE
from sunproof.pipeline.verification.knowledge import event_statistics, load_cases

__all__ = ["baseline_probabilities"]


def baseline_probabilities(
    archive: Path, slots: xr.Dataset, samples: xr.Dataset | None, rows: NDArray[np.int64], config: InputConfig
) -> dict[str, NDArray[Any]]:
    """Probabilities of the baselines that can be computed.

    Parameters
    ----------
    archive : Path
    slots : xarray.Dataset
        Keys along ``forecast``, with the coordinates ``threshold`` and ``window``.
    samples : xarray.Dataset or None
        Labelled samples: what the other baselines learn from. Climatology uses windows that had closed before each
        data cut-off, regression and persistence the training block.
    rows : ndarray of int
        Rows of the slots in the samples.
    config : InputConfig
        Which flare list, and whether the model sees keywords: without them there is no regression on them.

    Returns
    -------
    dict
        ``probability_wheatland``, and with samples ``probability_climatology``, ``probability_persistence`` and
        ``probability_regression``; shape (row, threshold, window), NaN where unknown.
    """
    if samples is None:
        return {"probability_wheatland": event_statistics(archive, slots, config)}
    # the region scalars hold the flare history, which with the keywords is all that baselines look at
    referee = "keywords" in config.modalities
    wanted = ("keywords", "region") if referee else ("region",)
    cases = load_cases(samples, archive, config.without_images().model_copy(update={"modalities": wanted}))
    asked = cases.pick(rows)
    found = {
        "probability_wheatland": asked.inputs["probability_wheatland"],
        "probability_climatology": CLIMATOLOGY.fit(cases).predict(asked),
        "probability_persistence": PERSISTENCE.fit(cases).predict(asked),
    }
    return {**found, "probability_regression": LOGISTIC.fit(cases).predict(asked)} if referee else found
