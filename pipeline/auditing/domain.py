"""How usual the inputs of every forecast are, seen from the model's training block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.vocabulary import describe

if TYPE_CHECKING:
    from sunproof.models.attribution.counterfactuals import Parts
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Training", "with_domain"]

# Rows whose inputs are built at once: bounds the memory, not the result.
_ROWS = 4096


class Training(NamedTuple):
    """Rows of the training block: inputs in raw units, and the region that each is of."""

    parts: Parts
    regions: NDArray[Any]


def with_domain(forecasts: xr.Dataset, bundle: Bundle, config: AuditConfig, training: Training | None) -> xr.Dataset:
    """Take along how usual inputs are.

    Parameters
    ----------
    forecasts : xarray.Dataset
        The batch.
    bundle : Bundle
        The model.
    config : AuditConfig
        ``archive`` and the seed of ``question``.
    training : Training or None

    Returns
    -------
    xarray.Dataset
        With ``frozen_steps`` of every region if the model reads keywords; and with ``domain_physical`` and
        ``domain_features`` where the training block was given and has regions enough.
    """
    # torch takes seconds to import: only where there is a model
    from sunproof.models.domain import Domain, frozen_steps, observables
    from sunproof.pipeline.samples.features import build

    domains = {}
    if training is not None:
        for name, rows in observables(bundle.ensemble, training.parts).items():
            domains[name] = Domain.fit(rows, training.regions, config.question.seed)
    regions = np.flatnonzero(forecasts["entity"].values == "region")
    found = {f"domain_{name}": _blank(forecasts) for name, domain in domains.items() if domain is not None}
    for start in range(0, len(regions), _ROWS):
        at = regions[start : start + _ROWS]
        parts = dict(build(config.archive, forecasts.isel(forecast=at), bundle.inputs).modalities)
        if "keywords" in parts:
            found.setdefault("frozen_steps", _blank(forecasts))[at] = frozen_steps(*parts["keywords"])
        for name, rows in observables(bundle.ensemble, parts).items():
            if (domain := domains.get(name)) is not None:
                found[f"domain_{name}"][at] = domain.typicality(rows)
    return describe(forecasts.assign({name: ("forecast", values) for name, values in found.items()}))


def _blank(forecasts: xr.Dataset) -> NDArray[np.float64]:
    return np.full(forecasts.sizes["forecast"], np.nan)
