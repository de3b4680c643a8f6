"""G1 and G3: size distribution and event statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.physics.rates import probability_of_rate

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE


def implied(mc, xm, p_m=0.2):
    rate = -np.log1p(-p_m)
    return batch([np.repeat(probability_of_rate([rate / mc, rate, rate * xm])[:, None], 3, axis=1)])


@given(st.floats(0.05, 0.5), st.floats(0.02, 0.35))
def test_ratios_of_observed_size_distributions_pass(mc, xm):
    assert ask("G1", implied(mc, xm))[0] == [Outcome.PASS]


@pytest.mark.parametrize(
    ("mc", "xm", "p_m", "expected"),
    [
        (0.2, 0.41, 0.2, Outcome.REVIEW),
        (0.2, 0.39, 0.2, Outcome.PASS),
        (0.2, 0.0098, 0.2, Outcome.REVIEW),
        (0.2, 0.0102, 0.2, Outcome.PASS),
        (0.61, 0.1, 0.2, Outcome.REVIEW),
        (0.59, 0.1, 0.2, Outcome.PASS),
        (0.0178, 0.1, 0.2, Outcome.REVIEW),
        (0.0182, 0.1, 0.2, Outcome.PASS),
        (0.2, 0.71, 0.06, Outcome.IMPLAUSIBLE),
        (0.2, 0.71, 0.04, Outcome.REVIEW),
        (0.2, 0.69, 0.06, Outcome.REVIEW),
        (0.2, 0.71, 0.004, NA),
    ],
)
def test_ratios_ask_for_review_at_their_limits(mc, xm, p_m, expected):
    assert ask("G1", implied(mc, xm, p_m))[0] == [expected]


def test_a_region_limited_in_energy_may_fall_below_the_power_law():
    low = implied(0.2, 0.001)
    assert ask("G1", low)[0] == [Outcome.REVIEW]
    assert ask("G1", low.assign(flux_limit=("forecast", [5e-5])))[0] == [Outcome.PASS]


def test_printed_digits_are_given_the_benefit_of_the_doubt():
    made = batch([cells(0.10, 0.02, 0.01, (1, 1, 1))])
    assert ask("G1", made)[0] == [Outcome.REVIEW]
    assert ask("G1", made.assign_attrs(probability_quantum=0.01))[0] == [Outcome.PASS]


@pytest.mark.parametrize("classes", ["exclusive", "unknown"])
def test_ratios_of_exclusive_classes_are_converted_and_unknown_ones_not_evaluable(classes):
    # Exclusive C 0.1 and M 0.2 are P(>=C) 0.28: a ratio of 0.68 as they stand would be far above 1.
    made = batch([cells(0.1, 0.2, 0.02, (1, 1, 1))], attrs={"classes": classes})
    assert ask("G1", made)[0] == [Outcome.REVIEW if classes == "exclusive" else NA]


@given(st.floats(0, 6))
def test_event_statistics_are_left_by_five_logits(step):
    baseline = cells(0.12, 0.1, 0.05, (1, 1, 1))
    odds = baseline / (1 - baseline) * np.exp(step)
    made = batch(
        [odds / (1 + odds)],
        history_events=12.0,
        probability_wheatland=(("forecast", "threshold", "window"), [baseline]),
    )
    outcome = ask("G3", made)[0][0]
    if abs(step - 5) > 1e-6:
        assert outcome == (Outcome.REVIEW if step > 5 else Outcome.PASS)


@pytest.mark.parametrize(
    ("issued", "history", "expected"),
    [(1e-6, 0.5, Outcome.PASS), (1e-6, 0.7, Outcome.REVIEW), (0.99, 1 - 1e-9, Outcome.PASS)],
)
def test_history_tells_no_probability_near_zero_or_one(issued, history, expected):
    baseline = (("forecast", "threshold", "window"), [np.full((3, 3), history)])
    made = batch([np.full((3, 3), issued)], history_events=12.0, probability_wheatland=baseline)
    assert ask("G3", made)[0] == [expected]


@pytest.mark.parametrize(("events", "reason"), [(9.0, "fewer than 10 flares"), (np.nan, "history are unknown")])
def test_a_short_history_says_nothing(events, reason):
    baseline = (("forecast", "threshold", "window"), [cells(0.001, 0.0001, 0.00001)])
    made = batch([cells(0.9, 0.8, 0.7)], history_events=events, probability_wheatland=baseline)
    outcomes, reasons = ask("G3", made)
    assert outcomes == [NA]
    assert reason in reasons[0]
