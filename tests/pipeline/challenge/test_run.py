"""The challenge as a whole, on a small world: what is planted, found, kept and told."""

import json

import numpy as np
import pytest
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.challenge.arena import Arena
from sunproof.pipeline.challenge.cases import Candidates, NoCase
from sunproof.pipeline.challenge.config import ChallengeConfig, FaultyModelConfig
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.report import _HEAD
from sunproof.pipeline.challenge.rule import explained
from sunproof.pipeline.challenge.run import run
from sunproof.pipeline.errors import ConfigError, InputError
from sunproof.pipeline.training.config import CardConfig, DiskModelConfig, ModelConfig
from sunproof.pipeline.training.measured import run as card
from sunproof.pipeline.training.train import run as train
from tests.pipeline.training.world import of_a_simulated_sun

SEED = "nobody knows this text"
PLANTS = ("units", "lost records", "thinned records", "dealt weights", "padding leak", "constant map")


def settings(world, **changes):
    known = {
        "archive": world.archive,
        "samples": world.samples,
        "bundle": world.root / "bundle",
        "output": world.root / "challenge",
        "seed": SEED,
        "plants": PLANTS,
        "each": 10,
        "good": 12,
        "hard": 5,
        "resamples": 20,
        "question": QuestionConfig(above=0.0, most=100, probes=5, twins=1, fillings=1, stock=200),
        "model": FaultyModelConfig(rows=150, max_epochs=1),
    }
    return ChallengeConfig(**known | changes)


@pytest.fixture(scope="module")
def held(world):
    train(world.train())
    config = settings(world)
    return config, run(config)


def test_every_wanted_plant_is_scored_beside_the_good(held):
    result = json.loads(held[1].read_text())
    rows = {row["plant"]: row for row in result["rows"]}
    assert set(rows) == {*PLANTS, "as they come", "without a plant"}
    assert rows["as they come"]["harm"] == 0
    assert rows["units"]["forecasts"] == 10
    # a slot without records has no forecast: nothing made up can be served
    assert rows["lost records"]["rejected"]["value"] >= rows["lost records"]["harm"]
    # an explanation that is not the model's is found wherever one was given
    assert rows["constant map"]["found"]["value"] == 1
    for row in result["rows"]:
        for name in ("found", "rejected", "at_5"):
            assert row[name]["value"] is None or 0 <= row[name]["value"] <= 1


def test_a_challenge_of_which_no_forecast_is_explained_is_held(held, tmp_path):
    question = held[0].question.model_copy(update={"above": 1.0})
    config = held[0].model_copy(update={"output": tmp_path / "challenge", "plants": ("units",), "question": question})
    rows = {row["plant"]: row for row in json.loads(run(config).read_text())["rows"]}
    assert rows["units"]["forecasts"] == 10


def test_images_are_planted_in_and_what_does_not_apply_is_told(seen_world, seeing):
    small = ModelConfig(
        recurrent_layers=1, width=4, hidden=6, disk=DiskModelConfig(patch=4, tokens=2, inner=8, heads=2)
    )
    train(seen_world.train(inputs=seeing, model=small))
    config = settings(seen_world, plants=("mirrored image", "image leak", "flat X-rays", "constant map"))
    result = json.loads(run(config).read_text())
    rows = {row["plant"]: row for row in result["rows"]}
    assert {"mirrored image", "image leak", "constant map"} <= set(rows)
    assert rows["constant map"]["found"]["value"] == 1
    (idle,) = result["not_applicable"]
    assert idle == {"plant": "flat X-rays", "family": "X-ray flux", "reason": "the model does not read xrs"}
    assert "flat X-rays" not in rows
    assert "the model does not read xrs" in (config.output / "challenge.md").read_text()


