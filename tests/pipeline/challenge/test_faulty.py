"""Models with planted faults are built as the audited model is."""

import pytest

from sunproof.pipeline.challenge.config import ChallengeConfig, FaultyModelConfig
from sunproof.pipeline.challenge.faulty import Workshop
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.models import FaultyModel
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import DiskModelConfig, ModelConfig
from sunproof.pipeline.training.train import run as train
from tests.pipeline.conftest import LATEST

DEALT = FaultyModel(
    Plant(
        "half the labels dealt", "training", "Half the labels were dealt anew.", lambda scene, severity, random: scene
    ),
    shuffled=0.5,
)
# no option is the default of its encoder
DISK = {"patch": 4, "tokens": 1, "inner": 8, "heads": 2, "depth": 2}
CHOSEN = {
    "disk": {"name": "magnetogram_patch", "options": {"inner": 5, "depth": 1}},
    "keywords": {"name": "latest", "options": {"power": 2.0}},
}


@pytest.fixture
def workshop(seen_world, seeing, tmp_path):
    """Return a function that makes the workshop beside a model with these encoders."""

    def beside(**encoders):
        one = seen_world.train(
            inputs=seeing,
            output=tmp_path / "audited",
            model=ModelConfig(width=4, hidden=6, disk=DiskModelConfig(**DISK), encoders=encoders),
            trainer={"max_epochs": 1},
            seeds=(0,),
        )
        config = ChallengeConfig(
            archive=seen_world.archive,
            samples=seen_world.samples,
            bundle=train(one),
            output=tmp_path / "challenge",
            seed="a test",
            model=FaultyModelConfig(rows=100, max_epochs=1),
        )
        return Workshop(config, 0)

    return beside


def test_the_usual_encoder_of_images_has_the_options_of_the_audited_model(workshop, tmp_path):
    workshop().make(DEALT, tmp_path / "made")
    block = load_bundle(tmp_path / "made").ensemble.architecture["modalities"]["disk"]
    assert {"encoder": "disk_image", **DISK}.items() <= block.items()


def test_chosen_encoders_are_those_of_the_audited_model_with_their_options(workshop, drop, tmp_path):
    drop("latest", LATEST.format(option="power: float = 1.0"))
    workshop(**CHOSEN).make(DEALT, tmp_path / "made")
    ensemble = load_bundle(tmp_path / "made").ensemble
    blocks = ensemble.architecture["modalities"]
    for name, choice in CHOSEN.items():
        assert {"encoder": choice["name"], **choice["options"]}.items() <= blocks[name].items(), name
    assert blocks["history"]["encoder"] == "sequence"
    encoders = ensemble.members[0].encoders
    assert encoders["keywords"].power == 2
    assert encoders["disk"].layers[0].out_channels == 5
