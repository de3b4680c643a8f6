"""Student's interval over regions left out one by one."""

import numpy as np
import pytest

from sunproof.pipeline.verification.jackknife import ratio_interval


def test_of_a_mean_of_single_cases_it_is_students_interval():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    found = ratio_interval(values, np.ones(4), np.arange(4), 3)
    # t(0.975, 3) = 3.1824
    reach = 3.182446 * values.std(ddof=1) / 2
    assert (found.value, found.low, found.high) == pytest.approx((4.0, 4.0 - reach, 4.0 + reach))


def test_repeating_the_cases_of_a_region_does_not_narrow_it():
    values, keys = np.array([1.0, 2.0, 4.0, 9.0]), np.arange(4)
    once = ratio_interval(values, np.ones(4), keys, 3)
    often = ratio_interval(np.repeat(values, 50), np.ones(200), np.repeat(keys, 50), 3)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_five_unequal_regions_are_covered_where_the_bootstrap_is_not():
    random = np.random.default_rng(0)
    below, bootstrap = 0, 0
    for _ in range(400):
        under = random.uniform(0.2, 1.8, 5)
        over = random.normal(0, 1, 5) * under
        below += ratio_interval(over, under, np.arange(5), 4).high < 0
        drawn = random.integers(0, 5, (200, 5))
        bootstrap += np.quantile(over[drawn].sum(axis=1) / under[drawn].sum(axis=1), 0.975) < 0
    # 2.5 % wanted
    assert 0.005 < below / 400 < 0.05
    assert bootstrap > 2 * below


@pytest.mark.parametrize(
    ("under", "keys", "freedom"), [([1.0, 1], [0, 0], 3), ([1.0, 0], [0, 1], 1), ([1.0, 1], [0, 1], 0)]
)
def test_without_enough_blocks_it_has_no_ends(under, keys, freedom):
    found = ratio_interval(np.array([1.0, 3.0]), np.array(under), np.array(keys), freedom)
    assert np.isfinite(found.value)
    assert np.isnan([found.low, found.high]).all()


def test_nothing_to_divide_by_gives_no_value():
    assert np.isnan(ratio_interval(np.ones(2), np.zeros(2), np.arange(2), 1).value)
