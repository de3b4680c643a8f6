import itertools

import numpy as np
import pytest

from sunproof.pipeline.verification.bootstrap import bootstrap_skill, make_blocks
from sunproof.pipeline.verification.scores import brier_skill, log_score
from sunproof.pipeline.verification.selective import (
    answered,
    generalised_risk,
    keep_certain,
    keep_share,
    kept_log_skill,
    kept_skill,
    log_losses,
)


@pytest.fixture
def cases():
    random = np.random.default_rng(0)
    probability = random.beta(0.4, 2, 4000)
    event = (random.random(4000) < probability).astype(float)
    return probability, event, np.full(4000, 0.15), make_blocks(np.arange(4000) // 100, 200, 0)


def test_shares_are_counted_for_flares_and_quiet_windows():
    found = answered(np.array([True, False, True, True, False]), np.array([1.0, 1.0, 0.0, 0.0, 0.0]))
    assert found == pytest.approx((0.6, 0.5, 2 / 3, 0.5 / (1 / 3)))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_highest_are_kept(share):
    rank = np.array([3.0, 1.0, 4.0, 2.0] * 5)
    kept = keep_share(rank, share)
    assert kept.sum() == 20 * share
    if 0 < share < 1:
        assert rank[kept].min() > rank[~kept].max()


def test_a_case_that_counts_thrice_is_kept_as_three_cases_are():
    random = np.random.default_rng(0)
    rank, times = random.normal(size=200), random.integers(1, 4, 200)
    several = np.repeat(np.arange(200), times)
    kept = keep_share(rank, 0.6, times.astype(float))
    one_by_one = keep_share(rank[several], 0.6)
    # the case at the border is not cut in parts
    assert abs(times[kept].sum() - one_by_one.sum()) <= 1
    assert (kept[several] == one_by_one).mean() > 0.99
    np.testing.assert_array_equal(keep_share(rank, 0.6, np.full(200, 0.25)), keep_share(rank, 0.6))


def expected_log_score(probability, kept):
    entropy = -probability * np.log(probability) - (1 - probability) * np.log(1 - probability)
    return entropy[kept].mean()


def test_without_a_floor_the_most_certain_are_kept(cases):
    probability, *_ = cases
    kept = keep_certain(probability, 0.9, 0.0)
    np.testing.assert_array_equal(kept, keep_share(np.abs(probability - 0.5), 0.9))


@pytest.mark.parametrize("flares", [0.75, 0.9, 0.95])
def test_no_choice_that_answers_as_many_flares_is_expected_to_score_better(flares):
    # few enough to try all of them
    probability = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.3, 0.45, 0.5, 0.7, 0.8, 0.95])
    kept = keep_certain(probability, 0.75, flares)
    assert kept.sum() == 9
    assert probability[kept].sum() >= flares * probability.sum()
    best = min(
        expected_log_score(probability, np.array(some))
        for some in itertools.combinations(range(12), 9)
        if probability[list(some)].sum() >= flares * probability.sum()
    )
    # the border falls between two cases: the optimum may divide one
    assert expected_log_score(probability, kept) <= best + np.log(2) / 9


def test_the_floor_of_flares_costs_log_score(cases):
    probability, event, *_ = cases
    scores = [
        log_losses(probability, event)[keep_certain(probability, 0.9, flares)].mean() for flares in (0.0, 0.9, 0.95)
    ]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_the_skill_of_the_kept_is_their_brier_skill(cases):
    probability, event, rate, blocks = cases
    kept = probability > 0.3
    found = kept_skill(blocks, kept, probability, event, rate)
    assert found[0] == pytest.approx(brier_skill(probability[kept], event[kept], 0.15))
    np.testing.assert_allclose(
        kept_skill(blocks, np.ones(4000, bool), probability, event, rate),
        bootstrap_skill(blocks, probability, rate, event),
    )


def test_the_logarithmic_skill_compares_log_scores(cases):
    probability, event, rate, blocks = cases
    kept = probability < 0.3
    assert log_losses(probability, event).mean() == pytest.approx(log_score(probability, event))
    wanted = 1 - log_score(probability[kept], event[kept]) / log_score(rate[kept], event[kept])
    assert kept_log_skill(blocks, kept, probability, event, rate)[0] == pytest.approx(wanted)


def test_dropping_the_uncertain_lowers_the_loss_but_not_the_skill_of_rare_events(cases):
    """The reason why confidence alone is no gate: what it drops are the alarms."""
    probability, event, rate, blocks = cases
    kept = keep_share(np.abs(probability - 0.5), 0.85)
    assert answered(kept, event).ratio > 2
    assert log_losses(probability, event)[kept].mean() < log_losses(probability, event).mean()
    informative = keep_share((probability - rate) ** 2 - probability * (1 - probability), 0.85)
    ours, theirs = (kept_skill(blocks, one, probability, event, rate)[0] for one in (informative, kept))
    assert ours > theirs


def test_the_area_is_half_the_mean_loss_for_a_rank_that_knows_nothing_and_less_for_one_that_does(cases):
    probability, event, _, _ = cases
    loss = (probability - event) ** 2
    coverage, risk, area = generalised_risk(np.random.default_rng(1).random(4000), loss)
    assert (coverage[-1], risk[-1]) == pytest.approx((1, loss.mean()))
    assert area == pytest.approx(loss.mean() / 2, rel=0.05)
    assert generalised_risk(-loss, loss)[2] < generalised_risk(np.abs(probability - 0.5), loss)[2] < area
