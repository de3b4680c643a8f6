"""Questions to the model behind the forecasts: the evidence of the checks on explanations and interventions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.confidence import base_rates, calibrate, confidence
from sunproof.pipeline.auditing.config import AuditConfig, QuestionConfig
from sunproof.pipeline.auditing.domain import Labelled, Training, fit_domains, look
from sunproof.pipeline.console import say
from sunproof.pipeline.vocabulary import describe

if TYPE_CHECKING:
    from sunproof.models.attribution.counterfactuals import Parts, Stock
    from sunproof.models.attribution.explained import Explained
    from sunproof.models.domain import Domain
    from sunproof.models.identity import Identity
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Kit", "Task", "answer", "draw_training", "explanation_evidence", "question"]

_CUBE = ("forecast", "threshold", "window")
# The bundle gives the issued probability to this in logit, or its answers are about another forecast.
_PARITY = 1e-4
# Rows looked at, and asked, at once. They bound the memory; random blocks are drawn by place among those asked
# together, so that the second size belongs to the result.
_LOOKED, _ASKED = 4096, 64
# So many of those that are asked together make a part of an audit in parallel: opening the archive costs as much as
# asking a hundred forecasts. About four parts where there is enough to ask.
_PARTS, _SMALLEST, _LARGEST = 4, 4, 16
# Rows of one forward pass: images are read for so many at once.
_FORWARD = 512

Columns = dict[str, NDArray[np.float64]]


class Task(NamedTuple):
    """A part of the work: ``look`` at some regions, or ``ask`` the model about some forecasts."""

    kind: Literal["look", "ask"]
    rows: NDArray[np.int64]


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
    """

    bundle: Bundle
    archive: str
    config: QuestionConfig
    domains: dict[str, Domain]
    calibrated: dict[tuple[str, float], Any]
    stock: Stock | None
    identity: Identity | None = None
    model: dict[str, float] = field(default_factory=dict)

    @classmethod
    def make(cls, config: AuditConfig, training: Training | None = None) -> Kit:
        """Load the model, and fit to its training and validation block what is fitted."""
        # torch takes seconds to import: only where something is asked
        from sunproof.pipeline.training.bundle import load_bundle

        bundle, asked = load_bundle(config.bundle), config.question
        training = draw_training(bundle, config) if training is None else training
        return cls(
            bundle,
            config.archive,
            asked,
            fit_domains(bundle, training, asked.seed),
            calibrate(bundle, training.validation if training else None, asked.seed),
            _stock(bundle, training, asked),
            training.identity if training else None,
            _examined(bundle, training, asked.seed),
        )


# What the parts of one audit read of its archive, kept as long as its kit; it stays in its process.
_MEMORIES: WeakKeyDictionary[Kit, dict[Any, Any]] = WeakKeyDictionary()

Runner = Callable[[Kit, xr.Dataset, Sequence[Task]], list[Columns]]


def _in_turn(kit: Kit, forecasts: xr.Dataset, tasks: Sequence[Task]) -> list[Columns]:
    return [answer(kit, forecasts.isel(forecast=task.rows), task.kind) for task in tasks]


def question(
    forecasts: xr.Dataset,
    config: AuditConfig,
    training: Training | None = None,
    run: Runner = _in_turn,
    kit: Kit | None = None,
) -> xr.Dataset:
    """Look at the inputs of every region, ask the model about the forecasts that matter, and take the evidence along.

    Parameters
    ----------
    forecasts : xarray.Dataset
        The batch.
    config : AuditConfig
        ``bundle``, ``archive``, ``training`` and ``question``.
    training : Training, optional
        As `draw_training` gives it; drawn here where it is not given.
    run : callable, optional
        Does the parts of the work and gives their columns in order (`sunproof.pipeline.auditing.parts`); in turn by
        default.
    kit : Kit, optional
        Made from ``config`` and ``training`` where it is not given.

    Returns
    -------
    xarray.Dataset
        The batch with the evidence variables; NaN for forecasts that were not asked about, or that the bundle did not
        make. How usual its inputs are, how sure its probabilities can be and whether the model gives them again is told
        of every region. Without a bundle, the batch as it was.
    """
    if not config.bundle:
        return forecasts
    kit = Kit.make(config, training) if kit is None else kit
    chosen = _chosen(forecasts, config.question)
    if len(chosen):
        say(f"asking the model about {len(chosen)} of {forecasts.sizes['forecast']} forecasts")
    regions = np.flatnonzero(forecasts["entity"].values == "region")
    together = min(max(round(len(chosen) / _ASKED / _PARTS), _SMALLEST), _LARGEST)
    tasks = [*_tasks("look", regions, _LOOKED), *_tasks("ask", chosen, _ASKED * together)]
    found = _with_evidence(forecasts, tasks, run(kit, forecasts, tasks))
    return describe(found.assign(base_rate=(("threshold", "window"), base_rates(forecasts, kit.bundle.facts))))


