import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from sunproof.pipeline.verification.categorical import Table, best_threshold, tabulate


def test_a_probability_at_the_threshold_is_a_warning():
    table = tabulate(np.array([0.2, 0.2, 0.1, 0.3]), np.array([1.0, 0, 1, 0]), 0.2)
    assert (table.hits, table.false_alarms, table.misses, table.correct_negatives) == (1, 2, 1, 0)


def test_scores_of_the_tornado_forecasts_of_1884():
    # Finley's tornadoes, the standard example (Murphy 1996, doi:10.1175/1520-0434(1996)011<0003:TFAASE>2.0.CO;2)
    finley = Table(28, 72, 23, 2680, 0.5)
    assert finley.true_skill == pytest.approx(0.523, abs=5e-4)
    assert finley.heidke == pytest.approx(0.355, abs=5e-4)
    assert finley.appleman == pytest.approx((28 - 72) / 51)
    assert finley.bias == pytest.approx(100 / 51)


def test_appleman_is_held_against_the_more_frequent_outcome():
    assert Table(70, 5, 10, 15, 0.5).appleman == pytest.approx((15 - 10) / 20)


def test_heidke_is_kappa():
    rng = np.random.default_rng(0)
    probability, event = rng.random(300), (rng.random(300) < 0.3).astype(float)
    table = tabulate(probability, event, 0.6)
    assert table.heidke == pytest.approx(cohen_kappa_score(event, probability >= 0.6))


@pytest.mark.parametrize("name", ["true_skill", "heidke", "appleman"])
@pytest.mark.parametrize("table", [Table(0, 3, 0, 7, 0.5), Table(3, 0, 7, 0, 0.5), Table(0, 0, 0, 0, 0.5)])
def test_a_score_without_events_or_without_quiet_is_undefined(name, table):
    assert np.isnan(getattr(table, name))


def test_best_threshold_beats_every_other_threshold():
    rng = np.random.default_rng(3)
    probability = rng.random(400).round(2)
    event = (rng.random(400) < probability).astype(float)
    best = tabulate(probability, event, best_threshold(probability, event)).true_skill
    assert best == max(tabulate(probability, event, value).true_skill for value in np.unique(probability))


def test_no_best_threshold_without_both_outcomes():
    assert np.isnan(best_threshold(np.array([0.1, 0.2]), np.zeros(2)))
