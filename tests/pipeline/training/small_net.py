"""A small net and blocks for it, for tests of the training runtime."""

from typing import Any

import torch

from sunproof.models.forecaster import Forecaster
from sunproof.models.prepared import Prepared
from sunproof.pipeline.training.blocks import TensorBlock
from sunproof.pipeline.training.config import OptimiserConfig, TrainerConfig
from sunproof.pipeline.training.fit import optimiser_settings

THRESHOLDS = ("C1.0", "M1.0", "X1.0")
FEATURES = ["a", "b", "c"]


def forecaster(dropout: float = 0.0, seed: int = 0, **optimiser: Any) -> Forecaster:
    """A net with one recurrent encoder, whose deep path has something to learn."""
    torch.manual_seed(seed)
    sequence = {"encoder": "sequence", "features": FEATURES, "steps": 4, "layers": 1, "wide": FEATURES[:1]}
    table = {"encoder": "tabular", "features": FEATURES, "steps": None, "layers": 1, "wide": FEATURES}
    architecture = {
        "modalities": {"sequence": sequence, "table": table},
        "thresholds": list(THRESHOLDS),
        "windows": [24.0, 48.0],
        "width": 6,
        "hidden": 8,
        "dropout": dropout,
        "modality_dropout": dropout,
    }
    settings = {"extra_fluxes": (), "learning_rate": 0.02, "count_weight": 0.1, **optimiser}
    settings = optimiser_settings(OptimiserConfig(**settings).model_dump(), THRESHOLDS)
    return Forecaster(architecture, settings)


def blocks(training: int = 103, validation: int = 37) -> tuple[TensorBlock, TensorBlock]:
    """Random inputs; labels that depend on them, unevenly missing."""
    return _block(training, 1), _block(validation, 2)


def _block(rows: int, seed: int) -> TensorBlock:
    random = torch.Generator().manual_seed(seed)
    sequence = torch.randn(rows, 4, 3, generator=random)
    table = torch.randn(rows, 3, generator=random)
    seen = torch.rand(rows, 4, 3, generator=random) < 0.8
    prepared = Prepared(
        {"sequence": (sequence * seen, seen), "table": (table, torch.ones_like(table, dtype=torch.bool))},
        torch.full((rows,), 1e-3),
    )
    chance = torch.sigmoid(2 * (sequence[:, -1, :1] * table[:, :1]) - torch.tensor([[0.0, 1.0, 3.0]]))
    events = (torch.rand(rows, 3, generator=random) < chance).float()[:, :, None].repeat(1, 1, 2)
    # labels are missing in one half of the rows only: shares of a batch differ in what they know
    events[: rows // 2, 1:] = torch.nan
    return TensorBlock(prepared, events, events[:, 0].nan_to_num())


def settings(**changes: Any) -> TrainerConfig:
    return TrainerConfig(**{"max_epochs": 3, "patience": 3, "batch_size": 16, **changes})
