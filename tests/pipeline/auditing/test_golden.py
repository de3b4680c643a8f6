"""The golden set: a model that the auditor's own labelled region-times speak against."""

import copy
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from sunproof.models.attribution.nulls import random_twins
from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing import golden as golden_module
from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.auditing.golden import Golden, draw_golden, interrogate
from sunproof.pipeline.samples.dataset import read_samples
from tests.models import imaging
from tests.models.constraints.build import ask, batch, cells
from tests.models.toy import ensemble, inputs
from tests.pipeline.training.world import INPUTS, make_world


@pytest.fixture(scope="module")
def model():
    return ensemble()


@pytest.fixture(scope="module")
def golden(model):
    """Outcomes drawn from the model's own probabilities: it is calibrated on them, and its referee is the truth."""
    parts = inputs(600, seed=5)
    with torch.no_grad():
        probability = torch.sigmoid(model(parts).logits(model.fluxes)[:, 0, 0].double()).numpy()
    event = (np.random.default_rng(0).random(600) < probability).astype(float)
    return Golden(parts, event, np.arange(600) // 3, probability, float(event.mean()))


def test_a_calibrated_model_is_as_good_as_the_truth(model, golden):
    found = interrogate(model, golden, seed=0)
    assert found["model_gain"] == pytest.approx(0, abs=1e-6)
    assert 0 <= found["model_shortcut"] <= 1


def test_dealt_weights_are_worse_with_certainty(model, golden):
    found = interrogate(random_twins(model, 1, 3)[0], golden, seed=0)
    assert found["model_gain"] < 0
    assert found["model_gain_high"] < found["model_gain"] + 0.5
    assert found["model_gain_high"] > found["model_gain"]


def test_a_model_that_reads_gaps_is_exposed(model, golden):
    assert interrogate(cheating(model), golden, seed=0)["model_shortcut"] > 0.3


def changed(model, rate):
    """The model with another log rate of each row, made of its own and of what it is given."""
    other = copy.deepcopy(model)
    honest = other.process

    def process(prepared):
        made = honest(prepared)
        return type(made)(rate(made.log_rate, prepared), made.alpha, made.limit)

    other.process = process
    return other


def cheating(model):
    """More observed steps, more flares."""
    return changed(
        model, lambda own, given: own + 6 * (given.modalities["keywords"][1].float().mean(dim=(1, 2))[:, None] - 0.5)
    )


def guessing(model):
    """Throws dice about every row."""
    return changed(
        model, lambda own, given: own + 3 * torch.randn(len(own), 1, generator=torch.Generator().manual_seed(0))
    )


def few(golden, regions):
    """The first rows, of so many regions."""
    rows = golden.region < regions
    parts = {name: (values[rows], mask[rows]) for name, (values, mask) in golden.parts.items()}
    return replace(
        golden, parts=parts, event=golden.event[rows], region=golden.region[rows], referee=golden.referee[rows]
    )


def judged(check, found):
    evidence = {name: np.array([value]) for name, value in found.items()}
    outcomes, reasons = ask(check, batch([cells(0.4, 0.1, 0.01)], **evidence))
    return outcomes[0], reasons[0]


def test_a_shortcut_shows_without_any_outcome(model, golden):
    unknown = replace(few(golden, 20), event=np.full(60, np.nan))
    assert judged("L2", interrogate(cheating(model), unknown, seed=0))[0] == Outcome.IMPLAUSIBLE
    steady = changed(model, lambda own, given: 0 * own)
    assert judged("L2", interrogate(steady, unknown, seed=0))[0] == Outcome.PASS
    outcome, reason = judged("L1", interrogate(model, unknown, seed=0))
    assert (outcome, reason[-7:]) == (Outcome.NOT_EVALUABLE, "0 of 10")


def test_a_few_regions_that_flared_tell_guesses_from_an_honest_model(model, golden):
    small = few(golden, 25)
    assert 10 <= len(np.unique(small.region[small.event == 1])) < 30
    assert judged("L1", interrogate(guessing(model), small, seed=0))[0] == Outcome.IMPLAUSIBLE
    assert judged("L1", interrogate(model, small, seed=0))[0] == Outcome.PASS


def test_fewer_regions_than_it_takes_are_counted_and_nothing_is_said_of_the_model(model, golden):
    found = interrogate(guessing(model), few(golden, 5), seed=0)
    for check, least in (("L1", 10), ("L2", 15)):
        outcome, reason = judged(check, found)
        assert outcome == Outcome.NOT_EVALUABLE
        assert re.search(rf"validation block to examine the model: \d of {least}$", reason)


def test_a_row_without_outcome_or_referee_tells_no_skill(model, golden):
    blank = golden.region % 2 == 1
    half = replace(golden, event=np.where(blank, np.nan, golden.event))
    silent = replace(golden, referee=np.where(blank, np.nan, golden.referee))
    twin = random_twins(model, 1, 3)[0]
    found = [interrogate(twin, one, seed=0) for one in (half, silent, golden)]
    assert found[0] == found[1]
    assert found[0]["model_flaring"] < found[2]["model_flaring"]
    assert found[0]["model_shortcut"] == found[2]["model_shortcut"]


def test_without_a_golden_set_nothing_is_known(model):
    assert np.isnan(list(interrogate(model, None, seed=0).values())).all()


def test_the_same_question_has_the_same_answer(model, golden):
    assert interrogate(model, golden, seed=0) == interrogate(model, golden, seed=0)


def test_a_model_of_images_is_asked_with_its_images(monkeypatch):
    """Without them it is another model."""
    eyes = imaging.ensemble()
    whole = imaging.inputs(40, seed=2)
    rows = {name: part for name, part in whole.items() if len(part) == 2}
    with torch.no_grad():
        probability = torch.sigmoid(eyes(whole).logits(eyes.fluxes)[:, 0, 0].double()).numpy()
        blind = torch.sigmoid(eyes(rows).logits(eyes.fluxes)[:, 0, 0].double()).numpy()
    assert np.abs(probability - blind).max() > 1e-3
    monkeypatch.setattr(golden_module, "_ROWS", 16)
    event = (np.arange(40) % 2).astype(float)
    set_of = Golden(rows, event, np.arange(40), probability, 0.5, lambda some: pictures(whole, some))
    found = interrogate(eyes, set_of, seed=0)
    # the referee's answers are the seeing model's own
    assert found["model_gain"] == pytest.approx(0, abs=1e-5)
    assert np.isfinite(found["model_shortcut"])


def pictures(whole, some):
    return {name: (part[0], part[1], part[2][some]) for name, part in whole.items() if len(part) == 3}


def test_the_referee_reads_keywords_whatever_the_model_reads(tmp_path):
    world = make_world(tmp_path)
    samples = read_samples(world.samples)
    blind = INPUTS.model_copy(update={"modalities": ("history",)})
    made = [draw_golden(samples, world.archive, inputs, QuestionConfig(stock=500)) for inputs in (INPUTS, blind)]
    assert set(made[1].parts) == {"history"}
    assert len(made[1].event) > 10
    # both referees know which regions flare
    for one in made:
        assert one.referee[one.event == 1].mean() > one.referee[one.event == 0].mean()


def test_the_referee_reads_the_records_that_the_model_is_configured_for(tmp_path):
    world = make_world(tmp_path)
    # an archive of vector patches has keywords computed from them, and no series
    (world.archive / "sharp").rename(world.archive / "sharp_recomputed")
    blind = INPUTS.model_copy(update={"modalities": ("history",), "keyword_source": "recomputed"})
    made = draw_golden(read_samples(world.samples), world.archive, blind, QuestionConfig(stock=500))
    assert len(made.event) > 10


def test_regions_of_which_the_referee_says_nothing_do_not_count(monkeypatch, tmp_path):
    world = make_world(tmp_path)

    class Silent:
        def fit(self, cases):
            return self

        def predict(self, cases):
            return np.full(cases.shape, np.nan)

    monkeypatch.setattr(golden_module, "REFEREE", Silent())
    made = draw_golden(read_samples(world.samples), world.archive, INPUTS, QuestionConfig(stock=500))
    assert np.isnan(made.referee).all()


def test_rows_without_outcome_are_drawn_too_and_none_without_a_validation_block(tmp_path):
    world = make_world(tmp_path)
    samples, config = read_samples(world.samples), QuestionConfig(stock=500)
    later = samples["block"].astype(str) == "validation"
    unknown = samples.assign(event=samples["event"].where(~later))
    made, asked = (draw_golden(one, world.archive, INPUTS, config) for one in (samples, unknown))
    assert np.isnan(asked.event).all()
    np.testing.assert_array_equal(asked.region, made.region)
    np.testing.assert_array_equal(asked.referee, made.referee)
    assert draw_golden(samples.isel(sample=~later.to_numpy()), world.archive, INPUTS, config) is None
