import numpy as np
import pytest

from sunproof.pipeline.verification.reliability import reliability, reliability_slope


def test_bins_count_cases_and_events_and_leave_out_empty_ones():
    table = reliability(np.array([0.0, 0.1, 0.1, 1.0]), np.array([0.0, 1, 0, 1]), (0, 0.1, 0.5, 1))
    assert table.low.tolist() == [0, 0.1, 0.5]
    assert table.count.tolist() == [1, 2, 1]
    assert table.events.tolist() == [0, 1, 1]
    assert table.observed.tolist() == [0, 0.5, 1]
    assert table.forecast.tolist() == [0, 0.1, 1]


def test_no_case_is_lost():
    probability = np.random.default_rng(0).random(1000)
    assert reliability(probability, np.zeros(1000)).count.sum() == 1000


@pytest.mark.parametrize(("stretch", "slope"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0)])
def test_slope_tells_overconfident_from_timid(stretch, slope):
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.3, 0.7, 200_000)
    event = (rng.random(200_000) < truth).astype(float)
    assert reliability_slope(0.5 + stretch * (truth - 0.5), event) == pytest.approx(slope, rel=0.05)


def test_slope_of_a_constant_is_undefined():
    assert np.isnan(reliability_slope(np.full(9, 0.1), np.zeros(9)))
    assert np.isnan(reliability_slope(np.zeros(0), np.zeros(0)))
