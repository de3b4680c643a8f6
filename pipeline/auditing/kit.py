"""What an audit needs to question a model: the model, and what is fitted to its training and validation block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.confidence import calibrate
from sunproof.pipeline.auditing.config import AuditConfig, MapsConfig, QuestionConfig
from sunproof.pipeline.auditing.domain import Labelled, Training, fit_domains

if TYPE_CHECKING:
    from sunproof.models.attribution.counterfactuals import Stock
    from sunproof.models.cutouts import Cutouts
    from sunproof.models.domain import Domain
    from sunproof.models.identity import Identity
    from sunproof.pipeline.auditing.images import Seen
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Kit", "draw_training"]

# What J4, J5, J9 and J10 hold against each other: the records of a region, and what others report of it, flares too.
_HELD_TOGETHER = {"keywords", "history", "region"}


@dataclass(frozen=True, eq=False)
class Kit:
    """What is needed to answer, made once a batch.

    Parameters
    ----------
    bundle : Bundle
    archive : str
    config : QuestionConfig
    domains, calibrated : dict
        As `fit_domains` and `calibrate` return them.
    stock : Stock or None
        What is put in the place of what is taken away.
    identity : Identity or None
        What ties records to their region.
    model : dict
        What the golden set says of the model; every forecast of it carries that.
    maps : MapsConfig
        How maps of images are asked for.
    images : Seen or None
        What images of the training block are like.
    usual : ndarray of bool, shape (keyword,), or None
        Keywords that records of the training block have.
    vectors : Cutouts or None
        What vector magnetograms of the training block hold.
    """

    bundle: Bundle
    archive: str
    config: QuestionConfig
    domains: dict[str, Domain]
    calibrated: dict[tuple[str, float], Any]
    stock: Stock | None
    identity: Identity | None = None
    model: dict[str, float] = field(default_factory=dict)
    maps: MapsConfig = field(default_factory=MapsConfig)
    images: Seen | None = None
    usual: NDArray[np.bool_] | None = None
    vectors: Cutouts | None = None

    @classmethod
    def make(cls, config: AuditConfig, training: Training | None = None) -> Kit:
        """Load the model, and fit to its training and validation block what is fitted."""
        # torch takes seconds to import: only where something is asked
        from sunproof.pipeline.training.bundle import load_bundle
        from sunproof.pipeline.training.threads import one_thread

        bundle, asked = load_bundle(config.bundle), config.question
        training = draw_training(bundle, config) if training is None else training
        # sums of several threads differ in the last bit
        with one_thread():
            return cls(
                bundle,
                config.archive,
                asked,
                fit_domains(bundle, training, asked.seed),
                calibrate(bundle, training.validation if training else None, asked.seed),
                _stock(bundle, training, asked),
                training.identity if training else None,
                _examined(bundle, training, asked.seed),
                config.maps,
                training.images if training else None,
                _usual(training),
                training.vectors if training else None,
            )


def _usual(training: Training | None) -> NDArray[np.bool_] | None:
    from sunproof.models.gaps import usual_keywords

    if training is None or "keywords" not in training.parts:
        return None
    return usual_keywords(np.asarray(training.parts["keywords"][1]))


def draw_training(bundle: Bundle, config: AuditConfig) -> Training | None:
    """Draw rows of the training and validation block, and whose they are; None where the samples were not given."""
    if not config.training:
        return None
    from sunproof.pipeline.auditing.golden import draw_golden
    from sunproof.pipeline.samples.dataset import check_sun, read_samples
    from sunproof.pipeline.samples.records import has_records
    from sunproof.pipeline.verification.cases import region_key

    samples = read_samples(config.training)
    check_sun(samples, config.training, config.archive)
    drawn = {name: _draw(samples, name, config.question) for name in ("train", "validation")}
    validation = None
    if (block := drawn["validation"]).sizes["sample"]:
        event = block["event"].transpose("sample", "threshold", "window").to_numpy().astype(float)
        validation = Labelled(
            inputs_of(config.archive, block, bundle.inputs),
            region_key(block),
            event,
            tuple(str(name) for name in block["threshold"].to_numpy()),
            tuple(float(hours) for hours in block["window"].to_numpy()),
        )
    # images are neither looked up in the stock nor measured by the domain
    parts = dict(inputs_of(config.archive, drawn["train"], bundle.inputs).modalities)
    regions = drawn["train"]["harpnum"].to_numpy()
    golden = draw_golden(samples, config.archive, bundle.inputs, config.question)
    records = None
    if has_records(config.archive, bundle.inputs.keyword_source):
        records = inputs_of(config.archive, drawn["train"], watched(bundle.inputs))
    return Training(
        parts,
        regions,
        validation,
        _identity(records, regions, bundle, config) if records is not None else None,
        golden,
        # they are held against the records, all of them
        _images(drawn["train"], bundle, config, records) if records is not None else None,
        _vectors(drawn["train"], bundle, config, records) if records is not None else None,
    )


def _identity(seen: Inputs, regions: NDArray[Any], bundle: Bundle, config: AuditConfig) -> Identity | None:
    from sunproof.models.identity import Identity

    # records and reports of two regions say nothing of a forecast that was made from neither
    if not _HELD_TOGETHER & set(bundle.inputs.modalities):
        return None
    return Identity.fit(seen.modalities, seen.names, regions, config.question.seed)


def _images(rows: xr.Dataset, bundle: Bundle, config: AuditConfig, records: Inputs) -> Seen | None:
    from sunproof.pipeline.auditing.images import draw_images

    return draw_images(config.archive, rows, bundle.inputs, records, config.question.seed)


def _vectors(rows: xr.Dataset, bundle: Bundle, config: AuditConfig, records: Inputs) -> Cutouts | None:
    from sunproof.pipeline.auditing.vectors import draw_vectors

    return draw_vectors(config.archive, rows, bundle.inputs, records, config.question.seed)


def _draw(samples: xr.Dataset, block: str, config: QuestionConfig) -> xr.Dataset:
    from sunproof.pipeline.samples.reading import texts

    usable = (texts(samples["block"]) == block) & (texts(samples["entity"]) == "region")
    rows = np.random.default_rng(config.seed).permutation(np.flatnonzero(usable))
    # the whole validation block: flaring regions are few
    kept = rows if block == "validation" else rows[: config.stock]
    return samples.isel(sample=np.sort(kept))


def _stock(bundle: Bundle, training: Training | None, config: QuestionConfig) -> Stock | None:
    if training is None:
        return None
    from sunproof.models.attribution.counterfactuals import Stock

    return Stock.pick(training.parts, bundle.ensemble.architecture, config.fillings, config.seed)


def _examined(bundle: Bundle, training: Training | None, seed: int) -> dict[str, float]:
    from sunproof.pipeline.auditing.golden import interrogate

    return interrogate(bundle.ensemble, training.golden if training else None, seed)


def inputs_of(archive: str, keys: xr.Dataset, inputs: InputConfig) -> Inputs:
    """Find the inputs of forecasts or samples in the archive."""
    from sunproof.pipeline.samples.features import build

    return build(archive, keys, inputs)


def watched(inputs: InputConfig) -> InputConfig:
    """Name the inputs that a region's identity is judged by, whatever the model reads: three days of records."""
    return inputs.model_copy(update={"modalities": ("keywords", "region"), "history_hours": 72, "step_hours": 1})
