import numpy as np
import pytest

from sunproof.pipeline.verification.bootstrap import (
    Interval,
    bootstrap_auc,
    bootstrap_skill,
    bootstrap_true_skill,
    interval,
    make_blocks,
)
from sunproof.pipeline.verification.categorical import tabulate
from sunproof.pipeline.verification.scores import area_under_roc, brier_skill


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    keys = rng.integers(0, 20, 400)
    probability = rng.random(400).round(1)
    return keys, probability, (rng.random(400) < probability).astype(float)


def repeated(blocks, row):
    """Case numbers of a resample, written out."""
    return np.repeat(np.arange(len(blocks.index)), blocks.weights[row].astype(int)[blocks.index])


@pytest.mark.parametrize("row", [0, 1, 7])
def test_a_resample_equals_the_score_of_its_cases_written_out(case, row):
    keys, probability, event = case
    blocks = make_blocks(keys, 10, seed=0)
    cases = repeated(blocks, row)
    reference = np.full(len(event), 0.4)
    given = probability[cases], event[cases]
    assert bootstrap_skill(blocks, probability, reference, event)[row] == pytest.approx(brier_skill(*given, 0.4))
    assert bootstrap_auc(blocks, probability, event)[row] == pytest.approx(area_under_roc(*given))
    assert bootstrap_true_skill(blocks, probability, event, 0.5)[row] == pytest.approx(tabulate(*given, 0.5).true_skill)


def test_a_resample_draws_whole_blocks_and_as_many_as_there_are(case):
    blocks = make_blocks(case[0], 50, seed=0)
    assert (blocks.weights.sum(axis=1) == 20).all()
    assert (blocks.weights[0] == 1).all()


def test_the_seed_decides(case):
    same = make_blocks(case[0], 5, seed=2).weights == make_blocks(case[0], 5, seed=2).weights
    assert same.all()
    assert (make_blocks(case[0], 5, seed=3).weights != make_blocks(case[0], 5, seed=2).weights).any()


def test_correlated_cases_widen_the_interval():
    rng = np.random.default_rng(0)
    level = np.repeat(rng.random(30), 50)  # 30 regions whose cases share one fate
    event = np.repeat((rng.random(30) < 0.5).astype(float), 50)
    reference = np.full(len(event), 0.5)
    widths = []
    for keys in (np.arange(1500), np.repeat(np.arange(30), 50)):
        found = interval(bootstrap_skill(make_blocks(keys, 500, seed=0), level, reference, event))
        widths.append(found.high - found.low)
    assert widths[1] > 4 * widths[0]


def test_a_paired_difference_is_narrower_than_its_parts(case):
    keys, probability, event = case
    blocks, reference = make_blocks(keys, 1000, seed=0), np.full(len(event), 0.4)
    ours = bootstrap_skill(blocks, probability, reference, event)
    theirs = bootstrap_skill(blocks, np.clip(probability + 0.02, 0, 1), reference, event)
    alone, paired = interval(ours), interval(ours - theirs)
    assert paired.high - paired.low < 0.3 * (alone.high - alone.low)


def test_interval_holds_the_value_and_leaves_out_undefined_resamples():
    found = interval(np.array([0.5, 0.4, np.nan, 0.6]), level=0.9)
    assert found.value == 0.5
    assert 0.4 < found.low < 0.5 < found.high < 0.6


def test_one_block_gives_no_interval_rather_than_one_of_width_zero():
    blocks = make_blocks(np.zeros(4), 1000, seed=0)
    found = interval(bootstrap_skill(blocks, np.full(4, 0.3), np.full(4, 0.2), np.array([0.0, 0, 1, 0])))
    assert np.isfinite(found.value)
    assert np.isnan([found.low, found.high]).all()
    assert not found.excludes_zero


@pytest.mark.parametrize(("low", "high", "answer"), [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False)])
def test_an_interval_says_whether_zero_is_outside(low, high, answer):
    assert Interval(0.0, low, high).excludes_zero is answer
