import shutil
from dataclasses import replace

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.identity import Identity
from sunproof.pipeline.auditing import questions
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.kit import Kit, draw_training
from sunproof.pipeline.auditing.loading import load_batch
from sunproof.pipeline.auditing.questions import _ASKED_OF, answer, question
from sunproof.pipeline.auditing.report.answers import INTERVENTIONS
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.train import run as train
from sunproof.pipeline.vocabulary import VOCABULARY
from tests.pipeline.auditing.batches import batch
from tests.pipeline.training.world import INPUTS, make_world

ALONE = ("attribution_error", "method_agreement", "twin_correlation", "explanation_skill", "activity_effect")
REPLACED = (
    *(f"probability_{name}" for name in ("without_region", "elsewhere", "without_history", "stale", "future")),
    *(f"probability_without_{name}" for name in ("keywords", "flares", "summary")),
    "field_response",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = make_world(tmp_path_factory.mktemp("world"))
    train(made.train())
    paths = {"archive": made.archive, "bundle": made.root / "bundle", "samples": made.samples}
    forecast(ForecastConfig(output=made.root / "forecasts.nc", blocks=("test",), **paths))
    return made


def settings(world, **changes):
    paths = {"archive": world.archive, "bundle": world.root / "bundle", "training": world.samples}
    asked = {"probes": 20, "twins": 3, "fillings": 3, "above": 0.02, "most": 40}
    known = {"forecasts": str(world.root / "forecasts.nc"), "question": asked}
    return AuditConfig(**known | {name: str(path) for name, path in paths.items()} | changes)


@pytest.fixture(scope="module")
def asked(world):
    return question(load_batch(settings(world)), settings(world))


def test_samples_of_a_simulated_sun_are_not_what_a_model_of_the_real_one_was_trained_on(world, tmp_path):
    labels = read_samples(world.samples).assign_attrs(simulated=1)
    labels.to_netcdf(tmp_path / "simulated.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"samples and archive of the real and a simulated Sun; .*wanted one Sun"):
        Kit.make(settings(world, training=str(tmp_path / "simulated.nc")))


@pytest.mark.parametrize(
    ("modalities", "held"),
    [(("xrs",), False), (("keywords",), True), (("region", "xrs"), True), (("history", "xrs"), True)],
)
def test_records_and_reports_are_held_together_for_a_model_that_reads_either(world, monkeypatch, modalities, held):
    monkeypatch.setattr(Identity, "fit", lambda *_: "an identity")
    bundle = load_bundle(world.root / "bundle")
    read = replace(bundle, inputs=bundle.inputs.model_copy(update={"modalities": modalities}))
    assert draw_training(read, settings(world)).identity == ("an identity" if held else None)


def test_the_most_probable_forecasts_of_regions_are_asked_about(asked):
    seen = np.isfinite(asked["attribution_error"].values)
    largest = asked["probability"].sel(threshold="M1.0").values.max(axis=1)
    regions = (asked["entity"].values == "region") & (asked["status"].values == "ISSUED")
    assert seen.sum() == min(40, (regions & (largest >= 0.02)).sum()) > 0
    assert not seen[~regions].any()
    assert largest[seen].min() >= largest[regions & ~seen].max()


def test_the_evidence_is_whole_for_those_that_were_asked_about(asked):
    seen = np.isfinite(asked["attribution_error"].values)
    for name in ALONE:
        assert np.isfinite(asked[name].values[seen]).mean() > 0.9, name
    assert np.isfinite(asked["probability_without_region"].values[seen]).mean() > 0.9


def test_the_explanation_of_an_honest_model_is_complete_and_has_skill(asked):
    found = evaluate(asked, all_checks(["H4", "H6", "H9"]))
    outcome = found["outcome"].values
    judged = outcome[:, (outcome[0] != Outcome.NOT_EVALUABLE)]
    assert (judged == Outcome.PASS).mean() > 0.9


def test_copied_records_are_counted_for_every_region(asked):
    regions = asked["entity"].values == "region"
    copies = asked["frozen_steps"].values
    assert np.isnan(copies[~regions]).all()
    assert (copies[regions][np.isfinite(copies[regions])] == 0).all()
    assert np.isfinite(copies[regions]).mean() > 0.5


def test_without_its_training_samples_nothing_is_replaced(world):
    config = settings(world, training="")
    found = question(load_batch(config), config)
    assert not set(REPLACED) & set(found.variables)
    assert set(ALONE) <= set(found.variables)


def test_no_answer_about_a_modality_is_dropped_or_goes_untold():
    modalities = {*InputConfig().modalities, "disk", "patch", "vector"}
    assert {f"without {name}" for name in modalities} < {*_ASKED_OF.values()}
    assert {f"probability_{name}" for name in _ASKED_OF} == {*INTERVENTIONS} <= {*VOCABULARY}


def test_answers_about_forecasts_that_the_bundle_did_not_make_are_no_evidence(world):
    config = settings(world)
    forecasts = load_batch(config)
    forecasts["probability"].values[:] *= 0.9
    found = question(forecasts, config)
    for name in (*ALONE, *REPLACED):
        assert np.isnan(found[name].values).all(), name


def test_without_a_bundle_the_batch_stays_as_it_was():
    forecasts = batch(3)
    assert question(forecasts, AuditConfig(forecasts="f.nc")) is forecasts


@pytest.mark.parametrize("asked", [{"most": 0}, {"above": 1.0}, {"threshold": "M5.0"}])
def test_nothing_chosen_asks_nothing(world, asked):
    config = settings(world, question=asked)
    found = question(load_batch(config), config)
    assert not {*ALONE, *REPLACED} & set(found.variables)


def test_every_region_is_told_how_sure_its_probability_is_and_whether_the_model_gives_it_again(asked):
    regions = (asked["entity"].values == "region") & (asked["status"].values == "ISSUED")
    assert asked["reproduction_error"].values[regions].max() < 1e-4
    assert np.isnan(asked["reproduction_error"].values[~regions]).all()
    assert np.isfinite(asked["base_rate"].sel(threshold="C1.0").values).all()
    low, high = asked["confidence_low"].values[regions], asked["confidence_high"].values[regions]
    assert np.isfinite(low[:, 0]).all()
    assert (low[:, 0] <= high[:, 0]).all()


def test_what_is_known_of_the_model_is_told_of_full_disks_with_a_region(asked):
    disk, silent = asked["entity"].values == "full_disk", asked["status"].values != "ISSUED"
    time, known = asked["issue_time"].values, np.isfinite(asked["model_regions"].values)
    made_of = np.isin(time, time[~disk & ~silent])
    assert (disk & made_of).any()
    assert (disk & ~made_of).any()
    assert np.array_equal(known, ~disk | made_of)
    for name in ("model_gain_high", "model_shortcut_low", "model_flaring"):
        assert len(np.unique(asked[name].values[known])) == 1, name


def test_forecasts_of_another_model_are_found(world):
    config = settings(world)
    forecasts = load_batch(config)
    row = np.flatnonzero(forecasts["entity"].values == "region")[3]
    forecasts["probability"].values[row] *= 0.9
    found = evaluate(question(forecasts, config), all_checks(["K5"]))["outcome"].values[0]
    assert np.flatnonzero(found == Outcome.REVIEW).tolist() == [row]


def test_a_larger_part_has_the_same_answers(world, monkeypatch):
    config = settings(world)
    forecasts, kit = load_batch(config), Kit.make(config)
    chosen = np.flatnonzero(np.isfinite(question(forecasts, config, kit=kit)["attribution_error"].values))
    monkeypatch.setattr(questions, "_ASKED", 8)
    whole = answer(kit, forecasts.isel(forecast=chosen[:20]), "ask")
    pieces = [answer(kit, forecasts.isel(forecast=chosen[at : min(at + 8, 20)]), "ask") for at in (0, 8, 16)]
    for name, values in whole.items():
        np.testing.assert_allclose(values, np.concatenate([piece[name] for piece in pieces]), atol=1e-6)


def test_without_twins_what_they_would_show_is_not_evaluable(world):
    config = settings(world, question={"twins": 0, "above": 0.02, "most": 5})
    found = question(load_batch(config), config)
    assert "twin_correlation" not in found
    assert (evaluate(found, all_checks(["H5"]))["outcome"] == Outcome.NOT_EVALUABLE).all()


def test_an_archive_without_records_leaves_what_needs_them_open_and_stops_no_audit(world, tmp_path, monkeypatch):
    archive, bundle = tmp_path / "archive.zarr", tmp_path / "bundle"
    train(world.train(output=str(bundle), inputs=INPUTS.model_copy(update={"modalities": ("history",)}), seeds=(0,)))
    paths = {"archive": world.archive, "bundle": bundle, "samples": world.samples}
    forecast(ForecastConfig(output=tmp_path / "forecasts.nc", blocks=("test",), **paths))
    shutil.copytree(world.archive, archive)
    shutil.rmtree(archive / "sharp")
    config = settings(
        world, archive=str(archive), bundle=str(bundle), forecasts=str(tmp_path / "forecasts.nc"), samples=""
    )
    asked = question(load_batch(config), config)
    regions = asked["entity"].values == "region"
    # what needs no records is there
    assert (asked["model_regions"].values[regions] > 0).all()
    assert np.isfinite(asked["attribution_error"].values[regions]).any()
    assert (asked["model_flaring"].values[regions] == 0).all()
    outcomes = evaluate(asked, all_checks(["J4", "J5", "J9", "J10", "L1"]))["outcome"].values
    assert (outcomes == Outcome.NOT_EVALUABLE).all()
