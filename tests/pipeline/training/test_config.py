from pathlib import Path

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.training.config import TrainConfig

SHIPPED = Path(__file__).parents[3] / "configs" / "train.yaml"


def test_the_shipped_file_spells_out_the_defaults():
    config = load_config(TrainConfig, SHIPPED)
    paths = {"archive": config.archive, "samples": config.samples, "output": config.output}
    assert config == TrainConfig(**paths)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds=[1, 1]", r"seeds \(\[1, 1\]\) must be at least one, and different"),
        ("seeds=[]", r"seeds \(\[\]\) must be at least one"),
        ("optimiser.extra_fluxes=[1.0e-8]", r"optimiser\.extra_fluxes\.0: .*; got 1e-08"),
        ("model.depth=3", "model.depth: unknown key; got 3; wanted one of dropout"),
    ],
)
def test_mistakes_are_told_with_their_value(override: str, message: str):
    with pytest.raises(ConfigError, match=message):
        load_config(TrainConfig, SHIPPED, [override])
