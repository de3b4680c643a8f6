"""``sunproof train``: samples into a bundle."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.auxiliary import MODALITY
from sunproof.models.forecaster import Ensemble, Forecaster
from sunproof.models.heads import FlareProcess
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.models.prepared import prepare
from sunproof.pipeline import console, receipts
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.samples.held_out import held_out_regions
from sunproof.pipeline.samples.images.remembered import Remembered
from sunproof.pipeline.samples.leaks import audit, training_digest
from sunproof.pipeline.training.architecture import build_architecture, image_statistics
from sunproof.pipeline.training.auxiliary import Targets, read_targets
from sunproof.pipeline.training.background import choose_background
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
from sunproof.pipeline.training.reference import spread_rows
from sunproof.pipeline.training.stop import StopFlag
from sunproof.pipeline.training.threads import one_thread
from sunproof.pipeline.training.trainer import check_trainer
from sunproof.pipeline.training.wide import fit_changes, fit_wide
from sunproof.pipeline.verification.cases import region_key

__all__ = ["run", "train"]

# Bytes of images that are kept from one epoch to the next: all of them where they are small.
_MEMORY = 2**30
# Parts of a network that begin as the first one's: their linear paths are fitted once.
_FITTED = ("wide", "auxiliary")


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
    # before minutes of training, and with everything that is wrong
    check_trainer(config.trainer)
    return launch(_run, config, config.trainer)


def _run(config: TrainConfig, ranks: Ranks, stop: StopFlag) -> Path:
    """Train as one of the processes; the first one writes."""
    data = SampleData(config.archive, config.samples, config.inputs)
    data.setup()
    digest = training_digest(data.samples)
    simulated = bool(data.samples.attrs.get("simulated", 0))
    held_out = held_out_regions(config.held_out, simulated) if config.held_out is not None else ()
    auxiliary = config.optimiser.physics.auxiliary
    furthest = max(auxiliary.lead_hours) if auxiliary else 0.0
    # what persistence says of a peak is the one of as many hours before
    back = furthest if auxiliary and "xrsb_peak" in auxiliary.quantities else 0.0
    audit(data.samples, data.inputs, digest, max(config.inputs.reach_hours, back), held_out, furthest)
    stop.check(ranks)
    # the first process reads the archive once for all: digests of many gigabytes take minutes
    inputs = ranks.share(_digests(config) if ranks.first else {})
    plan = receipts.digest_json(
        {"config": config.model_dump(mode="json"), "inputs": inputs, "code": receipts.code_key()}
    )
    # named after what decides the result: a changed configuration never goes on from another one's checkpoint
    work = config.output.parent / f".{config.output.name}.{plan[-12:]}.work"
    bundle = train(data, config, work, {"inputs": inputs, "training_digest": digest}, ranks, stop)
    if not ranks.first:
        return config.output
    rows = data.rows("validation").numpy()
    examples = data.inputs.read(rows[spread_rows(len(rows))])
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
    architecture = build_architecture(data, config)
    targets = read_targets(data, architecture["auxiliary"], rows) if "auxiliary" in architecture else None
    normaliser, blocks = _blocks(data, config, architecture, rows, targets)
    members, losses = _members(architecture, blocks, config, work, ranks or Ranks(), stop or StopFlag())
    ensemble = Ensemble(architecture, normaliser, members).eval()
    # served thresholds come first; the further ones are in the loss alone
    served = slice(0, len(architecture["thresholds"]))
    events = blocks[1].events[:, served]
    keys = region_key(data.samples.isel(sample=rows["validation"]))
    process = _calibrated(ensemble, blocks[1], events, len(np.unique(keys)))
    probability = process.probabilities(ensemble.fluxes.double()).numpy()
    windows = tuple(architecture["windows"])
    background, told = choose_background(data.samples, data.inputs, ensemble.fluxes, windows, config.model.background)
    if targets is not None and process.changes is not None:
        cutoffs = data.samples["data_cutoff"].to_numpy()[rows["validation"]]
        told = {**told, "auxiliary": targets.worth(process.changes.numpy(), rows, keys, cutoffs)}
    facts = {
        **receipt,
        **setting(data.samples, architecture),
        **running(config),
        "blocks": {name: block_facts(data.samples, index) for name, index in rows.items()},
        # skill over the base rate of training: a forecaster would have known no other
        "scores": scores(probability, events.numpy(), blocks[0].events[:, served].numpy(), architecture, keys),
        "validation_losses": losses,
        **told,
        "calibration": {"rate": ensemble.calibration.rate, "index": ensemble.calibration.index},
    }
    return Bundle(ensemble, background, config.inputs, facts)


def _blocks(
    data: SampleData,
    config: TrainConfig,
    architecture: Mapping[str, Any],
    rows: Mapping[str, NDArray[np.int64]],
    targets: Targets | None,
) -> tuple[Normaliser, tuple[TensorBlock, TensorBlock]]:
    """Give training and validation block, standardised by the training block alone."""
    given, extra = data.inputs, config.optimiser.extra_fluxes
    images = {name: Remembered(part, _MEMORY // len(given.lazy)) for name, part in given.lazy.items()}
    changes = targets.changes if targets else None
    raw = {name: take(given.modalities, data.samples, index, extra, images, changes) for name, index in rows.items()}
    # its digest stands in the facts, and the leak audit compares
    known = {MODALITY: targets.statistics(rows["train"])} if targets else {}
    normaliser = fit_normaliser(raw["train"].inputs, {**image_statistics(images, rows["train"]), **known})
    train, validation = (_tensors(raw[name], normaliser, architecture) for name in ("train", "validation"))
    return normaliser, (train, validation)


def _tensors(block: Block, normaliser: Normaliser, architecture: Mapping[str, Any]) -> TensorBlock:
    held = {name: part for name, part in architecture["modalities"].items() if name not in block.images}
    prepared = prepare(block.inputs, normaliser, {**architecture, "modalities": held})
    labels = torch.from_numpy(block.events), torch.from_numpy(block.counts)
    changes = None
    if block.changes is not None:
        values, mask = normaliser(MODALITY, torch.from_numpy(block.changes), torch.from_numpy(~np.isnan(block.changes)))
        changes = torch.where(mask, values, torch.nan)
    return TensorBlock(prepared, *labels, block.images, block.rows, normaliser, changes=changes)


def _process(ensemble: Ensemble, block: TensorBlock) -> FlareProcess:
    """Forecast a whole block, in as many parts as its images need."""
    parts = torch.split(torch.arange(len(block)), block.most)
    found = [ensemble.process(block.inputs(rows) if block.images else block.prepared) for rows in parts]
    return FlareProcess.join(found)


@torch.no_grad()
def _calibrated(ensemble: Ensemble, block: TensorBlock, events: torch.Tensor, regions: int) -> FlareProcess:
    """Calibrate the ensemble on the validation block, and forecast that block again."""
    ensemble.calibration = fit_calibration(_process(ensemble, block), events, ensemble.fluxes, regions)
    return _process(ensemble, block).double()


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
        # sums of several threads differ in the last bit, and every member begins here
        with one_thread():
            fit_wide(first.network, blocks[0], first.fluxes, first.weights, settings)
            fit_changes(first.network, blocks[0], settings["wide_penalty"])
    fitted = {name: part for name in _FITTED if (part := getattr(first.network, name)) is not None}
    for part in fitted.values():
        ranks.share_weights(part)
    with console.progress() as bars:
        for seed in config.seeds:
            stop.check(ranks)
            # all draws of a member hang on its own seed, so that members can be trained alone or together
            torch.manual_seed(seed)
            module = Forecaster(architecture, settings, blocks[0].normaliser)
            for name, part in fitted.items():
                # its problem has one solution, whatever the seed
                getattr(module.network, name).load_state_dict(part.state_dict())
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
    if beside := bundle.facts.get("auxiliary"):
        rows = [
            [row["quantity"], f"{row['lead_hours']:g} h", *(_text(row[name]) for name in ("error", "persistence"))]
            for row in beside
        ]
        console.show_table("Predicted beside flares", ["quantity", "ahead", "error, dex", "of persistence"], rows)


def _text(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