def answer(kit: Kit, keys: xr.Dataset, kind: str) -> Columns:
    """Do a part of the work.

    Parameters
    ----------
    kit : Kit
    keys : xarray.Dataset
        Some forecasts of regions.
    kind : str
        Of the `Task`.

    Returns
    -------
    dict
        Evidence variable -> values, shape (row,) or (row, threshold, window).
    """
    from sunproof.pipeline.samples.reading import remembering
    from sunproof.pipeline.training.threads import one_thread

    # sums of several threads differ in the last bit
    with one_thread(), remembering(_MEMORIES.setdefault(kit, {})):
        inputs = _inputs(kit.archive, keys, kit.bundle.inputs)
        if kind == "ask":
            starts = range(0, keys.sizes["forecast"], _ASKED)
            return _one_after_the_other(_ask(kit, inputs, keys, slice(start, start + _ASKED)) for start in starts)
        error = {"reproduction_error": _reproduced(kit.bundle, inputs, keys)}
        seen = look(kit.bundle, kit.domains, dict(inputs.modalities))
        if kit.identity is not None:
            seen |= _identified(kit, kit.identity, keys)
        told = {name: np.full(keys.sizes["forecast"], value) for name, value in kit.model.items()}
        return {**seen, **confidence(keys, kit.calibrated), **error, **told}


def _ask(kit: Kit, inputs: Inputs, keys: xr.Dataset, rows: slice) -> Columns:
    # regions of one time share their images
    parts = inputs.read_shared(rows)
    return _answers(kit.bundle, parts, keys.isel(forecast=rows), kit.stock, kit.config)


def _one_after_the_other(pieces: Iterable[Columns]) -> Columns:
    held = list(pieces)
    return {name: np.concatenate([piece[name] for piece in held]) for name in held[0]}


def _identified(kit: Kit, identity: Identity, keys: xr.Dataset) -> Columns:
    parts = _inputs(kit.archive, keys, _watched(kit.bundle.inputs)).modalities
    return dict(zip(("record_agreement", "record_continuity"), identity(parts), strict=True))


def _watched(inputs: InputConfig) -> InputConfig:
    """Name the inputs that a region's identity is judged by, whatever the model reads: three days of records."""
    return inputs.model_copy(update={"modalities": ("keywords", "region"), "history_hours": 72, "step_hours": 1})


def _examined(bundle: Bundle, training: Training | None, seed: int) -> dict[str, float]:
    if training is None or training.golden is None:
        return {}
    from sunproof.pipeline.auditing.golden import interrogate

    return interrogate(bundle.ensemble, training.golden, seed)


def _tasks(kind: Literal["look", "ask"], rows: NDArray[np.int64], size: int) -> list[Task]:
    return [Task(kind, rows[start : start + size]) for start in range(0, len(rows), size)]


