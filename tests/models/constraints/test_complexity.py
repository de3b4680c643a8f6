"""C4-C7: counted frequencies for a region's class, area and recent flares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.constraints.tables import base_rates
from sunproof.models.constraints.views import shift

from .build import CLASSES, ask, batch, cells

NA = Outcome.NOT_EVALUABLE
FLAT = (1.0, 1.1, 1.2)


def region(p=(0.19, 0.036, 0.0038), **evidence):
    fresh = {"srs_time": np.datetime64("2014-05-31T12:00", "ns"), "mcintosh": "DAO", "hale": "BETA", "srs_area": 150.0}
    return batch([cells(*p, FLAT)], **{**fresh, "flares_24h": np.nan, **evidence})


@given(st.sampled_from(["AXX", "DAO", "EKC", "FKC"]), st.sampled_from([0, 1, 2]), st.floats(-5, 5))
def test_a_class_frequency_is_left_by_three_logits_beyond_its_interval(name, index, step):
    low, high, _ = base_rates("mcintosh", np.array([name]), list(CLASSES), "operational")
    middle = (low + high) / 2
    p = middle[0].copy()
    p[index] = shift(middle[0], step)[index]
    beyond = p[index] > shift(high, 3.0)[0, index] or p[index] < shift(low, -3.0)[0, index]
    made = region(tuple(p), mcintosh=name)
    assert ask("C4", made)[0] == [Outcome.REVIEW if beyond else Outcome.PASS]


@pytest.mark.parametrize(
    ("check", "evidence", "p", "expected", "word"),
    [
        ("C4", {"mcintosh": "AXX"}, (0.2, 0.15, 0.001), Outcome.REVIEW, "above"),
        ("C4", {"mcintosh": "FKC"}, (0.6, 0.01, 0.006), Outcome.REVIEW, "below"),
        ("C4", {"mcintosh": "fkc"}, (0.9, 0.45, 0.09), Outcome.PASS, ""),
        ("C5", {"hale": "ALPHA"}, (0.4, 0.2, 0.001), Outcome.REVIEW, "above"),
        ("C5", {"hale": "BETA-GAMMA-DELTA"}, (0.4, 0.2, 0.02), Outcome.PASS, ""),
        ("C6", {"srs_area": 5.0}, (0.3, 0.2, 0.001), Outcome.REVIEW, "above"),
        ("C6", {"srs_area": 1200.0}, (0.8, 0.3, 0.05), Outcome.PASS, ""),
        ("C6", {"srs_area": 90.0}, (0.4, 0.3, 0.25), Outcome.REVIEW, "above"),
    ],
)
def test_counted_frequencies_decide(check, evidence, p, expected, word):
    outcomes, reasons = ask(check, region(p, **evidence))
    assert outcomes == [expected]
    assert reasons[0].startswith(word)


@pytest.mark.parametrize(
    ("mcintosh", "p", "expected"),
    [
        ("AXX", (0.02, 1e-3, 1e-7), Outcome.REVIEW),
        ("", (0.02, 1e-3, 1e-7), Outcome.PASS),
        ("", (0.6, 0.2, 1e-3), Outcome.REVIEW),
    ],
)
def test_plage_without_spots_may_flare_less_than_the_smallest_spots_but_not_more(mcintosh, p, expected):
    assert ask("C6", region(p, srs_area=0.0, mcintosh=mcintosh, hale=""))[0] == [expected]


@pytest.mark.parametrize("check", ["C4", "C5", "C6"])
@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"entity": "full_disk"}, "not of the full disk"),
        ({"noaa_ar": -1}, "no NOAA number"),
        ({"srs_time": np.datetime64("NaT", "ns")}, "no region summary"),
        ({"srs_time": np.datetime64("2014-05-30T23:00", "ns")}, "older than 24 h"),
        ({"srs_time": np.datetime64("2014-06-01T01:00", "ns")}, "later than the data cut-off"),
        ({"mcintosh": "", "hale": "", "srs_area": np.nan}, "has no"),
        ({"summary_regions": 2.0}, "several numbered regions"),
        ({"noaa_ars": "11158,11159"}, "several numbered regions"),
        ({"attrs": {"classes": "unknown"}}, "cumulative or exclusive"),
    ],
)
def test_a_missing_prerequisite_is_not_evaluable(check, evidence, reason):
    outcomes, reasons = ask(check, region((0.9, 0.8, 0.7), **evidence))
    assert outcomes == [NA]
    assert reason in reasons[0]


def test_a_class_with_few_region_days_or_none_is_not_evaluable():
    outcomes, reasons = ask("C4", region(mcintosh="CHI"))
    assert (outcomes, reasons) == ([NA], ["fewer than 30 such region-days"])
    outcomes, reasons = ask("C4", region(mcintosh="QQQ"))
    assert (outcomes, reasons) == ([NA], ["the McIntosh class is not in the table"])


def test_a_patch_that_held_several_regions_is_judged_on_a_day_with_one():
    made = region((0.2, 0.15, 0.001), mcintosh="AXX", noaa_ars="11158,11159", summary_regions=1.0)
    assert ask("C4", made)[0] == [Outcome.REVIEW]


def test_the_flares_of_several_regions_are_not_one_regions():
    made = region((0.2, 0.001, 0.0), flares_24h=9.0, summary_regions=2.0)
    assert ask("C7", made)[0] == [NA]
    assert ask("C7", made.assign(summary_regions=("forecast", [1.0])))[0] == [Outcome.REVIEW]


def test_the_reference_size_is_that_of_the_class():
    found = evaluate(region(mcintosh="FKC"), all_checks(["C4"]))
    assert found.reference_size.values.tolist() == [[365]]


def test_one_frequency_is_context_where_all_are_weighed_together():
    far = region((0.2, 0.15, 0.001), mcintosh="AXX")
    assert ask("C4", far)[0] == [Outcome.REVIEW]
    assert ask("C4", far.assign(flares_24h=("forecast", [2.0])))[0] == [Outcome.INFO]


@pytest.mark.parametrize(
    ("p_x", "area", "change", "flagged"),
    [(0.21, 99.0, np.nan, True), (0.19, 99.0, np.nan, False), (0.21, 101.0, np.nan, False), (0.21, 99.0, 150.0, False)],
)
def test_a_small_region_may_expect_an_x_flare_only_while_it_emerges(p_x, area, change, flagged):
    made = region((0.9, 0.5, p_x), srs_area=area, area_change=change, flares_24h=20.0)
    # The frequency of its area is context here, since the combined prior can judge.
    assert (ask("C6", made)[0] == [Outcome.REVIEW]) == flagged


@pytest.mark.parametrize(
    ("flares", "area", "p_m", "expected"),
    [
        (6.0, 300.0, 0.009, Outcome.REVIEW),
        (6.0, 300.0, 0.011, Outcome.PASS),
        (4.0, 300.0, 0.001, Outcome.PASS),
        (0.0, 199.0, 0.31, Outcome.REVIEW),
        (0.0, 199.0, 0.29, Outcome.PASS),
        (0.0, 201.0, 0.31, Outcome.PASS),
        (0.0, np.nan, 0.31, Outcome.PASS),
        (1.0, 50.0, 0.31, Outcome.PASS),
        (np.nan, 50.0, 0.31, NA),
    ],
)
def test_recent_flares_bound_what_is_expected(flares, area, p_m, expected):
    made = region((max(p_m, 0.4), p_m, p_m / 20), flares_24h=flares, srs_area=area)
    assert ask("C7", made)[0] == [expected]
