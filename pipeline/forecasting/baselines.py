"""What stands beside each forecast: the physics referee, event statistics, climatology, conditional persistence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.verification.baselines.climatology import BASELINE as CLIMATOLOGY
from sunproof.pipeline.verification.baselines.logistic import BASELINE as LOGISTIC
from sunproof.pipeline.verification.baselines.persistence import BASELINE as PERSISTENCE
from sunproof.pipeline.verification.knowledge import event_statistics, load_cases

__all__ = ["ENTITIES", "Beside", "baselines_beside"]

# Along the dimension ``fitted``: each has regressions of its own.
ENTITIES = ("region", "full_disk")


class Beside(NamedTuple):
    """What stands beside a batch.

    Parameters
    ----------
    rows : dict
        Vocabulary name -> values, shape (row, ...).
    shared : dict
        What holds for all rows: vocabulary name -> values, shape (fitted, threshold, window), in the order of
        `ENTITIES`.
    """

    rows: dict[str, NDArray[Any]]
    shared: dict[str, NDArray[np.float64]]


def baselines_beside(
    archive: Path, slots: xr.Dataset, samples: xr.Dataset | None, rows: NDArray[np.int64], config: InputConfig
) -> Beside:
    """Probabilities of the baselines that can be computed, and how far the referee is from what it was fitted to.

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
    Beside
        ``probability_wheatland``, and with samples ``probability_climatology``, ``probability_persistence`` and
        ``probability_regression``; shape (row, threshold, window), NaN where unknown. With the regression
        ``regression_beyond``, ``regression_cause`` and the extents of its training samples.
    """
    if samples is None:
        return Beside({"probability_wheatland": event_statistics(archive, slots, config)}, {})
    # the region scalars hold the flare history, which with the keywords is all that baselines look at
    referee = "keywords" in config.modalities
    wanted = ("keywords", "region") if referee else ("region",)
    cases = load_cases(samples, archive, config.without_images().model_copy(update={"modalities": wanted}))
    asked = cases.pick(rows)
    found: dict[str, NDArray[Any]] = {
        "probability_wheatland": asked.inputs["probability_wheatland"],
        "probability_climatology": CLIMATOLOGY.fit(cases).predict(asked),
        "probability_persistence": PERSISTENCE.fit(cases).predict(asked),
    }
    if not referee:
        return Beside(found, {})
    fitted = LOGISTIC.fit(cases)
    beyond, cause = fitted.outside(asked)
    found |= {
        "probability_regression": fitted.predict(asked),
        "regression_beyond": beyond,
        "regression_cause": cause,
    }
    return Beside(found, {f"regression_{name}": values for name, values in fitted.extents(ENTITIES).items()})
