import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from sunproof.pipeline.verification.scores import (
    area_under_roc,
    brier,
    brier_skill,
    log_score,
    pair,
    ranked_probability_score,
)


@pytest.fixture
def case():
    rng = np.random.default_rng(1)
    probability = rng.beta(1, 4, 500).round(2)  # rounded, so that there are ties
    return probability, (rng.random(500) < probability).astype(float)


def test_scores_agree_with_an_independent_library(case):
    probability, event = case
    assert brier(probability, event) == pytest.approx(brier_score_loss(event, probability))
    assert area_under_roc(probability, event) == pytest.approx(roc_auc_score(event, probability))
    inside = np.clip(probability, 1e-5, 1 - 1e-5)
    assert log_score(probability, event) == pytest.approx(log_loss(event, inside))


def test_missing_labels_and_probabilities_are_left_out_and_counted():
    kept = pair(np.array([0.1, np.nan, 0.3, np.nan]), np.array([0, 1, np.nan, np.nan]))
    assert kept.probability.tolist() == [0.1]
    assert (kept.unlabelled, kept.unforecast) == (2, 1)
    assert (kept.events, kept.non_events) == (0, 1)


def test_skill_is_zero_for_the_reference_and_one_for_the_truth(case):
    _, event = case
    reference = np.full(len(event), 0.3)
    assert brier_skill(reference, event, 0.3) == pytest.approx(0)
    assert brier_skill(event, event, reference) == pytest.approx(1)


def test_the_reference_of_skill_is_its_own_brier_score_not_its_base_rate():
    # dividing by the base rate (a published mistake) would give 1 - 0.04 / 0.25
    event, probability = np.array([1.0, 0, 0, 0]), np.array([0.8, 0.2, 0.2, 0.2])
    assert brier_skill(probability, event, 0.25) == pytest.approx(1 - 0.04 / (0.75**2 + 3 * 0.25**2) * 4)


def test_skill_leaves_out_cases_without_a_reference(case):
    probability, event = case
    reference = np.full(len(event), 0.2)
    reference[100:] = np.nan
    assert brier_skill(probability, event, reference) == pytest.approx(brier_skill(probability[:100], event[:100], 0.2))


@pytest.mark.parametrize("score", [brier, area_under_roc, log_score, lambda p, o: brier_skill(p, o, 0.1)])
def test_a_score_without_cases_is_undefined_not_zero(score):
    assert np.isnan(score(np.zeros(0), np.zeros(0)))


def test_discrimination_of_a_single_class_is_undefined():
    assert np.isnan(area_under_roc(np.array([0.1, 0.9]), np.zeros(2)))


def test_a_sure_and_wrong_forecast_costs_much_but_not_infinitely():
    assert log_score(np.array([0.0]), np.array([1.0])) == pytest.approx(np.log(1e5))


def test_ranked_score_adds_thresholds_and_leaves_out_unknown_cases():
    probability = np.array([[0.5, 0.1], [0.9, 0.9], [0.2, np.nan]])
    event = np.array([[1, 0], [np.nan, 0], [0, 0]])
    assert ranked_probability_score(probability, event) == pytest.approx(0.25 + 0.01)
    assert np.isnan(ranked_probability_score(probability[1:], event[1:]))


def test_issued_full_disk_forecasts_of_2014_to_2016_score_as_measured(data_root):
    # SWPC's day-1 probabilities of class M against days with an M or X flare: Murray et al. 2017, 10.1002/2016SW001579
    folder = data_root / "operational_forecasts"
    issued = np.loadtxt(folder / "SWPC_fcast.txt")
    flares = pd.read_csv(folder / "MX_list.txt", sep=r"\s+", header=None)
    days, flare_days = (
        pd.to_datetime({"year": table[0], "month": table[1], "day": table[2]})
        for table in (pd.DataFrame(issued), flares)
    )
    probability, event = issued[:, 5] / 100, days.isin(flare_days).to_numpy(float)
    assert len(event) == 923
    assert event.mean() == pytest.approx(0.207, abs=5e-4)
    assert area_under_roc(probability, event) == pytest.approx(roc_auc_score(event, probability))
    assert area_under_roc(probability, event) == pytest.approx(0.810, abs=5e-4)
    assert brier_skill(probability, event, event.mean()) == pytest.approx(0.168, abs=5e-4)
