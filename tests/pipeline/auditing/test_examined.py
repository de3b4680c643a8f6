"""What was not examined of the model is told, and only that."""

import json
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.examined import about_training, unexamined
from sunproof.pipeline.auditing.loading import input_digests, open_netcdf
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.samples.leaks import training_digest
from sunproof.pipeline.training.train import run as train
from tests.pipeline.auditing.batches import batch, check, findings
from tests.pipeline.training.world import make_world

PASS, REVIEW, MISSING = Outcome.PASS, Outcome.REVIEW, Outcome.NOT_EVALUABLE


@pytest.mark.parametrize("judged", [PASS, REVIEW])
def test_a_check_of_the_model_that_judged_nothing_is_named_with_its_reason(judged):
    forecasts = batch(3)
    found = findings(
        forecasts,
        check("A1", [MISSING] * 3),
        check("L1", [MISSING] * 3, reason="too few regions: 6 of 10"),
        check("L2", [judged, judged, MISSING]),
    )
    assert unexamined(found, forecasts) == ["L1 name of L1: too few regions: 6 of 10"]


def test_a_batch_without_checks_of_the_model_has_nothing_to_tell():
    forecasts = batch(2)
    assert unexamined(findings(forecasts, check("A1", [MISSING] * 2)), forecasts) == []


def test_the_reason_is_that_of_the_regions_however_many_other_slots_there_are():
    forecasts = batch(7)
    forecasts["entity"].values[:3] = "full_disk"
    forecasts["status"].values[4:] = "NO_FORECAST"
    few = {"model_gain_high": np.full(7, np.nan), "model_flaring": np.array([np.nan] * 3 + [6.0] * 4)}
    forecasts = forecasts.assign({name: ("forecast", values) for name, values in few.items()})
    (told,) = unexamined(evaluate(forecasts, all_checks(["L1"])), forecasts)
    assert told.endswith(
        "too few regions that flared and that the referee judges in the validation block to examine the model: 6 of 10"
    )


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Return what an audit of a tiny model is given beside its training samples."""
    world = make_world(tmp_path_factory.mktemp("world"))
    bundle = train(world.train(trainer={"max_epochs": 1}, seeds=(0,)))
    paths = {"archive": world.archive, "bundle": bundle, "samples": world.samples}
    batch_file = world.root / "forecasts.nc"
    forecast(ForecastConfig(output=batch_file, blocks=("test",), **paths))
    few = {"explain": {"top": 0, "grave": 0, "sampled": 0}, "report": {"pages": 0}, "question": {"most": 3}}
    texts = {name: str(path) for name, path in paths.items()}
    return {"forecasts": str(batch_file), "output": str(world.root / "audit"), **few, **texts}


def said(given, **changes):
    config = AuditConfig(**given | changes)
    return about_training(config, input_digests(config))


def test_a_model_without_its_training_samples_is_warned_of_first_and_on_the_page(given, capsys):
    run(AuditConfig(**given))
    sentence = said(given)
    # before the first thing that takes long
    assert capsys.readouterr().err.splitlines()[0] == f"Warning: {sentence}"
    page = unescape(Path(given["output"], "report", "index.html").read_text(encoding="utf-8"))
    assert page.index('class="tiles"') < page.index(sentence) < page.index("Verdicts along time")
    found = open_netcdf(f"{given['output']}/findings.nc")
    closed = (found["outcome"].values == MISSING).all(axis=1)
    open_ = set(found["check"].values[~closed])
    assert not {name for name in open_ if name in ("D5", "K2", "K4") or name[0] in "IL"}
    assert "J1" not in open_


def test_samples_of_the_same_training_block_can_be_given_as_training(given, tmp_path):
    same = "write the file of 'samples' under 'training', too"
    assert same in said(given)
    # the same rows with other labels, in another file
    samples = open_netcdf(given["samples"])
    samples.drop_vars("event").to_netcdf(tmp_path / "relabelled.nc", engine="h5netcdf")
    assert same in said(given, samples=str(tmp_path / "relabelled.nc"))
    other = samples.isel(sample=slice(10, None))
    other.to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    assert training_digest(other) != training_digest(samples)
    for path in (str(tmp_path / "other.nc"), ""):
        assert "name their file under 'training'" in said(given, samples=path)
        assert same not in said(given, samples=path)


def test_other_samples_than_those_of_the_training_are_told(given, tmp_path):
    samples = open_netcdf(given["samples"])
    # what was held out of the training is moved into it, and what was learnt from into the validation block
    exchanged = {"train": "validation", "validation": "train"}
    blocks = [exchanged.get(str(name), str(name)) for name in samples["block"].values]
    samples.assign(block=("sample", blocks)).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    told = said(given, training=str(tmp_path / "other.nc"))
    assert "does not hold the block that the model's receipt says it was trained on" in told
    assert told.endswith("name their file under 'training' in the configuration.")
    # the same rows in another file are the same
    samples.drop_vars("event").to_netcdf(tmp_path / "relabelled.nc", engine="h5netcdf")
    assert said(given, training=str(tmp_path / "relabelled.nc")) == ""


def test_a_model_whose_receipt_tells_nothing_is_not_accused(given, tmp_path):
    (tmp_path / "wrapped").mkdir()
    (tmp_path / "wrapped" / "training.json").write_text("{}")
    assert said(given, bundle=str(tmp_path / "wrapped"), training=given["samples"]) == ""


def test_nothing_is_lacking_where_training_is_given_or_no_model(given):
    assert said(given, training=given["samples"]) == ""
    assert said(given, bundle="") == ""


def test_a_wrapped_model_names_the_file_of_its_samples(given, tmp_path):
    samples = input_digests(AuditConfig(**given))["samples"]
    (tmp_path / "wrapped").mkdir()
    (tmp_path / "wrapped" / "training.json").write_text(json.dumps({"inputs": {"samples": samples}}))
    assert "under 'training', too" in said(given, bundle=str(tmp_path / "wrapped"))
