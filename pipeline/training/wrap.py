"""``sunproof wrap``: somebody else's torch module into a bundle, so that its forecasts are made and audited here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from sunproof.models.foreign import ForeignModel
from sunproof.models.normaliser import fit_normaliser
from sunproof.pipeline import console, receipts
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.blocks import take
from sunproof.pipeline.training.bundle import Bundle, save_bundle
from sunproof.pipeline.training.card import write_card
from sunproof.pipeline.training.compatibility import made_here
from sunproof.pipeline.training.config import WrapConfig
from sunproof.pipeline.training.facts import block_facts, scores, setting
from sunproof.pipeline.training.foreign import make_module, read_weights
from sunproof.pipeline.verification.cases import region_key

__all__ = ["run"]

# Rows answered at once when the module is scored: bounds the memory, not the result.
_ROWS = 2048


def run(config: WrapConfig) -> Path:
    """Wrap, score on the validation block, write the bundle and its receipt.

    Parameters
    ----------
    config : WrapConfig

    Returns
    -------
    Path
        The bundle folder.

    Raises
    ------
    InputError
        If the module cannot be made, does not take the weights or the inputs, or answers in another shape.
    """
    data = SampleData(config.archive, config.samples, config.inputs)
    data.setup()
    rows = {name: data.rows(name).numpy() for name in ("train", "validation")}
    blocks = {name: take(data.inputs.modalities, data.samples, index) for name, index in rows.items()}
    model = _model(config, data, fit_normaliser(blocks["train"].inputs).statistics())
    probability = _probability(model, blocks["validation"].inputs, str(config.module))
    inputs = {"samples": receipts.digest_file(config.samples), "archive": receipts.digest_tree(config.archive)}
    if config.weights is not None:
        inputs["weights"] = receipts.digest_file(config.weights)
    keys = region_key(data.samples.isel(sample=rows["validation"]))
    facts = {
        "model": config.name,
        "inputs": inputs,
        **setting(data.samples, model.architecture),
        "blocks": {name: block_facts(data.samples, index) for name, index in rows.items()},
        "scores": scores(probability, blocks["validation"].events, blocks["train"].events, model.architecture, keys),
    }
    bundle = Bundle(model, None, config.inputs, facts, foreign=_told(config))
    code = Path(config.module.partition(":")[0])
    files = {code.name: code} if code.suffix == ".py" else {}
    bundle = save_bundle(
        bundle, config.output, write_card(facts, made_here(model.architecture)), files, blocks["validation"].inputs
    )
    receipts.write_receipt(config.output, "wrap", config.model_dump(mode="json"), inputs, bundle=bundle.digest)
    console.say(f"{config.output}: {config.name}, to be used as any bundle")
    return config.output


def _told(config: WrapConfig) -> dict[str, Any]:
    code, _, name = config.module.partition(":")
    module = f"{Path(code).name}:{name}" if code.endswith(".py") else config.module
    return {"module": module, "options": config.options, "answers": config.answers, "missing": config.missing}


def _model(config: WrapConfig, data: SampleData, statistics: dict[str, Any]) -> ForeignModel:
    architecture = {
        "modalities": {
            name: {
                "features": list(data.inputs.names[name]),
                "steps": int(values.shape[1]) if values.ndim == 3 else None,
            }
            for name, (values, _) in data.inputs.modalities.items()
        },
        "thresholds": [str(name) for name in data.samples["threshold"].to_numpy()],
        "windows": [float(value) for value in data.samples["window"].to_numpy()],
    }
    module = make_module(config.module, config.options)
    if config.weights is not None:
        try:
            module.load_state_dict(read_weights(config.weights))
        except RuntimeError as error:
            raise InputError(Problem("weights do not fit the module", str(config.weights), str(error))) from error
    model = ForeignModel(module, architecture, statistics, config.answers, config.missing)
    return model.eval()


def _probability(model: ForeignModel, inputs: dict[str, Any], where: str) -> Any:
    size, parts = len(next(iter(inputs.values()))[0]), []
    with torch.no_grad():
        for start in range(0, size, _ROWS):
            batch = {
                name: (values[start : start + _ROWS], mask[start : start + _ROWS])
                for name, (values, mask) in inputs.items()
            }
            try:
                process = model(batch)
            # whatever somebody else's code raises is told as a problem of that code, with its own words
            except Exception as error:
                shape = f"(batch, {len(model.architecture['thresholds'])}, {len(model.architecture['windows'])})"
                got = f"{type(error).__name__}: {error}"
                wanted = f"forward({', '.join(inputs)}) -> {shape}"
                raise InputError(Problem("the module does not answer", where, got, wanted)) from error
            parts.append(process.probabilities(model.fluxes).numpy())
    return np.concatenate(parts)
