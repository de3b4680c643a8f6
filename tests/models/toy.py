"""A small model and inputs for it; what happens depends on the inputs."""

from typing import Any

import numpy as np
import torch

from sunproof.models.forecaster import Calibration, Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser

Inputs = dict[str, tuple[np.ndarray, np.ndarray]]
KEYWORDS, REGION = ["usflux", "r_value", "totpot"], ["flares_c_24h", "srs_area"]


def architecture(**changes: Any) -> dict[str, Any]:
    sequence = {"encoder": "sequence", "steps": 6, "layers": 1, "summaries": ["last", "change"]}
    tree = {
        "modalities": {
            "keywords": {**sequence, "features": KEYWORDS, "wide": KEYWORDS},
            "xrs": {**sequence, "features": ["xrsa", "xrsb"], "wide": []},
            "region": {"encoder": "tabular", "features": REGION, "steps": None, "layers": 1, "wide": REGION},
        },
        "thresholds": ["C1.0", "M1.0", "X1.0"],
        "windows": [24.0, 48.0, 72.0],
        "width": 5,
        "hidden": 7,
        "dropout": 0.0,
        "modality_dropout": 0.0,
    }
    return tree | changes


def inputs(size: int, seed: int = 0) -> Inputs:
    random = np.random.default_rng(seed)
    keywords = random.normal(size=(size, 6, 3))
    keywords[..., 0] = 10 ** (22 + keywords[..., 0] / 2)
    keywords[..., 2] = 10 ** (23 + keywords[..., 2])
    parts = {
        "keywords": keywords,
        "xrs": random.normal(-6, 1, size=(size, 6, 2)),
        "region": np.stack([random.poisson(1, size), random.gamma(1, 100, size)], axis=1),
    }
    found = {}
    for name, values in parts.items():
        mask = random.random(values.shape) > 0.1
        found[name] = (np.where(mask, values, 0).astype(np.float32), mask)
    return found


def rows(given: Inputs, index: Any) -> Inputs:
    return {name: (values[index], mask[index]) for name, (values, mask) in given.items()}


def outcomes(given: Inputs, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Events (sample, threshold, window) and counts (sample, window), from rates that the inputs give."""
    random = np.random.default_rng(seed)
    flux, mask = given["keywords"]
    level = np.where(mask[:, -1, 0], np.log10(np.maximum(flux[:, -1, 0], 1)) - 22, 0) + given["region"][0][:, 0] / 2 - 1
    daily = random.poisson(np.exp(2.5 * level)[:, None], size=(len(level), 3))
    largest = np.where(daily > 0, 1e-6 * random.random(daily.shape) ** -1.2 * (daily > 0), 0)
    largest = np.maximum.accumulate(largest, axis=1)
    events = largest[:, None, :] >= np.array([1e-6, 1e-5, 1e-4])[:, None]
    return torch.tensor(events, dtype=torch.float32), torch.tensor(daily.cumsum(axis=1), dtype=torch.float32)


def ensemble(members: int = 2, seed: int = 0, calibration: Calibration | None = None, **changes: Any) -> Ensemble:
    tree = architecture(**changes)
    torch.manual_seed(seed)
    networks = [Network(tree) for _ in range(members)]
    for network in networks:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return Ensemble(tree, fit_normaliser(inputs(200)), networks, calibration).eval()
