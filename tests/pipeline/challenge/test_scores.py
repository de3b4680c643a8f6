"""Scores of trials whose outcome is known."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.scores import Rule, directions, plant_row, pooled, separation

CONFIG = ChallengeConfig(archive="a", samples="s", bundle="b", output="o", resamples=50)


def trial(outcome, moved=None, verdict=None, **columns):
    """Two checks; a forecast a column."""
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
    return xr.Dataset(data | {"check": ("check", np.array(["A", "B"])[: len(outcome)])})


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
