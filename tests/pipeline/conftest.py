"""What rooms share that need an encoder of their own."""

import sys

import pytest

import sunproof.models.encoders
from sunproof.pipeline.registry import members

# An encoder of series; ``option`` is how its option power is written.
LATEST = """
import torch
from torch import nn

class LatestEncoder(nn.Module):
    reads = "series"

    def __init__(self, features: int, width: int, dropout: float = 0.0, *, {option}) -> None:
        super().__init__()
        self.project = nn.Linear(2 * features, width)
        self.power = power

    def wide_size(self, features):
        return features

    def wide(self, values, mask):
        return torch.where(mask, values, 0.0)[:, -1]

    def forward(self, values, mask):
        known = torch.cat([self.wide(values, mask) * self.power, mask[:, -1].to(values.dtype)], dim=1)
        return self.project(known)[:, None], mask[:, -1].any(1, keepdim=True)

ENCODER = LatestEncoder
"""


@pytest.fixture
def drop(tmp_path, monkeypatch):
    """Return a function that drops a module into the folder of encoders, as far as Python can tell."""
    folder = tmp_path / "encoders"
    folder.mkdir()
    package = sunproof.models.encoders
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    names: list[str] = []

    def write(name: str, text: str) -> None:
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        names.append(name)
        members.cache_clear()

    yield write
    members.cache_clear()
    for name in names:
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)
