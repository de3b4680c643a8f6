"""G5 and G6: martingale and jumps."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch

NA = Outcome.NOT_EVALUABLE
START = np.datetime64("2014-06-01", "ns")


def forecasts(paths, **kwargs):
    """Paths of probabilities (target, step): every target is a region of its own, forecast hourly for one window."""
    targets, steps = paths.shape
    hours = np.tile(np.arange(steps), targets)
    return batch(
        np.repeat(paths.reshape(-1, 1, 1), 1, axis=1),
        thresholds=("M1.0",),
        windows=(24.0,),
        when=(START + hours * np.timedelta64(1, "h")).astype(str).tolist(),
        start=np.full(targets * steps, START + np.timedelta64(1, "D")),
        noaa_ar=np.repeat(11000 + np.arange(targets), steps),
        **kwargs,
    )


def martingale(targets, rng):
    """Probability that a random walk ends above zero, as more of its steps are seen."""
    from math import erf

    steps = np.cumsum(rng.normal(size=(targets, 9)), axis=1)
    left = np.sqrt(9.0 - np.arange(9))
    before = np.concatenate([np.zeros((targets, 1)), steps[:, :8]], axis=1)
    return np.vectorize(lambda z: 0.5 * (1 + erf(z / np.sqrt(2))))(before / left)


def test_forecasts_that_use_their_information_pass():
    assert set(ask("G5", forecasts(martingale(400, np.random.default_rng(0))))[0]) == {Outcome.PASS}


def test_noise_on_every_issue_is_over_reaction():
    rng = np.random.default_rng(1)
    noisy = np.clip(martingale(400, rng) + rng.normal(scale=0.15, size=(400, 9)), 0, 1)
    outcomes, reasons = ask("G5", forecasts(noisy))
    assert set(outcomes) == {Outcome.REVIEW}
    assert "over-reacts" in reasons[0]


def test_half_of_each_step_is_sluggish():
    paths = martingale(400, np.random.default_rng(2))
    slow = paths.copy()
    for step in range(1, 9):
        slow[:, step] = slow[:, step - 1] + 0.4 * (paths[:, step] - slow[:, step - 1])
    outcomes, reasons = ask("G5", forecasts(slow))
    assert set(outcomes) == {Outcome.REVIEW}
    assert "sluggish" in reasons[0]


def test_few_targets_or_single_forecasts_say_nothing():
    rng = np.random.default_rng(3)
    assert set(ask("G5", forecasts(martingale(99, rng)))[0]) == {NA}
    assert set(ask("G5", forecasts(martingale(200, rng)[:, :1]))[0]) == {NA}


@pytest.mark.parametrize(
    ("second", "evidence", "expected"),
    [
        (0.28, {}, Outcome.PASS),
        (0.31, {}, Outcome.REVIEW),
        (0.14, {}, Outcome.PASS),
        (0.13, {}, Outcome.REVIEW),
        (0.5, {"input_change": 1.2}, NA),
        (0.5, {"input_change": np.nan}, NA),
        (0.5, {"flares_24h": [0.0, 1.0]}, NA),
        # not known to be none
        (0.31, {"flares_24h": [0.0, np.nan]}, NA),
        (0.31, {"flares_24h": [np.nan, 0.0]}, NA),
        (0.5, {"flares_24h": [1.0, 1.0]}, Outcome.REVIEW),
        (0.5, {"mcintosh": ["DAO", "DKI"]}, NA),
        (0.5, {"longitude": [-91.0, -89.0]}, NA),
    ],
)
def test_a_jump_needs_a_cause(second, evidence, expected):
    made = forecasts(np.array([[0.2, second]]), **{"input_change": 0.5, "flares_24h": 0.0, **evidence})
    assert ask("G6", made)[0] == [NA, expected]


def test_a_gap_excuses_a_jump():
    made = forecasts(np.array([[0.2, 0.2, 0.5]]), input_change=0.5, flares_24h=0.0)
    later = made.isel(forecast=[0, 2])
    assert ask("G6", made)[0][2] == Outcome.REVIEW
    assert ask("G6", later)[0][1] == NA