def _reproduced(bundle: Bundle, inputs: Inputs, keys: xr.Dataset) -> NDArray[np.float64]:
    """Largest difference in logit between the issued and the audited function; NaN where nothing was issued."""
    from sunproof.pipeline.forecasting.predict import predict

    names = [str(name) for name in keys["threshold"].values]
    known = bundle.ensemble.architecture
    if names != known["thresholds"] or keys["window"].values.tolist() != [float(hours) for hours in known["windows"]]:
        return np.full(keys.sizes["forecast"], np.nan)
    process = predict(bundle, inputs, _FORWARD)
    audited = process.probabilities(bundle.ensemble.fluxes.double()).numpy()
    issued = np.asarray(keys["probability"].values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.log(issued / (1 - issued)) - np.log(audited / (1 - audited))
    return np.asarray(np.where(issued == audited, 0.0, np.abs(apart)).max(axis=(1, 2)), np.float64)


def _chosen(forecasts: xr.Dataset, config: QuestionConfig) -> NDArray[np.int64]:
    """Pick issued forecasts of regions above the limit, the most probable first."""
    names = [str(name) for name in forecasts["threshold"].values]
    if config.threshold not in names:
        return np.zeros(0, np.int64)
    largest = forecasts["probability"].values[:, names.index(config.threshold)].max(axis=1)
    own = (forecasts["status"].values == "ISSUED") & (forecasts["entity"].values == "region")
    usable = np.flatnonzero(own & (largest >= config.above))
    return np.asarray(np.sort(usable[np.argsort(-largest[usable], kind="stable")][: config.most]), np.int64)


def draw_training(bundle: Bundle, config: AuditConfig) -> Training | None:
    """Draw rows of the training and validation block, and whose they are; None where the samples were not given."""
    if not config.training:
        return None
    from sunproof.pipeline.auditing.golden import draw_golden
    from sunproof.pipeline.samples.dataset import read_samples
    from sunproof.pipeline.verification.cases import region_key

    samples = read_samples(config.training)
    drawn = {name: _draw(samples, name, config.question) for name in ("train", "validation")}
    validation = None
    if (block := drawn["validation"]).sizes["sample"]:
        event = block["event"].transpose("sample", "threshold", "window").to_numpy().astype(float)
        validation = Labelled(
            _inputs(config.archive, block, bundle.inputs),
            region_key(block),
            event,
            tuple(str(name) for name in block["threshold"].to_numpy()),
            tuple(float(hours) for hours in block["window"].to_numpy()),
        )
    # images are neither looked up in the stock nor measured by the domain
    parts = dict(_inputs(config.archive, drawn["train"], bundle.inputs).modalities)
    regions = drawn["train"]["harpnum"].to_numpy()
    golden = draw_golden(samples, config.archive, bundle.inputs, config.question)
    return Training(parts, regions, validation, _identity(drawn["train"], bundle, config), golden)


def _identity(rows: xr.Dataset, bundle: Bundle, config: AuditConfig) -> Identity | None:
    from sunproof.models.identity import Identity

    seen = _inputs(config.archive, rows, _watched(bundle.inputs))
    return Identity.fit(seen.modalities, seen.names, rows["harpnum"].to_numpy(), config.question.seed)


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


def _inputs(archive: str, keys: xr.Dataset, inputs: InputConfig) -> Inputs:
    from sunproof.pipeline.samples.features import build

    return build(archive, keys, inputs)


def _answers(bundle: Bundle, parts: Parts, keys: xr.Dataset, stock: Stock | None, config: QuestionConfig) -> Columns:
    from sunproof.models.attribution.explained import Explained

    window = float(keys["window"].values[0])
    explained = Explained.of(bundle.ensemble, parts, config.threshold, window)
    found = explanation_evidence(explained, parts, config)
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


def explanation_evidence(
    explained: Explained, parts: Mapping[str, Any], config: QuestionConfig, claimed: NDArray[np.float64] | None = None
) -> Columns:
    """Measure an explanation: its completeness, its skill beside the nulls', its agreement with ablation.

    Parameters
    ----------
    explained : Explained
        The model at the batch, one output.
    parts : mapping
        Inputs of the batch, raw units.
    config : QuestionConfig
    claimed : ndarray, shape (forecast, element), optional
        An explanation that somebody gives; by default Integrated Gradients of the model itself.

    Returns
    -------
    dict
        Evidence variable -> values of shape (forecast,).
    """
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
    difference, error = gradients.logit - gradients.baseline_logit, gradients.error.copy()
    beside: Columns = {}
    if claimed is not None:
        size = np.maximum(np.linalg.norm(flat, axis=1), 1e-9)
        beside["explanation_parity"] = np.linalg.norm(claimed - flat, axis=1) / size
        flat, error = claimed, claimed.sum(axis=1) - difference
    sums = np.where(groups.observed(explained.mask), groups.sums(flat), np.nan)
    probes = probe(explained, groups, lags, config.probes, config.seed)
    nulls = (np.abs(explained.values.numpy()), shuffled(flat, explained.mask, config.seed))
    if config.twins:
        twins = random_twins(model, config.twins, config.seed)
        beside["twin_correlation"] = twin_correlation(explained, effects, lambda other: ablate(other, groups), twins)
    effect, level = activity(explained)
    return beside | {
        "attribution_error": error,
        "attribution_difference": difference,
        "method_agreement": agreement(effects, sums),
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


def _with_evidence(forecasts: xr.Dataset, tasks: Sequence[Task], answers: Sequence[Columns]) -> xr.Dataset:
    fresh: dict[str, tuple[tuple[str, ...], NDArray[np.float64]]] = {}
    for task, columns in zip(tasks, answers, strict=True):
        for name, values in columns.items():
            if name not in fresh:
                blank = np.full((forecasts.sizes["forecast"], *values.shape[1:]), np.nan)
                fresh[name] = (_CUBE if values.ndim > 1 else ("forecast",), blank)
            fresh[name][1][task.rows] = values
    return describe(forecasts.assign(fresh))
