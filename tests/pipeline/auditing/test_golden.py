"""The golden set: a model that the auditor's own labelled region-times speak against."""

import copy

import numpy as np
import pytest
import torch

from sunproof.models.attribution.nulls import random_twins
from sunproof.pipeline.auditing import golden as golden_module
from sunproof.pipeline.auditing.config import QuestionConfig
from sunproof.pipeline.auditing.golden import Golden, draw_golden, interrogate
from sunproof.pipeline.samples.dataset import read_samples
from tests.models import imaging
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
    cheat = copy.deepcopy(model)
    honest = cheat.process

    def process(prepared):
        made = honest(prepared)
        # more observed steps, more flares
        seen = prepared.modalities["keywords"][1].float().mean(dim=(1, 2))[:, None]
        return type(made)(made.log_rate + 6 * (seen - 0.5), made.alpha, made.limit)

    cheat.process = process
    assert interrogate(cheat, golden, seed=0)["model_shortcut"] > 0.3


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


def test_the_referee_reads_keywords_whatever_the_model_reads(monkeypatch, tmp_path):
    world = make_world(tmp_path)
    monkeypatch.setattr(golden_module, "_LEAST_REGIONS", 3)
    samples = read_samples(world.samples)
    blind = INPUTS.model_copy(update={"modalities": ("history",)})
    made = [draw_golden(samples, world.archive, inputs, QuestionConfig(stock=500)) for inputs in (INPUTS, blind)]
    assert set(made[1].parts) == {"history"}
    assert len(made[1].event) > 10
    # both referees know which regions flare
    for one in made:
        assert one.referee[one.event == 1].mean() > one.referee[one.event == 0].mean()


def test_the_referee_reads_the_records_that_the_model_is_configured_for(monkeypatch, tmp_path):
    world = make_world(tmp_path)
    monkeypatch.setattr(golden_module, "_LEAST_REGIONS", 3)
    # an archive of vector patches has keywords computed from them, and no series
    (world.archive / "sharp").rename(world.archive / "sharp_recomputed")
    blind = INPUTS.model_copy(update={"modalities": ("history",), "keyword_source": "recomputed"})
    made = draw_golden(read_samples(world.samples), world.archive, blind, QuestionConfig(stock=500))
    assert len(made.event) > 10


def test_regions_of_which_the_referee_says_nothing_do_not_count(monkeypatch, tmp_path):
    world = make_world(tmp_path)
    monkeypatch.setattr(golden_module, "_LEAST_REGIONS", 3)

    class Silent:
        def fit(self, cases):
            return self

        def predict(self, cases):
            return np.full(cases.shape, np.nan)

    monkeypatch.setattr(golden_module, "REFEREE", Silent())
    assert draw_golden(read_samples(world.samples), world.archive, INPUTS, QuestionConfig(stock=500)) is None
