"""Questions to the model behind the forecasts: the evidence of the checks on explanations and interventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.config import AuditConfig, QuestionConfig
from sunproof.pipeline.auditing.domain import Training, with_domain
from sunproof.pipeline.console import say
from sunproof.pipeline.vocabulary import describe

if TYPE_CHECKING:
    from sunproof.models.attribution.counterfactuals import Parts, Stock
    from sunproof.models.attribution.explained import Explained
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["question"]

_CUBE = ("forecast", "threshold", "window")
# The bundle gives the issued probability to this in logit, or its answers are about another forecast.
_PARITY = 1e-4
# Rows asked at once: bounds the memory, not the result.
_ROWS = 512

Columns = dict[str, NDArray[np.float64]]


def question(forecasts: xr.Dataset, config: AuditConfig) -> xr.Dataset:
    """Ask the model about the forecasts that matter, and take its answers along as evidence.

    Parameters
    ----------
    forecasts : xarray.Dataset
        The batch.
    config : AuditConfig
        ``bundle``, ``archive``, ``training`` and ``question``.

    Returns
    -------
    xarray.Dataset
        The batch with the evidence variables; NaN for forecasts that were not asked about, or that the bundle did not
        make. How usual its inputs are is told of every region. Without a bundle, the batch as it was.
    """
    if not config.bundle:
        return forecasts
    # torch takes seconds to import: only where something is asked
    from sunproof.pipeline.training.bundle import load_bundle

    bundle = load_bundle(config.bundle)
    training = _training(bundle, config)
    forecasts = with_domain(forecasts, bundle, config, training)
    chosen = _chosen(forecasts, config.question)
    if not len(chosen):
        return forecasts
    say(f"asking the model about {len(chosen)} of {forecasts.sizes['forecast']} forecasts")
    stock = _stock(bundle, training, config.question)
    answers: list[Columns] = []
    for start in range(0, len(chosen), _ROWS):
        keys = forecasts.isel(forecast=chosen[start : start + _ROWS])
        # regions of one time share their images
        parts = _inputs(config.archive, keys, bundle.inputs).read_shared(slice(None))
        answers.append(_answers(bundle, parts, keys, stock, config.question))
    return _with_evidence(forecasts, chosen, answers)


def _chosen(forecasts: xr.Dataset, config: QuestionConfig) -> NDArray[np.int64]:
    """Pick issued forecasts of regions above the limit, the most probable first."""
    names = [str(name) for name in forecasts["threshold"].values]
    if config.threshold not in names:
        return np.zeros(0, np.int64)
    largest = forecasts["probability"].values[:, names.index(config.threshold)].max(axis=1)
    own = (forecasts["status"].values == "ISSUED") & (forecasts["entity"].values == "region")
    usable = np.flatnonzero(own & (largest >= config.above))
    return np.asarray(np.sort(usable[np.argsort(-largest[usable], kind="stable")][: config.most]), np.int64)


def _training(bundle: Bundle, config: AuditConfig) -> Training | None:
    """Draw rows of the training block, and whose they are; None where the samples were not given."""
    if not config.training:
        return None
    from sunproof.pipeline.samples.dataset import read_samples
    from sunproof.pipeline.samples.reading import texts

    samples = read_samples(config.training)
    usable = (texts(samples["block"]) == "train") & (texts(samples["entity"]) == "region")
    rows = np.random.default_rng(config.question.seed).permutation(np.flatnonzero(usable))
    drawn = samples.isel(sample=np.sort(rows[: config.question.stock]))
    # images are neither looked up in the stock nor measured by the domain
    parts = dict(_inputs(config.archive, drawn, bundle.inputs).modalities)
    return Training(parts, drawn["harpnum"].to_numpy())


def _stock(bundle: Bundle, training: Training | None, config: QuestionConfig) -> Stock | None:
    if training is None:
        return None
    from sunproof.models.attribution.counterfactuals import Stock

    return Stock.pick(training.parts, bundle.ensemble.architecture, config.fillings, config.seed)


def _inputs(archive: str, keys: xr.Dataset, inputs: InputConfig) -> Inputs:
    from sunproof.pipeline.samples.features import build

    return build(archive, keys, inputs)


def _answers(bundle: Bundle, parts: Parts, keys: xr.Dataset, stock: Stock | None, config: QuestionConfig) -> Columns:
    from sunproof.models.attribution.explained import Explained

    window = float(keys["window"].values[0])
    explained = Explained.of(bundle.ensemble, parts, config.threshold, window)
    found = _explanation(explained, parts, config)
    if stock is not None:
        found |= _interventions(bundle, parts, stock, config)
    issued = keys["probability"].sel(threshold=config.threshold, window=window).values.astype(np.float64)
    with np.errstate(divide="ignore"):
        served = np.log(issued / (1 - issued))
    # written so that a NaN counts as another function
    foreign = ~(np.abs(explained.logit(explained.values).numpy() - served) <= _PARITY)
    for values in found.values():
        values[foreign] = np.nan
    return found


def _explanation(explained: Explained, parts: Mapping[str, Any], config: QuestionConfig) -> Columns:
    from sunproof.models.attribution.ablation import ablate, agreement
    from sunproof.models.attribution.activity import activity
    from sunproof.models.attribution.groups import partition
    from sunproof.models.attribution.integrated_gradients import attribute
    from sunproof.models.attribution.nulls import random_twins, shuffled, twin_correlation
    from sunproof.models.attribution.skill import probe

    model, architecture = explained.ensemble, explained.ensemble.architecture
    groups, lags = partition(architecture, "physics"), partition(architecture, "lag")
    window = float(architecture["windows"][explained.place[1]])
    gradients = attribute(model, parts, config.threshold, window)
    flat, effects = explained.flat(gradients.modalities), ablate(explained, groups)
    sums = np.where(groups.observed(explained.mask), groups.sums(flat), np.nan)
    probes = probe(explained, groups, lags, config.probes, config.seed)
    nulls = (np.abs(explained.values.numpy()), shuffled(flat, explained.mask, config.seed))
    twins = random_twins(model, config.twins, config.seed)
    effect, level = activity(explained)
    return {
        "attribution_error": gradients.error.copy(),
        "attribution_difference": gradients.logit - gradients.baseline_logit,
        "method_agreement": agreement(effects, sums),
        "twin_correlation": twin_correlation(explained, effects, lambda other: ablate(other, groups), twins),
        "explanation_skill": probes.skill(flat),
        "null_skill": np.maximum(*(probes.skill(null) for null in nulls)),
        "activity_effect": effect,
        "activity_level": level,
    }


def _interventions(bundle: Bundle, parts: Parts, stock: Stock, config: QuestionConfig) -> Columns:
    from sunproof.models.attribution.counterfactuals import counterfactuals

    logits = counterfactuals(bundle.ensemble, parts, stock, config.fillings)
    found = {}
    for name, intervention in (("without_region", "quiet Sun"), ("elsewhere", "other place and time")):
        if intervention in logits:
            found[f"probability_{name}"] = 1 / (1 + np.exp(-logits[intervention]))
    stronger = [logit - logits["served"] for name, logit in logits.items() if name.startswith("field x")]
    if stronger:
        found["field_response"] = np.fmin.reduce(stronger)
    return found


def _with_evidence(forecasts: xr.Dataset, chosen: NDArray[np.int64], answers: list[Columns]) -> xr.Dataset:
    fresh = {}
    for name in answers[0]:
        values = np.concatenate([answer[name] for answer in answers])
        dims = _CUBE if values.ndim > 1 else ("forecast",)
        whole = np.full((forecasts.sizes["forecast"], *values.shape[1:]), np.nan)
        whole[chosen] = values
        fresh[name] = (dims, whole)
    return describe(forecasts.assign(fresh))
