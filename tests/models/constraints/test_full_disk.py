"""A4 and A8: the full disk against its regions and against climatology."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

ROWS = ["full_disk", "region", "region"]
NA = Outcome.NOT_EVALUABLE
GROWTH = (1.0, 1.0, 1.0)


def disk(full, *regions, **kwargs):
    values = np.stack([cells(*row, GROWTH) for row in (full, *regions)])
    kwargs.setdefault("entity", ["full_disk"] + ["region"] * len(regions))
    return batch(values, **kwargs)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_the_full_disk_is_never_below_a_region(full, region):
    outcome = ask("A4", disk((full, full, full), (region, region, region)))[0]
    assert (outcome[0] == Outcome.INVALID) == (region - full > 1e-6)
    assert outcome[1] == NA


def test_the_lower_bound_holds_although_a_region_is_missing_and_the_rest_does_not():
    made = disk((0.9, 0.1, 0.01), (0.5, 0.3, 0.01), (0.2, 0.1, 0.01), status=["ISSUED", "ISSUED", "NO_FORECAST"])
    assert ask("A4", made)[0] == [Outcome.INVALID, NA, NA]
    made = disk((0.9, 0.3, 0.01), (0.5, 0.3, 0.01), (0.2, 0.1, 0.01), status=["ISSUED", "ISSUED", "NO_FORECAST"])
    outcomes, reasons = ask("A4", made)
    assert outcomes == [NA, NA, NA]
    assert reasons[0] == "a region of the same issue time has no forecast"


@pytest.mark.parametrize(("full", "expected"), [(0.44, Outcome.PASS), (0.52, Outcome.INVALID)])
def test_the_upper_bound_needs_a_declared_background(full, expected):
    rows = (full, full, full), (0.3, 0.3, 0.3), (0.1, 0.1, 0.1)
    background = (("forecast", "threshold", "window"), np.full((3, 3, 3), 0.1))
    assert ask("A4", disk(*rows, probability_background=background))[0][0] == expected
    assert ask("A4", disk(*rows))[0][0] != Outcome.INVALID


@pytest.mark.parametrize(
    ("full", "expected"), [(0.49, Outcome.PASS), (0.38, Outcome.PASS), (0.36, Outcome.REVIEW), (0.59, Outcome.PASS)]
)
def test_the_product_rule_asks_for_review(full, expected):
    background = (("forecast", "threshold", "window"), np.zeros((3, 3, 3)))
    background[1][:] = 0.2
    made = disk((full, full, full), (0.3, 0.3, 0.3), (0.1, 0.1, 0.1), probability_background=background)
    assert ask("A4", made)[0][0] == expected


def test_the_tabulated_background_follows_the_phase_and_needs_one():
    # At maximum a quarter of an M flare's probability comes from elsewhere; at minimum nothing does.
    rows = (0.75, 0.13, 0.012), (0.2, 0.02, 0.002), (0.1, 0.01, 0.001)
    assert ask("A4", disk(*rows, when="2014-06-01"))[0][0] == Outcome.PASS
    outcomes, reasons = ask("A4", disk(*rows, when="2008-06-01"))
    assert outcomes[0] == Outcome.REVIEW
    assert "product rule" in reasons[0]
    assert ask("A4", disk(*rows, when="2024-06-01"))[0][0] == Outcome.PASS
    assert ask("A4", disk(*rows, when="2024-06-01", cycle_phase="minimum"))[0][0] == Outcome.REVIEW


def test_other_issue_times_and_other_window_starts_are_not_compared():
    rows = (0.1, 0.1, 0.1), (0.5, 0.5, 0.5)
    times = ["2014-06-01", "2014-06-02"]
    outcomes, reasons = ask("A4", disk(*rows, when=times))
    assert (outcomes[0], reasons[0]) == (NA, "no region was forecast at the same issue time")
    outcomes, reasons = ask("A4", disk(*rows, start=times))
    assert (outcomes[0], reasons[0]) == (NA, "regions and full disk have different window starts")


def test_groups_are_kept_apart_whatever_the_order_of_rows():
    rng = np.random.default_rng(3)
    entity = np.array(["full_disk", "region", "region"] * 20)
    day = np.repeat(np.arange(20), 3)
    values = np.where(entity == "full_disk", 0.5 + 0.01 * day, 0.4 + 0.02 * day)
    shuffle = rng.permutation(60)
    made = batch(
        np.repeat(values[shuffle], 9).reshape(60, 3, 3),
        entity=list(entity[shuffle]),
        when=list((np.datetime64("2014-06-01") + day)[shuffle].astype(str)),
    )
    outcomes = np.array(ask("A4", made)[0])
    expected = (values < 0.4 + 0.02 * day - 1e-9) & (entity == "full_disk")
    assert ((outcomes == Outcome.INVALID) == expected[shuffle]).all()
    assert 0 < expected.sum() < 20


def test_the_bounds_hold_for_classes_of_unknown_meaning():
    made = disk((0.1, 0.1, 0.1), (0.5, 0.5, 0.5), attrs={"classes": "unknown"})
    assert ask("A4", made)[0][0] == Outcome.INVALID


@pytest.mark.parametrize(
    ("p_m", "when", "expected"),
    [(0.35, "2014-06-01", Outcome.PASS), (0.35, "2008-06-01", Outcome.REVIEW), (0.005, "2014-06-01", Outcome.REVIEW)],
)
def test_the_climatology_of_the_phase_is_an_anchor(p_m, when, expected):
    made = batch([cells(0.6, p_m, 0.003, GROWTH)], entity="full_disk", when=when)
    assert ask("A8", made)[0] == [expected]


def test_a_region_supports_what_climatology_does_not():
    made = disk((0.30, 0.25, 0.003), (0.28, 0.22, 0.003), when="2008-06-01")
    assert ask("A8", made)[0][0] == Outcome.PASS


def test_climatology_needs_a_phase_and_a_full_disk():
    assert ask("A8", batch([cells(0.9, 0.5, 0.1)], entity="full_disk", when="2024-06-01"))[0] == [NA]
    assert ask("A8", batch([cells(0.9, 0.5, 0.1)], entity="region"))[0] == [NA]
    made = batch([cells(0.9, 0.5, 0.1)], entity="full_disk", attrs={"classes": "unknown"})
    assert ask("A8", made)[0] == [NA]


def test_exclusive_classes_are_converted_before_they_are_compared():
    # Exclusive C of 0.2 with M of 0.19 is P(>=C) of 0.35: near climatology; read as cumulative it would be far below.
    values = [cells(0.10, 0.19, 0.02, GROWTH)]
    assert ask("A8", batch(values, entity="full_disk"))[0] == [Outcome.REVIEW]
    assert ask("A8", batch(values, entity="full_disk", attrs={"classes": "exclusive"}))[0] == [Outcome.PASS]
