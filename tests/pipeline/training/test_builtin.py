"""The model in the package: small, free of the machine that made it, and of use without training."""

import json
import re

import numpy as np
import pytest
import yaml

from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.cli import main
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.shelf import bundle_folder

FOLDER = bundle_folder("builtin")


@pytest.fixture(scope="module")
def builtin():
    # reference answers are compared while loading: it answers here as it did where it was trained
    return load_bundle("builtin")


def test_it_is_small_and_has_everything():
    files = {file.name: file.stat().st_size for file in FOLDER.iterdir()}
    assert sum(files.values()) < 5e6
    assert {"weights.safetensors", "reference.safetensors", "card.md", "measured.json", "training.json"} <= set(files)


def test_it_was_trained_on_the_real_sun_by_committed_code(builtin):
    assert builtin.facts["simulated"] is False
    made = json.loads((FOLDER / "model.json").read_text())["made"]
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", made["code"])
    assert set(builtin.facts["inputs"]) == {"archive", "samples"}


def test_no_file_tells_of_the_machine_that_made_it():
    for file in FOLDER.iterdir():
        told = re.findall(rb"(?:/(?:home|root|tmp|work|mnt|data|Users)/|[A-Z]:\\\\)[^\s\"]*", file.read_bytes())
        assert not told, file.name


def test_its_card_says_what_was_measured_beside_the_best_baseline():
    card, measured = (FOLDER / "card.md").read_text(), json.loads((FOLDER / "measured.json").read_text())
    rows = {(row["entity"], row["threshold"]): row for row in measured["scores"]["rows"]}
    for event in ("C1.0", "M1.0"):
        row = rows["region", event]
        assert row["bss"] > row["baseline_bss"] > 0
        assert f"| region | {event} | {row['cases']} | {row['events']} | {row['bss']:.4f} |" in card


def test_it_needs_keywords_and_a_flare_list_alone(builtin):
    assert set(builtin.ensemble.architecture["modalities"]) == {"keywords", "history", "region"}


@pytest.mark.parametrize("options", [[], ["--model", "builtin"], ["--set", "bundle=builtin"]])
def test_it_forecasts_without_training_and_another_is_named_on_the_command_line(world, tmp_path, options):
    tree = {
        "archive": str(world.archive),
        "output": str(tmp_path / "f.nc"),
        "interval": {"start": "2012-06-20", "end": "2012-06-21", "cadence_hours": 6, "tolerance_hours": 6},
    }
    config = tmp_path / "forecast.yaml"
    config.write_text(yaml.safe_dump(tree))
    assert main(["forecast", str(config), *options]) == 0
    forecasts = open_netcdf(tmp_path / "f.nc")
    issued = forecasts["status"].values == "ISSUED"
    assert issued.any()
    assert np.isfinite(forecasts["probability"].values[issued]).all()
    assert forecasts.attrs["bundle"] == load_bundle("builtin").digest


def test_a_model_that_is_not_there_is_told(world, tmp_path, capsys):
    config = tmp_path / "forecast.yaml"
    tree = {"archive": str(world.archive), "output": str(tmp_path / "f.nc"), "samples": str(world.samples)}
    config.write_text(yaml.safe_dump(tree))
    assert main(["forecast", str(config), "--model", str(tmp_path / "2024")]) == 2
    assert "2024: no bundle here" in capsys.readouterr().err
