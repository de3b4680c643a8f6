import json

import numpy as np
import pytest
import yaml

from sunproof.pipeline.auditing import probes
from sunproof.pipeline.auditing.config import ProbeConfig
from sunproof.pipeline.auditing.probes import run
from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.training.config import ModelConfig
from sunproof.pipeline.training.train import run as train
from tests.pipeline.training.world import make_world, of_a_simulated_sun


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = make_world(tmp_path_factory.mktemp("probed"))
    train(made.train("bundle", model=ModelConfig(width=6, hidden=8), seeds=(0,)))
    return made


def settings(world, **changes):
    paths = {"bundle": world.root / "bundle", "archive": world.archive, "samples": world.samples}
    return ProbeConfig(**{"output": world.root / "probes", "twins": 2, "rows": 300} | paths | changes)


@pytest.fixture(scope="module")
def told(world):
    config = world.root / "probe.yaml"
    config.write_text(yaml.safe_dump(settings(world).model_dump(mode="json")))
    assert main(["probe", str(config)]) == 0
    return json.loads((world.root / "probes/probes.json").read_text())


def test_what_the_input_holds_is_read_off_its_tokens(told):
    rows = {(row["layer"], row["quantity"]): row for row in told["probes"]}
    flux = rows["keywords tokens", "log unsigned flux"]
    assert flux["explained"] > 0.8
    assert flux["interval"][0] <= flux["explained"] <= flux["interval"][1]
    assert len(flux["twins"]) == 2
    assert flux["gain"] == pytest.approx(flux["explained"] - max(flux["twins"]))
    # the flare history of a region tells less of it
    assert rows["history tokens", "log unsigned flux"]["explained"] < flux["explained"]


def test_what_is_not_known_or_always_the_same_is_left_out(told):
    quantities = {row["quantity"] for row in told["probes"]}
    # the small world has neither X-rays nor places, and one value of all other keywords
    assert quantities == {"log unsigned flux"}


def test_the_page_has_every_row(world, told):
    page = (world.root / "probes/probes.md").read_text()
    assert page.count("\n| ") == len(told["probes"]) + 1
    assert str(world.root) not in page
    assert told["rows"]["learnt from"] == 300


def test_the_same_again_gives_the_same_bytes(world, told):
    run(settings(world, output=world.root / "again"))
    for name in ("probes.json", "probes.md"):
        assert (world.root / "again" / name).read_bytes() == (world.root / "probes" / name).read_bytes()


def test_a_model_without_a_deep_path_has_nothing_to_probe(world):
    train(world.train("linear", model=ModelConfig(hidden=0), seeds=(0,)))
    with pytest.raises(InputError, match="nothing to probe; got 'no deep path'"):
        run(settings(world, bundle=world.root / "linear", output=world.root / "none"))
    assert not (world.root / "none").exists()


def test_without_twins_there_is_no_gain(world):
    run(settings(world, twins=0, output=world.root / "alone"))
    rows = json.loads((world.root / "alone/probes.json").read_text())["probes"]
    assert all("gain" not in row and np.isfinite(row["explained"]) for row in rows)


def test_a_model_of_a_simulated_sun_is_not_probed_on_the_real_one(world, told, tmp_path):
    other = of_a_simulated_sun(world.root / "bundle", tmp_path / "other")
    with pytest.raises(
        InputError, match=r"trained on a simulated Sun, .*other': 'simulated', .*'real'\}; wanted one Sun"
    ):
        run(settings(world, bundle=other, output=tmp_path / "probes"))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_where_no_quantity_is_known_that_is_said_and_not_that_the_model_is_linear(world, monkeypatch):
    shear = {"shear angle": ("keywords", "meanshr", False)}
    monkeypatch.setattr(probes, "_QUANTITIES", shear)
    with pytest.raises(InputError, match="nothing to probe with; got 'none known'; wanted shear angle"):
        run(settings(world, output=world.root / "none"))
    assert not (world.root / "none").exists()
