"""``sunproof train``: samples into a bundle."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sunproof.models.forecaster import Ensemble, Forecaster
from sunproof.models.network import Network, prepare
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.pipeline import console, receipts
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.samples.leaks import audit, training_digest
from sunproof.pipeline.training.background import background_events, fit_background
from sunproof.pipeline.training.blocks import Block, TensorBlock, take
from sunproof.pipeline.training.bundle import Bundle, save_bundle
from sunproof.pipeline.training.calibration import fit_calibration
from sunproof.pipeline.training.card import write_card
from sunproof.pipeline.training.compatibility import made_here
from sunproof.pipeline.training.config import TrainConfig
from sunproof.pipeline.training.facts import block_facts, running, scores, setting
from sunproof.pipeline.training.fit import fit_member, optimiser_settings
from sunproof.pipeline.training.launch import launch
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag
from sunproof.pipeline.training.threads import one_thread
from sunproof.pipeline.training.trainer import check_trainer
from sunproof.pipeline.training.wide import fit_wide
from sunproof.pipeline.verification.cases import region_key

__all__ = ["run", "train"]

# In which encoder a modality goes: what has steps is a sequence.
_ENCODERS = {"keywords": "sequence", "xrs": "sequence", "history": "sequence", "region": "tabular"}


def run(config: TrainConfig) -> Path:
    """Train, calibrate, write the bundle and its receipt.

    Parameters
    ----------
    config : TrainConfig

    Returns
    -------
    Path
        The bundle folder.

    Raises
    ------
    InputError
        If the samples have no usable training or validation block.
    LeakError
        If anything crosses from one block to another.
    """
    check_trainer(config.trainer)
    return launch(_run, config, config.trainer)


def _run(config: TrainConfig, ranks: Ranks, stop: StopFlag) -> Path:
    """Train as one of the processes; the first one writes."""
    data = SampleData(config.archive, config.samples, config.inputs)
    data.setup()
    digest = training_digest(data.samples)
    audit(data.samples, data.inputs, digest, config.inputs.history_hours)
    inputs = ranks.share(_digests(config) if ranks.first else {})
    plan = receipts.digest_json({"config": config.model_dump(mode="json"), "inputs": inputs, "code": _code()})
    # named after what decides the result: a changed configuration never goes on from another one's checkpoint
    work = config.output.parent / f".{config.output.name}.{plan[-12:]}.work"
    bundle = train(data, config, work, {"inputs": inputs, "training_digest": digest}, ranks, stop)
    if not ranks.first:
        return config.output
    examples = take(data.inputs.modalities, data.samples, data.rows("validation").numpy()).inputs
    bundle = save_bundle(
        bundle, config.output, write_card(bundle.facts, made_here(bundle.ensemble.architecture)), examples=examples
    )
    receipts.write_receipt(
        config.output, "train", config.model_dump(mode="json"), inputs, bundle=bundle.digest, facts=bundle.facts
    )
    _keep_logs(work, config)
    shutil.rmtree(work, ignore_errors=True)
    _show(bundle)
    return config.output


def _digests(config: TrainConfig) -> dict[str, str]:
    return {"samples": receipts.digest_file(config.samples), "archive": receipts.digest_tree(config.archive)}


def _keep_logs(work: Path, config: TrainConfig) -> None:
    """Put the losses beside the bundle."""
    with receipts.replacing(f"{config.output}.logs") as partial:
        partial.mkdir()
        for log in sorted(work.glob("seed-*/log")):
            shutil.copytree(log, partial / log.parent.name)


def _code() -> str:
    return receipts.code_version().removesuffix("+dirty")


def train(
    data: SampleData,
    config: TrainConfig,
    work: Path,
    receipt: Mapping[str, Any],
    ranks: Ranks | None = None,
    stop: StopFlag | None = None,
) -> Bundle:
    """Train and calibrate an ensemble.

    Parameters
    ----------
    data : SampleData
        After ``setup``.
    config : TrainConfig
    work : Path
        Folder for checkpoints; training goes on from those it finds there.
    receipt : mapping
        What ``training.json`` shall say of the data.
    ranks : Ranks, optional
        The processes that train together; each calls this, with the same data.
    stop : StopFlag, optional
        Raised by a signal that asks for the end.

    Returns
    -------
    Bundle
        Not yet saved.
    """
    rows = {name: data.rows(name).numpy() for name in ("train", "validation")}
    extra = config.optimiser.extra_fluxes
    raw = {name: take(data.inputs.modalities, data.samples, index, extra) for name, index in rows.items()}
    architecture = _architecture(data, config)
    # on the training block alone: its digest stands in the facts, and the leak audit compares
    normaliser = fit_normaliser(raw["train"].inputs)
    blocks = (_tensors(raw["train"], normaliser, architecture), _tensors(raw["validation"], normaliser, architecture))
    members, losses = _members(architecture, blocks, config, work, ranks or Ranks(), stop or StopFlag())
    ensemble = Ensemble(architecture, normaliser, members).eval()
    known = slice(0, len(architecture["thresholds"]))
    events = blocks[1].events[:, known]
    with torch.no_grad():
        keys = region_key(data.samples.isel(sample=rows["validation"]))
        regions = len(np.unique(keys))
        ensemble.calibration = fit_calibration(ensemble.process(blocks[1].prepared), events, ensemble.fluxes, regions)
        process = ensemble.process(blocks[1].prepared).double()
        probability = process.probabilities(ensemble.fluxes.double()).numpy()
    windows = tuple(architecture["windows"])
    background = fit_background(background_events(data.samples), ensemble.fluxes, windows)
    facts = {
        **receipt,
        **setting(data.samples, architecture),
        **running(config),
        "blocks": {name: block_facts(data.samples, index) for name, index in rows.items()},
        "scores": scores(probability, events.numpy(), blocks[0].events[:, known].numpy(), architecture, keys),
        "validation_losses": losses,
        "calibration": {"rate": ensemble.calibration.rate, "index": ensemble.calibration.index},
    }
    return Bundle(ensemble, background, config.inputs, facts)


def _architecture(data: SampleData, config: TrainConfig) -> dict[str, Any]:
    modalities: dict[str, Any] = {}
    linear: Mapping[str, tuple[str, ...]] = config.model.linear.model_dump()
    for name, (values, _) in data.inputs.modalities.items():
        names, patterns = list(data.inputs.names[name]), linear.get(name, ())
        wide = [key for key in names if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)]
        block: dict[str, Any] = {"encoder": _ENCODERS[name], "features": names, "wide": wide}
        if block["encoder"] == "sequence":
            block |= {"layers": config.model.recurrent_layers, "summaries": list(config.model.summaries)}
        else:
            block |= {"layers": 1}
        modalities[name] = block | {"steps": int(values.shape[1]) if values.ndim == 3 else None}
    return {
        "modalities": modalities,
        "thresholds": [str(name) for name in data.samples["threshold"].to_numpy()],
        "windows": [float(value) for value in data.samples["window"].to_numpy()],
        "width": config.model.width,
        "hidden": config.model.hidden,
        "dropout": config.model.dropout,
        "modality_dropout": config.model.modality_dropout,
    }


def _tensors(block: Block, normaliser: Normaliser, architecture: Mapping[str, Any]) -> TensorBlock:
    prepared = prepare(block.inputs, normaliser, architecture)
    return TensorBlock(prepared, torch.from_numpy(block.events), torch.from_numpy(block.counts))


def _members(
    architecture: Mapping[str, Any],
    blocks: tuple[TensorBlock, TensorBlock],
    config: TrainConfig,
    work: Path,
    ranks: Ranks,
    stop: StopFlag,
) -> tuple[list[Network], list[float]]:
    settings = optimiser_settings(config.optimiser.model_dump(), architecture["thresholds"])
    networks, losses = [], []
    console.say("fitting the linear path")
    first = Forecaster(architecture, settings)
    if ranks.first:
        with one_thread():
            fit_wide(first.network, blocks[0], first.fluxes, first.weights, settings)
    ranks.share_weights(first.network.wide)
    with console.progress() as bars:
        for seed in config.seeds:
            stop.check(ranks)
            torch.manual_seed(seed)
            module = Forecaster(architecture, settings)
            # its problem has one solution, whatever the seed
            module.network.wide.load_state_dict(first.network.wide.state_dict())
            place = work / f"seed-{seed}"
            losses.append(fit_member(module, blocks, config.trainer, seed, place, bars, ranks, stop))
            networks.append(module.network)
    return networks, losses


def _show(bundle: Bundle) -> None:
    rows = [
        [row["threshold"], f"{row['window']:g} h", *(_text(row[name]) for name in ("base_rate", "brier_skill"))]
        for row in bundle.facts["scores"]
    ]
    console.show_table("Validation", ["event", "window", "training base rate", "Brier skill over it"], rows)


def _text(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
