"""Questions to the model behind the forecasts: the evidence of the checks on explanations and interventions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.confidence import base_rates, confidence
from sunproof.pipeline.auditing.config import AuditConfig, QuestionConfig
from sunproof.pipeline.auditing.domain import Training, look
from sunproof.pipeline.auditing.explanation_evidence import explanation_evidence
from sunproof.pipeline.auditing.images import look_at_images
from sunproof.pipeline.auditing.kit import Kit, inputs_of, watched
from sunproof.pipeline.auditing.parity import same_function
from sunproof.pipeline.auditing.vectors import look_at_vectors
from sunproof.pipeline.console import say
from sunproof.pipeline.vocabulary import describe

if TYPE_CHECKING:
    from sunproof.models.attribution.counterfactuals import Stock
    from sunproof.models.attribution.together import Parts
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle

__all__ = ["Columns", "Runner", "Task", "answer", "question"]

_CUBE = ("forecast", "threshold", "window")
# Rows looked at, and asked, at once. They bound the memory; random blocks are drawn by place among those asked
# together, so that the second size belongs to the result.
_LOOKED, _ASKED = 4096, 64
# So many of those that are asked together make a part of an audit in parallel: opening the archive costs as much as
# asking a hundred forecasts. About four parts where there is enough to ask.
_PARTS, _SMALLEST, _LARGEST = 4, 4, 16
# Rows of one forward pass: images are read for so many at once.
_FORWARD = 512

# Evidence of a probability -> what was done to the inputs (`sunproof.models.attribution.counterfactuals`).
_ASKED_OF = {
    "without_region": "quiet Sun",
    "elsewhere": "other place and time",
    "without_history": "no flare history",
    "without_line": "no inversion line",
    "opposite": "opposite field",
    "mirrored": "mirrored Sun",
    "turned": "turned region",
    "stale": "stale",
    "future": "future",
    # not by the names of the modalities: those would be the region itself, and its flares in all modalities
    "without_flares": "without history",
    "without_summary": "without region",
    **{f"without_{name}": f"without {name}" for name in ("keywords", "xrs", "disk", "patch", "vector")},
}

# Maps of so many at once: what is kept of them is large.
_MAPPED = 8

Columns = Mapping[str, NDArray[np.float64]]
Kind = Literal["look", "ask", "map"]


class Task(NamedTuple):
    """A part of the work: ``look`` at some regions, ``ask`` the model about some forecasts, or ``map`` their images."""

    kind: Kind
    rows: NDArray[np.int64]


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
        of every region; what is known of the model itself of the full disks made of them, too. Without a bundle, the
        batch as it was.
    """
    if not config.bundle:
        return forecasts
    kit = Kit.make(config, training) if kit is None else kit
    chosen = _chosen(forecasts, config.question)
    if len(chosen):
        say(f"asking the model about {len(chosen)} of {forecasts.sizes['forecast']} forecasts")
    regions = np.flatnonzero(forecasts["entity"].values == "region")
    together = min(max(round(len(chosen) / _ASKED / _PARTS), _SMALLEST), _LARGEST)
    mapped = _chosen(forecasts, config.question, config.maps.most) if _has_images(kit) else chosen[:0]
    tasks = [*_tasks("look", regions, _LOOKED), *_tasks("ask", chosen, _ASKED * together)]
    tasks += _tasks("map", mapped, _MAPPED)
    found = _of_the_disk(_with_evidence(forecasts, tasks, run(kit, forecasts, tasks)), kit.model)
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
        Evidence variable -> values, shape (row,) or (row, threshold, window); of maps also what is kept of them
        (`sunproof.pipeline.auditing.maps.ask`).
    """
    from sunproof.pipeline.samples.reading import remembering
    from sunproof.pipeline.training.threads import one_thread

    # sums of several threads differ in the last bit
    with one_thread(), remembering(_MEMORIES.setdefault(kit, {})):
        inputs = inputs_of(kit.archive, keys, kit.bundle.inputs)
        if kind == "ask":
            starts = range(0, keys.sizes["forecast"], _ASKED)
            return _one_after_the_other(_ask(kit, inputs, keys, slice(start, start + _ASKED)) for start in starts)
        if kind == "map":
            return _mapped(kit, inputs, keys)
        error = {"reproduction_error": _reproduced(kit.bundle, inputs, keys)}
        seen = look(kit.bundle, kit.domains, dict(inputs.modalities))
        if kit.identity is not None or kit.images is not None or "vector" in inputs.lazy:
            seen |= _recognised(kit, keys, inputs)
        if kit.usual is not None:
            seen |= {"keyword_gaps": _gaps(kit, inputs)}
        told = {name: np.full(keys.sizes["forecast"], value) for name, value in kit.model.items()}
        return {**seen, **confidence(keys, kit.calibrated), **error, **told}


def _ask(kit: Kit, inputs: Inputs, keys: xr.Dataset, rows: slice) -> Columns:
    # regions of one time share their images
    parts = inputs.read_shared(rows)
    return _answers(kit.bundle, parts, keys.isel(forecast=rows), kit.stock, kit.config)


def _has_images(kit: Kit) -> bool:
    return any(block.get("grid") for block in kit.bundle.ensemble.architecture["modalities"].values())


def _mapped(kit: Kit, inputs: Inputs, keys: xr.Dataset) -> Columns:
    from sunproof.pipeline.auditing.maps.ask import asked_maps

    return asked_maps(kit.bundle, kit.archive, inputs, keys, kit.maps, kit.config.threshold)


def _one_after_the_other(pieces: Iterable[Columns]) -> Columns:
    held = list(pieces)
    return {name: np.concatenate([piece[name] for piece in held]) for name in held[0]}


def _recognised(kit: Kit, keys: xr.Dataset, inputs: Inputs) -> Columns:
    """Hold records against their region, and images against what images are like and against the records."""
    if kit.identity is None and kit.images is None and kit.vectors is None:
        # whether the components are of one field is told without records, which the archive may lack
        return look_at_vectors(None, keys, inputs, None)
    parts = inputs_of(kit.archive, keys, watched(kit.bundle.inputs)).modalities
    found: dict[str, NDArray[np.float64]] = {}
    if kit.identity is not None:
        found |= kit.identity(parts)
    if kit.images is not None:
        found |= look_at_images(kit.images, kit.archive, keys, (kit.bundle.inputs, inputs), parts["keywords"])
    if "vector" in inputs.lazy:
        found |= look_at_vectors(kit.vectors, keys, inputs, parts["keywords"])
    return found


def _gaps(kit: Kit, inputs: Inputs) -> NDArray[np.float64]:
    from sunproof.models.gaps import unexplained_gaps

    values, mask = inputs.modalities["keywords"]
    return unexplained_gaps(np.asarray(values), np.asarray(mask, bool), inputs.names["keywords"], np.asarray(kit.usual))


def _tasks(kind: Kind, rows: NDArray[np.int64], size: int) -> list[Task]:
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


def _chosen(forecasts: xr.Dataset, config: QuestionConfig, most: int | None = None) -> NDArray[np.int64]:
    """Pick issued forecasts of regions above the limit, the most probable first; at most so many."""
    most = config.most if most is None else min(most, config.most)
    names = [str(name) for name in forecasts["threshold"].values]
    if config.threshold not in names:
        return np.zeros(0, np.int64)
    largest = forecasts["probability"].values[:, names.index(config.threshold)].max(axis=1)
    own = (forecasts["status"].values == "ISSUED") & (forecasts["entity"].values == "region")
    usable = np.flatnonzero(own & (largest >= config.above))
    return np.asarray(np.sort(usable[np.argsort(-largest[usable], kind="stable")][:most]), np.int64)


def _answers(
    bundle: Bundle, parts: Parts, keys: xr.Dataset, stock: Stock | None, config: QuestionConfig
) -> dict[str, NDArray[np.float64]]:
    from sunproof.models.attribution.explained import Explained

    window = float(keys["window"].values[0])
    explained = Explained.of(bundle.ensemble, parts, config.threshold, window)
    found = explanation_evidence(explained, parts, config)
    if stock is not None:
        found |= _interventions(bundle, parts, stock, config)
    issued = keys["probability"].sel(threshold=config.threshold, window=window).values
    # answers of another function are about another forecast
    foreign = ~same_function(explained.logit(explained.values).numpy(), issued)
    for values in found.values():
        values[foreign] = np.nan
    return found


def _interventions(
    bundle: Bundle, parts: Parts, stock: Stock, config: QuestionConfig
) -> dict[str, NDArray[np.float64]]:
    from sunproof.models.attribution.counterfactuals import counterfactuals

    logits = counterfactuals(bundle.ensemble, parts, stock, config.fillings)
    found = {}
    for name, intervention in _ASKED_OF.items():
        if intervention in logits:
            found[f"probability_{name}"] = 1 / (1 + np.exp(-logits[intervention]))
    stronger = [logit - logits["served"] for name, logit in logits.items() if name.startswith("field x")]
    if stronger:
        found["field_response"] = np.fmin.reduce(stronger)
    return found


def _with_evidence(forecasts: xr.Dataset, tasks: Sequence[Task], answers: Sequence[Columns]) -> xr.Dataset:
    fresh: dict[str, tuple[tuple[str, ...], NDArray[np.float64]]] = {}
    for task, columns in zip(tasks, answers, strict=True):
        # what is kept beside the evidence has a folder in its name
        for name in (name for name in columns if "/" not in name):
            values = columns[name]
            if name not in fresh:
                blank = np.full((forecasts.sizes["forecast"], *values.shape[1:]), np.nan)
                fresh[name] = (_CUBE if values.ndim > 1 else ("forecast",), blank)
            fresh[name][1][task.rows] = values
    return describe(forecasts.assign(fresh))


def _of_the_disk(found: xr.Dataset, model: Mapping[str, float]) -> xr.Dataset:
    """Tell what is known of the model of the full disks, too, that are put together from its forecasts of regions."""
    entity, time = found["entity"].values, found["issue_time"].values
    region = (entity == "region") & (found["status"].values == "ISSUED")
    # without a region it is the rate of unlisted flares alone, on which the model was not examined
    disk = (entity == "full_disk") & np.isin(time, time[region])
    told = {name: (("forecast",), np.where(disk, model[name], found[name].values)) for name in model if name in found}
    return describe(found.assign(told))
