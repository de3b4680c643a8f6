"""What was not asked of the model itself; a verdict on forecasts does not tell."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.samples.leaks import training_digest
from sunproof.pipeline.training.shelf import bundle_folder

__all__ = ["OF_MODELS", "about_training", "unexamined"]

# Checks of the model behind a forecast.
OF_MODELS = "L"
# Each of them needs what only the training samples tell, as far as it is of inputs that are no images.
_COST = (
    "Without the samples that the model was trained on it is unknown what is usual for its inputs (D5, most of J), "
    "what it says of a changed Sun (I), how wide its intervals are (K2, K4) and whether it is any good (L1, L2): these "
    "checks are not evaluable, and a forecast that no other one holds against what was observed is REVIEW (UNPROVEN); "
)
_GIVE = "name their file under 'training' in the configuration."
_OTHERS = (
    "The file under 'training' does not hold the block that the model's receipt says it was trained on: what is usual "
    "for its inputs (D5, most of J) is told of others, and its intervals (K2, K4) and examination (L1, L2) of a "
    "validation block that it may have learnt from; " + _GIVE
)
_SAME = "write the file of 'samples' under 'training', too: it holds the block that the model was trained on."


def about_training(config: AuditConfig, digests: Mapping[str, str]) -> str:
    """Say what is amiss with the training samples of an audit that has the model, and what to write.

    Parameters
    ----------
    config : AuditConfig
    digests : mapping
        As `sunproof.pipeline.auditing.loading.input_digests` returns them.

    Returns
    -------
    str
        One sentence: they are not given, or others are. Empty where they are the model's, where its receipt does not
        tell, and without a model.

    Raises
    ------
    InputError
        If ``training`` or ``samples`` cannot be read.
    """
    if not config.bundle:
        return ""
    receipt = _receipt(config)
    if not config.training:
        return _COST + (_SAME if config.samples and _trained_on(receipt, config.samples, digests["samples"]) else _GIVE)
    known = receipt.get("training_digest") or receipt.get("inputs", {}).get("samples")
    return "" if not known or _trained_on(receipt, config.training, digests["training"]) else _OTHERS


def _receipt(config: AuditConfig) -> dict[str, Any]:
    """Read what the bundle tells of its training; what is wrong with a bundle is told where it is loaded."""
    told = bundle_folder(config.bundle) / "training.json"
    return dict(json.loads(told.read_bytes())) if told.exists() else {}


def _trained_on(receipt: Mapping[str, Any], path: str, digest: str) -> bool:
    """Whether labelled samples hold the training block that the bundle's receipt names."""
    if receipt.get("inputs", {}).get("samples") == digest:
        return True
    samples = open_netcdf(Path(path))
    return "block" in samples and training_digest(samples) == receipt.get("training_digest")


def unexamined(findings: xr.Dataset, forecasts: xr.Dataset) -> list[str]:
    """Name the checks of the model that could judge no forecast of a batch, and why.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.
    forecasts : xarray.Dataset
        The batch.

    Returns
    -------
    list of str
        One text a check, with the reason that most forecasts of regions have; empty where all of them could be
        evaluated.
    """
    region = (forecasts["entity"].values == "region") & (forecasts["status"].values != "NO_FORECAST")
    # the full disk and empty slots have reasons of their own, and may be most of a batch
    rows = np.flatnonzero(region) if region.any() else np.arange(len(region))
    outcome, reasons = findings["outcome"].values, findings["reason_text"].values
    found = []
    for row, name in enumerate(findings["check"].values):
        if not str(name).startswith(OF_MODELS) or (outcome[row] != Outcome.NOT_EVALUABLE).any():
            continue
        numbers = Counter(findings["reason"].values[row, rows].tolist()).most_common(1)
        reason = str(reasons[numbers[0][0]]) if numbers else "the batch is empty"
        found.append(f"{name} {findings['check_name'].values[row]}: {reason}")
    return found
