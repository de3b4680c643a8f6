"""How usual the inputs of every forecast are, seen from the model's training block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sunproof.models.attribution.together import Parts
    from sunproof.models.cutouts import Cutouts
    from sunproof.models.domain import Domain
    from sunproof.models.identity import Identity
    from sunproof.pipeline.auditing.golden import Golden
    from sunproof.pipeline.auditing.images import Seen
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Labelled", "Training", "fit_domains", "look"]

Columns = dict[str, NDArray[np.float64]]


class Labelled(NamedTuple):
    """Rows of the validation block: inputs in raw units, the region each is of, and what happened."""

    inputs: Inputs | Parts
    regions: NDArray[Any]
    event: NDArray[np.float64]
    thresholds: tuple[str, ...]
    windows: tuple[float, ...]


class Training(NamedTuple):
    """Rows of the training block: inputs in raw units, and the region that each is of; with the validation block.

    ``identity`` ties records to their region, ``golden`` is what the model is examined on, ``images`` are what its
    images are like, ``vectors`` what its vector magnetograms hold; None where there are too few. Nothing of it comes
    from the model.
    """

    parts: Parts
    regions: NDArray[Any]
    validation: Labelled | None = None
    identity: Identity | None = None
    golden: Golden | None = None
    images: Seen | None = None
    vectors: Cutouts | None = None


def fit_domains(bundle: Bundle, training: Training | None, seed: int) -> dict[str, Domain]:
    """Fit what is usual to the training block.

    Parameters
    ----------
    bundle : Bundle
        The model.
    training : Training or None
    seed : int
        Which regions are left out to calibrate on.

    Returns
    -------
    dict
        ``physical`` (the magnetic keywords) and ``features`` (what the model reads); without those that have too few
        regions.
    """
    # torch takes seconds to import: only where there is a model
    from sunproof.models.domain import Domain, observables

    if training is None:
        return {}
    rows = observables(bundle.ensemble, training.parts)
    fitted = {name: Domain.fit(values, training.regions, seed) for name, values in rows.items()}
    return {name: domain for name, domain in fitted.items() if domain is not None}


def look(bundle: Bundle, domains: dict[str, Domain], parts: Parts) -> Columns:
    """Tell how usual inputs are.

    Parameters
    ----------
    bundle : Bundle
    domains : dict
        As `fit_domains` returns them.
    parts : dict
        Modality -> (values, mask) of some regions, raw units.

    Returns
    -------
    dict
        ``frozen_steps`` if the model reads keywords, ``domain_physical`` and ``domain_features`` where fitted; shape
        (row,).
    """
    from sunproof.models.domain import frozen_steps, observables

    found: Columns = {"frozen_steps": frozen_steps(*parts["keywords"])} if "keywords" in parts else {}
    rows = observables(bundle.ensemble, parts)
    return found | {f"domain_{name}": domain.typicality(rows[name]) for name, domain in domains.items()}
