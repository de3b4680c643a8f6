"""A toy model with images: disks of three instruments, of which samples share some, and a patch a sample."""

from typing import Any

import numpy as np
import torch

from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser, fit_images, fit_normaliser
from tests.models import toy

CHANNELS = ["aia_131", "aia_193", "suvi16_195", "hmi_m"]
SIGNED = (False, False, False, True)


def architecture(**changes: Any) -> dict[str, Any]:
    tree = toy.architecture(width=8, hidden=12, fusion={"layers": 2, "heads": 2})
    tree["modalities"]["disk"] = {
        "encoder": "disk_image",
        "features": CHANNELS,
        "steps": 2,
        "grid": [16, 16],
        "wide": [],
        "signed": list(SIGNED),
        "instruments": [[0, 1], [2], [3]],
        "patch": 4,
        "inner": 8,
        "heads": 2,
        "tokens": 2,
    }
    tree["modalities"]["patch"] = {
        "encoder": "magnetogram_patch",
        "features": ["hmi_m", "mu"],
        "steps": 1,
        "grid": [16, 16],
        "wide": [],
        "signed": [True, False],
        "inner": 4,
    }
    return tree | changes


def inputs(size: int, seed: int = 0, parts: int | None = None) -> dict[str, Any]:
    """`toy.inputs` with disks, shared by rows where there are fewer parts, and patches."""
    random = np.random.default_rng(seed)
    parts = size if parts is None else parts
    disk = np.concatenate([random.gamma(2, 50, (parts, 2, 3, 16, 16)), random.normal(0, 50, (parts, 2, 1, 16, 16))], 2)
    mask = np.broadcast_to(random.random((parts, 2, 4, 1, 1)) > 0.1, disk.shape).copy()
    mask[..., :2, :2] = False
    index = random.integers(0, parts, size)
    patch = np.stack([random.normal(0, 100, (size, 1, 16, 16)), random.random((size, 1, 16, 16))], axis=2)
    seen = random.random(patch.shape) > 0.05
    return {
        **toy.inputs(size, seed),
        "disk": (np.where(mask, disk, 0).astype(np.float32), mask, index),
        "patch": (np.where(seen, patch, 0).astype(np.float32), seen, np.arange(size)),
    }


def ensemble(members: int = 2, seed: int = 0, **changes: Any) -> Ensemble:
    tree = architecture(**changes)
    torch.manual_seed(seed)
    networks = [Network(tree) for _ in range(members)]
    for network in networks:
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    given = inputs(100)
    images = {
        "disk": fit_images([given["disk"][:2]], SIGNED),
        "patch": fit_images([given["patch"][:2]], (True, False)),
    }
    return Ensemble(tree, fit_normaliser(toy.inputs(200), images), networks).eval()


def alone(seed: int = 0) -> Ensemble:
    """A model that reads nothing but disks."""
    tree = architecture()
    tree["modalities"] = {"disk": tree["modalities"]["disk"]}
    torch.manual_seed(seed)
    network = Network(tree)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return Ensemble(tree, Normaliser({"disk": fit_images([inputs(100)["disk"][:2]], SIGNED)}), [network]).eval()
