"""An encoder is its module: a configuration chooses it by name, and everything after training has it."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.registry import members
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.architecture import build_architecture
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import ModelConfig, TrainConfig
from sunproof.pipeline.training.encoders import serving, wrong_choices
from sunproof.pipeline.training.train import run
from tests.pipeline.conftest import LATEST
from tests.pipeline.training.world import World


def test_a_new_module_is_trained_and_loaded_by_its_name_alone(drop, world: World, tmp_path: Path):
    drop("latest", LATEST.format(option="power: float = 1.0"))
    given = world.train("latest", trainer={"max_epochs": 1}, seeds=(0,)).model_dump(mode="json")
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    chosen = ["model.encoders.keywords=latest", "model.encoders.history={name: latest, options: {power: 2}}"]
    bundle = load_bundle(run(load_config(TrainConfig, path, chosen)))
    encoders = bundle.ensemble.members[0].encoders
    assert [type(encoders[name]).__name__ for name in ("keywords", "history")] == ["LatestEncoder"] * 2
    assert [encoders[name].power for name in ("keywords", "history")] == [1, 2]
    assert bundle.facts["config"]["model"]["encoders"]["keywords"] == {"name": "latest", "options": {}}


def test_a_modality_is_served_by_one_encoder_which_reads_something_known():
    names = [*ModelConfig.model_fields["linear"].annotation.model_fields, "disk", "patch", "vector"]
    assert {serving(name) for name in names} == {*members("sunproof.models.encoders", "ENCODER")}
    assert {kind.reads for kind in members("sunproof.models.encoders", "ENCODER").values()} == {
        "series",
        "scalars",
        "images",
    }


def test_two_encoders_that_serve_one_modality_are_told(drop):
    drop("latest", LATEST.format(option="power=1").replace('"series"', '"series"\n    serves = ("xrs",)'))
    with pytest.raises(ConfigError, match=r"no single encoder serves xrs; got \['latest', 'sequence'\]"):
        serving("xrs")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (
            "gru",
            r"keywords: encoder 'gru' does not exist; wanted one for series of disk_image \(images\), .*sequence",
        ),
        ("tabular", r"keywords: encoder 'tabular' reads scalars; wanted one for series of"),
        ({"name": "sequence", "options": {"depth": 2}}, r"has no option 'depth'; wanted layers, summaries"),
        ({"name": "sequence", "options": {"width": 2}}, r"has no option 'width'; wanted layers, summaries"),
        (
            {"name": "sequence", "options": {"layers": "deep"}},
            r"option layers: Input should be a valid integer.*deep",
        ),
    ],
)
def test_a_wrong_choice_is_told_with_what_there_is(chosen, told):
    with pytest.raises(ValidationError, match=told):
        ModelConfig(encoders={"keywords": chosen})


def test_an_option_without_default_must_be_given(drop):
    drop("latest", LATEST.format(option="power: float"))
    with pytest.raises(ValidationError, match="keywords: encoder 'latest' needs the option 'power'"):
        ModelConfig(encoders={"keywords": "latest"})
    assert not wrong_choices(ModelConfig(encoders={"keywords": {"name": "latest", "options": {"power": 3}}}).encoders)


def test_an_encoder_of_what_is_no_input_is_told(world: World):
    with pytest.raises(ValidationError, match=r"model.encoders \(disk\) must be of the inputs' \(keywords, history"):
        world.train(model=ModelConfig(encoders={"disk": "magnetogram_patch"}))


def test_settings_of_the_usual_encoder_stay_with_it(world: World):
    config = world.train(
        model=ModelConfig(
            recurrent_layers=2,
            encoders={"history": {"name": "sequence", "options": {"layers": 0}}},
        )
    )
    data = SampleData(config.archive, config.samples, InputConfig(**config.inputs.model_dump()))
    data.setup()
    blocks = build_architecture(data, config)["modalities"]
    assert [blocks[name]["layers"] for name in ("keywords", "history", "region")] == [2, 0, 1]
    assert blocks["history"]["summaries"] == ["last", "trend", "square"]
