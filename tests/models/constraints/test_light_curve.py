"""F3, F4, F5: channel ratio, order of peaks, background."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
P = cells(0.5, 0.2, 0.02)


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        (4.6e-5, 1e-4, Outcome.PASS),
        (4.8e-5, 1e-4, Outcome.REVIEW),
        (6.1e-5, 1e-4, Outcome.IMPLAUSIBLE),
        (-1e-9, 1e-6, Outcome.INVALID),
        (1e-9, -1e-6, Outcome.INVALID),
        (np.inf, 1e-4, Outcome.INVALID),
        (9e-11, 1e-7, NA),
        (2e-8, 2e-8, NA),
        (np.nan, 1e-4, NA),
    ],
)
def test_the_channel_ratio_is_that_of_a_flare_plasma(short, long, expected):
    assert ask("F3", batch([P], xrsa=short, xrsb=long))[0] == [expected]


@pytest.mark.parametrize(
    ("hot", "bright", "dense", "expected"),
    [
        (0, 2, 5, Outcome.PASS),
        (6, 2, 5, Outcome.PASS),
        (8, 2, 5, Outcome.REVIEW),
        (0, 8, 2, Outcome.REVIEW),
        (0, None, 2, NA),
    ],
)
def test_temperature_flux_and_emission_measure_peak_in_this_order(hot, bright, dense, expected):
    def at(minute):
        start = np.datetime64("2014-06-01", "ns")
        return np.datetime64("NaT", "ns") if minute is None else start + np.timedelta64(minute, "m")

    made = batch([P], temperature_peak_time=at(hot), peak_time=at(bright), emission_peak_time=at(dense))
    assert ask("F4", made)[0] == [expected]


@pytest.mark.parametrize(
    ("background", "scale", "entity", "expected"),
    [
        (2.9e-6, "science", "full_disk", Outcome.PASS),
        (3.1e-6, "science", "full_disk", Outcome.REVIEW),
        (3.1e-6, "operational", "full_disk", Outcome.PASS),
        (3.1e-6, "science", "region", NA),
        (np.nan, "science", "full_disk", NA),
    ],
)
def test_the_largest_flux_is_not_far_below_the_background(background, scale, entity, expected):
    made = batch([cells(0.6, 0.2, 0.1)], entity=entity, xrs_background=background, attrs={"goes_scale": scale})
    assert ask("F5", made)[0] == [expected]


def test_the_background_is_held_against_the_true_flux_of_its_time():
    evidence = {"entity": "full_disk", "xrs_background": 3.1e-6, "attrs": {"goes_scale": "operational"}}
    old, new = batch([cells(0.6, 0.2, 0.1)], **evidence), batch([cells(0.6, 0.2, 0.1)], when="2024-05-10", **evidence)
    assert [ask("F5", one)[0][0] for one in (old, new)] == [Outcome.PASS, Outcome.REVIEW]


def test_a_forecast_that_predicts_no_flux_has_none_to_compare():
    assert ask("F5", batch([cells(0.2, 0.1, 0.05)], entity="full_disk", xrs_background=1e-5))[0] == [NA]