def test_the_report_holds_every_plant_and_the_map(held):
    folder = held[1].parent
    page, text = ((folder / name).read_text() for name in ("report.html", "challenge.md"))
    for name in PLANTS:
        assert name in page, name
        assert name in text, name
    assert "data:image/png;base64," in page
    assert "moved by more than 0.2 is harmed" in page
    assert "harms 20 % of its forecasts" in page
    legend = page[: page.index("<table>")].lower()
    assert all(name in legend for name in (*_HEAD[2:], "learned")), "a column that nothing explains"
    assert (folder / "separation.png").read_bytes()[:4] == b"\x89PNG"


def test_the_card_takes_what_the_challenge_wrote(held, tmp_path):
    config, path = held
    potent = [row for row in json.loads(path.read_text())["rows"] if row["potent"]]
    assert potent
    new = card(CardConfig(bundle=config.bundle, challenge=path, output=tmp_path / "new"))
    told = json.loads((new / "measured.json").read_text())["challenge"]["worst"]
    assert {one["plant"]: one["detection"] for one in told} == {row["plant"]: row["at_5"]["value"] for row in potent}
    assert all(f"| {row['plant']} | {row['at_5']['value']:.4f} |" in (new / "card.md").read_text() for row in potent)


def test_the_private_seed_is_nowhere_but_its_digest_is(held):
    config, path = held
    for file in config.output.rglob("*"):
        if file.is_file():
            assert SEED.encode() not in file.read_bytes(), file
    assert json.loads(path.read_text())["seed_digest"].startswith("sha256:")


def test_a_second_run_plants_nothing_and_gives_the_same_bytes(held):
    config, path = held
    before = path.read_bytes()
    trials = {file: file.stat().st_mtime_ns for file in config.output.glob("trials/*/*.nc")}
    assert run(config).read_bytes() == before
    assert {file: file.stat().st_mtime_ns for file in config.output.glob("trials/*/*.nc")} == trials


def test_a_lost_trial_is_made_again_as_it_was(held):
    config, _ = held
    (file,) = config.output.glob("trials/*/units.nc")
    before = xr.load_dataset(file, engine="h5netcdf")
    file.unlink()
    run(config)
    assert xr.load_dataset(file, engine="h5netcdf").identical(before)


def test_another_seed_plants_otherwise(held):
    config, _ = held
    here, there = (Arena(config, seed).planted_scene().slots for seed in (SEED, "another"))
    assert not here.identical(there)
    assert here.identical(Arena(config, SEED).planted_scene().slots)


def test_trials_of_other_code_are_not_gone_on_from(held, monkeypatch):
    config, _ = held
    folders = []
    for key in ("1.0+abc+dirty+aaa", "1.0+abc+dirty+bbb", "1.0+abc", "1.0+abc+dirty+aaa"):
        monkeypatch.setattr("sunproof.pipeline.receipts.code_key", lambda key=key: key)
        folders.append(Arena(config, SEED).folder)
    assert len({*folders}) == 3
    assert folders[0] == folders[3]


@pytest.mark.parametrize(
    ("made", "here", "told"),
    [("1.0+abc", "1.0+abc", False), ("1.0+abc", "1.0+def", True), ("1.0+d+dirty", "1.0+d+dirty", True)],
)
def test_a_model_that_other_code_may_have_made_is_taken_and_told(held, made, here, told, monkeypatch, capsys):
    config, _ = held
    shop = Arena(config, SEED).workshop
    path = shop.bundle("padding leak")
    about = json.loads((path / "model.json").read_text())
    about["made"]["code"] = made
    (path / "model.json").write_text(json.dumps(about))
    monkeypatch.setattr("sunproof.pipeline.challenge.faulty.code_version", lambda: here)
    capsys.readouterr()
    assert shop.bundle("padding leak") == path
    assert (f"kept from code {made}, this is {here}" in " ".join(capsys.readouterr().err.split())) == told


