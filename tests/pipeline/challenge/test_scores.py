"""Scores of trials whose outcome is known."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.rule import Rule
from sunproof.pipeline.challenge.scores import directions, plant_row, pooled, separation

CONFIG = ChallengeConfig(archive="a", samples="s", bundle="b", output="o", resamples=50)


def trial(outcome, moved=None, verdict=None, checks=("A", "B"), **columns):
    """A check a row, a forecast a column."""
    outcome = np.atleast_2d(np.asarray(outcome, np.int8))
    size = outcome.shape[1]
    known = {
        "moved": np.ones(size) if moved is None else np.asarray(moved, float),
        "severity": np.ones(size),
        "verdict": np.where((outcome >= 2).any(axis=0), "REVIEW", "ACCEPT") if verdict is None else np.array(verdict),
        "status": np.full(size, "ISSUED"),
        "region": np.arange(size),
        "probability": np.full(size, 0.9),
        "referee": np.full(size, 0.9),
    }
    matrices = {
        "outcome": outcome,
        "value": columns.pop("value", outcome.astype(float)),
        "limit": np.full(outcome.shape, 1.5),
    }
    data = {name: ("forecast", values) for name, values in (known | columns).items()}
    data |= {name: (("check", "forecast"), values) for name, values in matrices.items()}
    return xr.Dataset(data | {"check": ("check", np.array(checks)[: len(outcome)])})


@pytest.fixture
def good():
    # A fires on one good forecast in ten, B never
    return trial([[2] * 10 + [0] * 90, [0] * 100], moved=np.zeros(100))


def test_a_check_that_often_fires_on_good_forecasts_raises_no_alarm_alone(good):
    rule = Rule.learn(good)
    alarms = rule.alarms(trial([[2, 0, 2, 0], [0, 2, 2, 0]]))["checks"]
    assert alarms.tolist() == [False, True, True, False]
    assert rule.alarms(good)["checks"].mean() <= 0.05


def test_a_slot_without_a_forecast_serves_nothing_made_up(good):
    lost = trial([[0], [0]], verdict=["NO_FORECAST"])
    assert Rule.learn(good).alarms(lost)["checks"].all()


def asked_of_few():
    """Good forecasts: 40 of 200 were explained, H9 objects to 12 of these, A to 2 of all."""
    explanations = np.repeat([2, 0, -1], [12, 28, 160])
    records = np.where(np.isin(np.arange(200), (50, 150)), 2, 0)
    return trial([explanations, records, [-1] * 200], np.zeros(200), checks=("H9", "A", "Z"))


def test_a_rate_is_of_the_forecasts_that_a_check_could_judge():
    rule = Rule.learn(asked_of_few())
    assert rule.weights[0] == pytest.approx(-np.log(12.5 / 41))
    # 0.3 of the explained good forecasts have this objection: it is no sign of a fault
    alone = trial([[2], [0], [-1]], checks=("H9", "A", "Z"))
    assert not rule.alarms(alone)["checks"].any()
    # and it takes nothing from a rare one
    assert rule.alarms(trial([[2, -1], [2, 2], [-1, -1]], checks=("H9", "A", "Z")))["checks"].all()


def test_false_alarms_are_at_most_a_twentieth_of_all_that_come():
    # G objects to a tenth of the explained good forecasts, A to one in fifty of the others
    explanations = np.repeat([0, -1], [100, 900])
    objection, other = (np.where(np.arange(1000) % step == 0, 2, 0) for step in (10, 50))
    objection[100:], other[:100] = 0, 0
    good = trial([explanations, objection, other], np.zeros(1000), checks=("H4", "G", "A"))
    assert 0 < Rule.learn(good).alarms(good)["checks"].mean() <= 0.05


def test_a_check_that_judged_too_few_has_no_rate_and_raises_no_alarm():
    seen = np.where(np.arange(100) < 19, 0, -1)
    rule = Rule.learn(trial([seen, [0] * 100], np.zeros(100)))
    objection = trial([[2, 2, -1], [0, 2, 2]])
    assert rule.alarms(objection)["checks"].tolist() == [False, True, True]
    assert rule.unweighed(objection) == ["A"]
    one_more = np.where(np.arange(100) < 20, 0, -1)
    assert Rule.learn(trial([one_more, [0] * 100], np.zeros(100))).unweighed(objection) == []


def test_objections_add_up():
    # each objects to another tenth of the good forecasts: one of them is no alarm, two are
    one, other = (np.where(np.arange(100) // 10 == part, 2, 0) for part in (0, 1))
    rule = Rule.learn(trial([one, other], np.zeros(100)))
    planted = trial([[2, 0, 2], [0, 2, 2]])
    first, second, both = rule.scores(planted)["checks"]
    assert both == pytest.approx(first + second)
    assert rule.alarms(planted)["checks"].tolist() == [False, False, True]


def test_of_a_family_that_asks_one_thing_in_several_ways_the_gravest_objection_counts():
    one, other, third = (np.where(np.arange(120) // 10 == part, 2, 0) for part in (0, 1, 2))
    other[:5] = 2
    names = ("H6", "H9", "G1")
    rule = Rule.learn(trial([one, other, third], np.zeros(120), checks=names))
    six, nine, both, apart = rule.scores(trial([[2, 0, 2, 2], [0, 2, 2, 0], [0, 0, 0, 2]], checks=names))["checks"]
    assert both == max(six, nine)
    assert apart > six


def test_to_abstain_and_to_find_the_numbers_odd_is_one_objection():
    silent, odd = (np.where(np.arange(120) // 10 == part, 2, 0) for part in (0, 1))
    rule = Rule.learn(trial([silent, odd], np.zeros(120), checks=("K3", "G1")))
    assert len(set(rule.scores(trial([[2, 0, 2], [0, 2, 2]], checks=("K3", "G1")))["checks"])) == 1
    rule = Rule.learn(trial([silent, odd], np.zeros(120), checks=("K1", "G1")))
    one, other, both = rule.scores(trial([[2, 0, 2], [0, 2, 2]], checks=("K1", "G1")))["checks"]
    assert both == pytest.approx(one + other)


def test_what_no_check_can_judge_is_neither_passed_nor_alarmed(good):
    rule = Rule.learn(good)
    assert not rule.alarms(trial([[-1, -1], [-1, -1]]))["checks"].any()
    # nor does it make a rate smaller
    diluted = trial(
        np.concatenate([good["outcome"].values, np.full((2, 900), -1)], axis=1), np.zeros(1000), np.full(1000, "ACCEPT")
    )
    np.testing.assert_array_equal(Rule.learn(diluted).weights, rule.weights)


def test_detection_is_of_the_harmed(good):
    row = plant_row(
        "p",
        "leak",
        "rejected",
        trial([[0] * 6, [2, 2, 0, 2, 0, 0]], moved=[0.9, 0.5, 0.3, 0, 0, 0]),
        Rule.learn(good),
        CONFIG,
    )
    assert row["harm"] == 0.5
    assert row["potent"]
    assert row["found"]["value"] == pytest.approx(2 / 3)
    assert row["found"]["low"] <= row["found"]["value"] <= row["found"]["high"]
    assert row["found_harmless"] == pytest.approx(1 / 3)


def test_a_fault_that_moves_nothing_does_not_count(good):
    row = plant_row(
        "p", "leak", "rejected", trial([[0] * 6, [2] * 6], moved=[0.9, *[0.0] * 5]), Rule.learn(good), CONFIG
    )
    assert not row["potent"]
    assert pooled([row], ["leak"])["plants"] == 0


def test_families_are_pooled_by_harmed_forecasts(good):
    rule = Rule.learn(good)
    few = plant_row("few", "leak", "rejected", trial([[0] * 4, [0] * 4], moved=[0.9, 0, 0, 0]), rule, CONFIG)
    many = plant_row("many", "leak", "rejected", trial([[0] * 3, [2] * 3], moved=[0.9] * 3), rule, CONFIG)
    assert pooled([few, many], ["leak"])["found"] == pytest.approx(3 / 4)


def test_all_or_none_found_still_has_an_interval(good):
    row = plant_row("p", "leak", "rejected", trial([[0] * 9, [2] * 9]), Rule.learn(good), CONFIG)
    assert row["found"]["value"] == 1
    assert 0.6 < row["found"]["low"] < 1


def test_separation_is_one_half_where_a_check_says_nothing(good):
    low = trial([[0, 0], [0, 0]], value=np.array([[5.0, 6.0], [np.nan, np.nan]]))
    high = trial([[0, 0], [0, 0]], value=np.array([[1.0, 2.0], [1.0, 2.0]]))
    assert separation(low, high, np.array([1.0, 1.0])).tolist() == [1.0, 0.5]
    assert separation(low, high, np.array([-1.0, 1.0])).tolist() == [0.0, 0.5]


def test_the_direction_of_a_check_is_read_off_its_offences():
    below = trial([[2, 0], [0, 0]], value=np.array([[1.0, 2.0], [0.0, 0.0]]))
    assert directions([below]).tolist() == [-1.0, 1.0]
    informs = trial([[1, 0], [0, 0]], value=np.array([[1.0, 2.0], [0.0, 0.0]]))
    assert directions([informs]).tolist() == [-1.0, 1.0]
