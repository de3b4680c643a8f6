"""A1-A3: definitions and set inclusion, on both sides of each limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

inside = st.floats(0.001, 0.999)


@given(st.lists(inside, min_size=3, max_size=3))
def test_a_sorted_forecast_with_growing_windows_passes(values):
    c, m, x = sorted(values, reverse=True)
    made = batch([cells(c, m, x, (0.5, 0.6, 0.7))])
    for check in ("A1", "A2", "A3"):
        assert ask(check, made)[0] == [Outcome.PASS]


@given(st.floats(allow_nan=False, allow_infinity=True).filter(lambda p: not -2e-6 <= p <= 1 + 2e-6))
def test_a_probability_outside_its_bounds_is_invalid(value):
    made = batch([np.where(np.eye(3) == 1, value, 0.5)])
    assert ask("A1", made) == ([Outcome.INVALID], ["probability outside 0 to 1"])


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_certainty_asks_for_review(value):
    outcomes, reasons = ask("A1", batch([np.full((3, 3), value)]))
    assert outcomes == [Outcome.REVIEW]
    assert "exactly 0 or 1" in reasons[0]


def test_not_a_number_in_an_issued_forecast_is_invalid():
    values = np.stack([cells(0.5, 0.2, 0.1), cells(0.5, 0.2, 0.1)])
    values[0, 1, 1] = np.nan
    assert ask("A1", batch(values))[0] == [Outcome.INVALID, Outcome.PASS]


def test_a_class_not_issued_for_the_full_disk_is_no_offence():
    values = np.stack([cells(0.5, 0.2, 0.1), cells(0.5, 0.2, 0.1)])
    values[0, 0] = np.nan
    assert ask("A1", batch(values, entity=["full_disk", "region"]))[0] == [Outcome.PASS, Outcome.PASS]


def test_a_probability_outside_its_own_interval_is_invalid():
    dims = ("forecast", "threshold", "window")
    values = cells(0.5, 0.2, 0.1, (1, 1.1, 1.2))
    low = (dims, [values + 0.01])
    high = (dims, [values + 0.02])
    assert ask("A1", batch([values], probability_low=low, probability_high=high)) == (
        [Outcome.INVALID],
        ["probability below its own interval"],
    )
    assert ask("A1", batch([values + 0.015], probability_low=low, probability_high=high))[0] == [Outcome.PASS]
    assert ask("A1", batch([values + 0.025], probability_low=low, probability_high=high))[1] == [
        "probability above its own interval"
    ]


@given(inside, inside, st.sampled_from([(0, 1), (1, 2)]))
def test_class_nesting_is_decided_by_the_order_of_two_classes(first, second, pair):
    values = np.array([0.9999, 0.5, 0.0001])
    low, high = pair
    values[low], values[high] = first, second
    if pair == (0, 1):
        values[2] = min(values[2], second)
    else:
        values[0] = max(values[0], first)
    outcome = ask("A2", batch([cells(*values, (1, 1, 1))]))[0]
    assert outcome == [Outcome.INVALID if second > first + 1e-6 else Outcome.PASS]


@pytest.mark.parametrize(
    ("attrs", "excess", "expected"),
    [
        ({}, 1e-3, Outcome.INVALID),
        ({"probability_quantum": 0.01}, 0.004, Outcome.PASS),
        ({"probability_quantum": 0.01}, 0.006, Outcome.INVALID),
        ({"sampling_error": 0.002}, 0.005, Outcome.PASS),
        ({"sampling_error": 0.002}, 0.007, Outcome.INVALID),
    ],
)
def test_declared_rounding_and_sampling_error_widen_the_nesting(attrs, excess, expected):
    made = batch([cells(0.3, 0.3 + excess, 0.1, (1, 1, 1))], attrs=attrs)
    assert ask("A2", made)[0] == [expected]


@pytest.mark.parametrize("classes", ["exclusive", "unknown"])
def test_class_nesting_of_other_semantics_is_not_evaluable(classes):
    outcomes, reasons = ask("A2", batch([cells(0.1, 0.3, 0.4)], attrs={"classes": classes}))
    assert outcomes == [Outcome.NOT_EVALUABLE]
    assert "exclusive" in reasons[0]


def test_one_threshold_or_one_window_has_nothing_to_nest():
    assert ask("A2", batch([[[0.1, 0.2, 0.3]]], thresholds=("M1.0",)))[0] == [Outcome.NOT_EVALUABLE]
    assert ask("A3", batch([[[0.5], [0.2], [0.1]]], windows=(24.0,)))[0] == [Outcome.NOT_EVALUABLE]


@given(inside, inside)
def test_window_nesting_is_decided_by_the_order_of_two_windows(short, long):
    values = np.full((3, 3), [short, long, long])
    outcome = ask("A3", batch([values], area_change=10.0))[0][0]
    assert (outcome == Outcome.INVALID) == (short - long > 1e-6)


@pytest.mark.parametrize("windows", ["disjoint", "unknown"])
def test_window_nesting_of_other_semantics_is_not_evaluable(windows):
    outcomes, reasons = ask("A3", batch([cells(0.5, 0.3, 0.1)], attrs={"windows": windows}))
    assert outcomes == [Outcome.NOT_EVALUABLE]
    assert "disjoint" in reasons[0]


@pytest.mark.parametrize(
    ("day", "two", "change", "expected"),
    [
        (0.10, 0.19, np.nan, Outcome.PASS),
        (0.10, 0.26, np.nan, Outcome.PASS),
        (0.10, 0.23, -50.0, Outcome.PASS),
        (0.10, 0.26, 50.0, Outcome.PASS),
        (0.10, 0.26, -50.0, Outcome.REVIEW),
        (0.10, 0.101, np.nan, Outcome.REVIEW),
        (0.10, 0.103, np.nan, Outcome.PASS),
        (0.60, 0.601, np.nan, Outcome.PASS),
    ],
)
def test_the_growth_of_windows_asks_for_review_at_its_limits(day, two, change, expected):
    made = batch([np.full((3, 3), [day, two, max(two, 0.95)])], area_change=change)
    assert ask("A3", made)[0] == [expected]


@pytest.mark.parametrize(
    ("long", "expected"), [(0.19, Outcome.INVALID), (0.21, Outcome.PASS), (0.29, Outcome.PASS), (0.31, Outcome.INVALID)]
)
def test_daily_probabilities_bound_the_nested_window(long, expected):
    daily = (("forecast", "threshold", "window"), np.full((1, 3, 2), [0.1, 0.2]))
    made = batch([np.full((3, 2), [0.1, long])], windows=(24.0, 48.0), probability_daily=daily, area_change=1.0)
    assert ask("A3", made)[0] == [expected]
