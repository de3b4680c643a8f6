"""Wheatland's event statistics: the formula, its limits, and that the future does not leak in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.flare_statistics import EventStatistics, wheatland_probability

START = np.datetime64("2014-01-01", "ns")
DAY = np.timedelta64(86_400_000_000_000, "ns")
# Priors so weak that the formula stands alone, and a penalty so high that there is one block.
BARE = EventStatistics(change_penalty=1e6, prior_events=1e-12, prior_days=1e-12, index_events=1e-9)


def at(days) -> np.ndarray:
    return START + (np.asarray(days, float) * DAY.astype(float)).astype("timedelta64[ns]")


def test_one_block_gives_the_published_formula():
    flux = np.array([1e-6, 3e-6, 1e-5, 2e-5])
    found = wheatland_probability(
        at([1, 2, 3, 4]), flux, np.ones(4, int), at([5.0]), [1], [1e-5], [24.0], slot_since=at([0.0]), method=BARE
    )
    power = 4 / np.log(flux / 1e-6).sum()
    assert found[0, 0, 0] == pytest.approx(1 - np.exp(-4 / 5 * 0.1**power))


def test_a_burst_starts_a_block_of_its_own():
    days = np.concatenate([[1.0, 20.0, 40.0], 59 + np.arange(20) / 20])
    method = EventStatistics(change_penalty=4.0, prior_events=1e-9, prior_days=1e-9)
    found = wheatland_probability(
        at(days), np.full(23, 1.0001e-6), np.ones(23, int), at([60.0]), [1], [1.0001e-6], [24.0], at([0.0]), method
    )
    # Twenty in the last day, not 23 in sixty.
    assert -np.log1p(-found[0, 0, 0]) == pytest.approx(20, rel=0.1)


@given(st.lists(st.floats(0, 30), min_size=1, max_size=40), st.floats(1, 29))
def test_what_comes_after_the_slot_does_not_matter(days, slot):
    days = np.array(days)
    flux = 1e-6 * (1 + days) ** 1.5
    ask = {"slot_time": at([slot]), "slot_region": [7], "thresholds": [1e-6, 1e-5], "windows": [24.0, 72.0]}
    everything = wheatland_probability(at(days), flux, np.full(days.size, 7), slot_since=at([0.0]), **ask)
    past = days <= slot
    known = wheatland_probability(at(days[past]), flux[past], np.full(past.sum(), 7), slot_since=at([0.0]), **ask)
    np.testing.assert_allclose(everything, known, rtol=1e-12)


def test_regions_and_orders_do_not_mix():
    rng = np.random.default_rng(1)
    days, regions = rng.uniform(0, 20, 200), rng.integers(0, 5, 200)
    flux = 1e-6 * rng.pareto(1.1, 200) + 1e-6
    slots, slot_regions = rng.uniform(0, 20, 60), rng.integers(0, 6, 60)
    since = at(np.zeros(60))
    together = wheatland_probability(at(days), flux, regions, at(slots), slot_regions, [1e-6], [24.0], since)
    for region in range(6):
        own, mine = regions == region, slot_regions == region
        alone = wheatland_probability(
            at(days[own]), flux[own], regions[own], at(slots[mine]), slot_regions[mine], [1e-6], [24.0], since[mine]
        )
        np.testing.assert_allclose(together[mine], alone)


def test_probabilities_nest_in_class_and_window_and_are_never_zero():
    found = wheatland_probability(
        at([1, 2, 3]), [2e-6, 5e-6, 2e-5], [1, 1, 1], at([0.5, 4, 400]), [1, 1, 2], [1e-6, 1e-5, 1e-4], [24.0, 48.0]
    )
    assert (np.diff(found, axis=1) < 0).all()
    assert (np.diff(found, axis=2) > 0).all()
    assert ((found > 0) & (found < 1)).all()


def test_a_quiet_region_fades_the_longer_it_is_watched():
    found = wheatland_probability(
        np.array([], "datetime64[ns]"), [], np.array([], int), at([0, 1, 5, 10]), np.ones(4, int), [1e-6], [24.0]
    )
    assert (np.diff(found[:, 0, 0]) < 0).all()
    assert found[0, 0, 0] == pytest.approx(1 - np.exp(-0.3 / 2.0))


def test_small_events_and_simultaneous_ones_do_no_harm():
    base = wheatland_probability(at([1, 1, 1]), [2e-6] * 3, [1] * 3, at([1.0]), [1], [1e-6], [24.0])
    more = wheatland_probability(at([1, 1, 1, 1]), [2e-6] * 3 + [5e-7], [1] * 4, at([1.0]), [1], [1e-6], [24.0])
    assert np.isfinite(base).all()
    np.testing.assert_array_equal(base, more)


def test_no_slots_give_an_empty_answer():
    found = wheatland_probability(at([1]), [2e-6], [1], np.array([], "datetime64[ns]"), [], [1e-6], [24.0, 48.0])
    assert found.shape == (0, 1, 2)