def test_models_are_made_once(held):
    config, _ = held
    shop = Arena(config, SEED).workshop
    path = shop.bundle("padding leak")
    stamp = (path / "weights.safetensors").stat().st_mtime_ns
    assert shop.bundle("padding leak") == path
    assert (path / "weights.safetensors").stat().st_mtime_ns == stamp


def test_without_a_seed_nothing_is_planted(held, monkeypatch):
    monkeypatch.delenv("SUNPROOF_CHALLENGE_SEED", raising=False)
    with pytest.raises(ConfigError, match=r"no private seed.*SUNPROOF_CHALLENGE_SEED"):
        run(held[0].model_copy(update={"seed": ""}))


def test_an_unknown_plant_is_refused_with_those_there_are(held):
    with pytest.raises(ConfigError, match=r"no such plant or family.*gremlins.*padding leak"):
        run(held[0].model_copy(update={"plants": ("gremlins",)}))


def test_every_entry_has_its_own_name_and_says_what_it_is(held):
    entries = list(Arena(held[0], SEED).entries())
    assert len({entry.name for entry in entries}) == len(entries) > 40
    assert all(entry.statement.endswith(".") for entry in entries)
    assert {entry.expected for entry in entries} == {"accepted", "rejected"}
    assert np.isin(["leak", "drift", "fabricated explanation"], [entry.family for entry in entries]).all()


def test_a_model_of_a_simulated_sun_is_not_challenged_on_the_real_one(held, tmp_path):
    other = of_a_simulated_sun(held[0].bundle, tmp_path / "other")
    with pytest.raises(
        InputError, match=r"trained on a simulated Sun, .*other': 'simulated', .*'real'\}; wanted one Sun"
    ):
        run(held[0].model_copy(update={"bundle": other, "output": tmp_path / "challenge"}))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_what_the_archive_does_not_hold_is_told_and_does_not_count(held, monkeypatch):
    # a model that reads X-rays, and an archive without any: nothing would be harmed, and nothing proved
    monkeypatch.setattr(Plant, "lacking", lambda self, modalities: "")
    result = json.loads(run(held[0].model_copy(update={"plants": ("flat X-rays", "mirrored image")})).read_text())
    reasons = {one["plant"]: one["reason"] for one in result["not_applicable"]}
    assert reasons == {
        "flat X-rays": "the forecasts' archive holds no X-ray flux",
        "mirrored image": "the forecasts' archive holds no images",
    }
    assert {row["plant"] for row in result["rows"]} == {"as they come", "without a plant"}


def test_good_forecasts_that_the_rule_learns_from_bring_their_true_explanation(held):
    config, path = held
    (file,) = config.output.glob("trials/*/_good_learnt_from.nc")
    good = xr.load_dataset(file, engine="h5netcdf")
    given = good["outcome"].values[good["check"].values.astype(str) == "H10"][0]
    assert (given[explained(good)] == Outcome.PASS).all()
    assert explained(good).any()
    assert json.loads(path.read_text())["false"]["kinds"]["explained"]["forecasts"] > 0


def test_a_true_explanation_is_accepted_where_a_false_one_is_not(held):
    result = json.loads(run(held[0].model_copy(update={"plants": ("true explanation", "constant map")})).read_text())
    rows = {row["plant"]: row for row in result["rows"]}
    assert rows["true explanation"]["found"] == rows["without a plant"]["found"]
    assert rows["constant map"]["found"]["value"] == 1


def test_a_kind_of_cases_that_the_block_lacks_is_told_and_does_not_count(held, monkeypatch):
    def none(self, kind, *_):
        raise NoCase(f"no {kind}")

    monkeypatch.setattr(Candidates, "hard", none)
    result = json.loads(run(held[0].model_copy(update={"plants": ("limb",)})).read_text())
    assert result["not_applicable"] == [{"plant": "limb", "family": "hard but good", "reason": "no limb"}]
    assert {row["plant"] for row in result["rows"]} == {"as they come", "without a plant"}
