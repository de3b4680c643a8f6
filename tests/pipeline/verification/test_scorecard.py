import numpy as np
import pytest

from sunproof.pipeline.verification.bootstrap import make_blocks
from sunproof.pipeline.verification.scorecard import compare, score, uncertainty


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    truth = rng.beta(1, 3, 3000)
    return truth, (rng.random(3000) < truth).astype(float), {"region": make_blocks(np.arange(3000) // 30, 500, 0)}


def test_a_row_states_the_negative_population(case):
    probability, event, _ = case
    row = score(probability, event, 0.25, {"climatology": np.full(3000, 0.2)})
    assert row["events"] + row["non_events"] == row["cases"] == 3000
    assert row["bss_climatology"] > row["bss"] > 0.1
    assert row["tss_best"] >= row["tss"]
    assert row["slope"] == pytest.approx(1, abs=0.1)


def test_the_warning_threshold_is_the_training_base_rate_not_the_samples(case):
    probability, event, _ = case
    assert score(probability, event, 0.9, {})["tss"] < score(probability, event, 0.25, {})["tss"]


def test_an_empty_subset_scores_nan_and_not_zero():
    row = score(np.zeros(0), np.zeros(0), 0.1, {})
    assert row["cases"] == 0
    assert np.isnan([row[name] for name in ("bss", "auc", "tss", "slope", "rate")]).all()


def test_intervals_hold_the_score_of_the_row(case):
    probability, event, blocks = case
    row, found = score(probability, event, 0.25, {}), uncertainty(probability, event, 0.25, blocks, 0.95)
    for name in ("bss", "auc", "tss"):
        assert found[name]["region"].value == pytest.approx(row[name])
        assert found[name]["region"].low < row[name] < found[name]["region"].high


def test_a_better_forecast_differs_from_noise_and_a_copy_does_not(case):
    probability, event, blocks = case
    blurred = np.clip(probability + np.random.default_rng(1).normal(0, 0.15, 3000), 0, 1)
    better = compare(probability, blurred, event, 0.25, blocks, 0.95)
    assert all(better[name]["region"].excludes_zero for name in ("bss", "auc"))
    assert not any(
        kinds["region"].excludes_zero for kinds in compare(probability, probability, event, 0.25, blocks, 0.95).values()
    )
