"""F1 and F2: GOES scales and classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
P = cells(0.5, 0.2, 0.02)


@pytest.mark.parametrize(
    ("scale", "satellite", "expected"),
    [
        ("operational", [15, 13], [Outcome.PASS, Outcome.PASS]),
        ("operational", [15, 16], [Outcome.PASS, Outcome.PASS]),
        ("operational", [-1, -1], [Outcome.PASS, Outcome.PASS]),
        ("science", [15, 16], [Outcome.PASS, Outcome.PASS]),
        ("unknown", [15, 13], [NA, NA]),
        ("unknown", [15, 16], [Outcome.INVALID, Outcome.INVALID]),
        ("unknown", [-1, 16], [NA, NA]),
    ],
)
def test_a_scale_is_declared_and_possible_for_the_satellite(scale, satellite, expected):
    made = batch([P, P], attrs={"goes_scale": scale}, satellite=satellite, when="2018-06-01")
    assert ask("F1", made)[0] == expected


@pytest.mark.parametrize(
    ("when", "satellite", "share"),
    [
        ("2019-12-09T17:00", -1, 0.7),
        ("2019-12-09T18:00", -1, 1.0),
        ("2018-06-01", 16, 1.0),
        ("2020-02-01", 15, 0.7),  # in orbit, and no longer the satellite in operation
        ("NaT", 16, 1.0),
    ],
)
def test_the_operational_scale_is_that_of_the_satellite_else_of_the_one_in_operation(when, satellite, share):
    found = evaluate(batch([P], satellite=satellite, when=when), all_checks(["F1"]))
    assert found.outcome.values[0, 0] == Outcome.PASS
    assert found.value.values[0, 0] == pytest.approx(share)


def test_without_satellite_and_time_the_operational_scale_is_not_known():
    outcomes, reasons = ask("F1", batch([P], when="NaT"))
    assert outcomes == [NA]
    assert reasons == ["neither satellite nor time of issue says what the operational scale was"]


@pytest.mark.parametrize("scale", ["operational", "science", "unknown"])
def test_a_satellite_that_was_not_there_yet_is_invalid_on_every_scale(scale):
    made = batch([P, P], attrs={"goes_scale": scale}, satellite=[16, 15], when="2014-06-01")
    mixed = Outcome.INVALID if scale == "unknown" else Outcome.PASS
    assert ask("F1", made)[0] == [Outcome.INVALID, mixed]
    assert ask("F1", made)[1][0].startswith("issued before its satellite was launched")


@pytest.mark.parametrize(
    ("times", "expected"),
    [(["2014-06-01", "2018-06-01"], NA), (["2014-06-01", "2022-06-01"], Outcome.INVALID)],
)
def test_an_undeclared_batch_across_the_change_of_scale_is_invalid(times, expected):
    made = batch([P, P], attrs={"goes_scale": "unknown"}, when=times)
    assert ask("F1", made)[0] == [expected, expected]


@given(st.sampled_from(["C1.0", "M2.5", "X9.3", "m1.0", "X28"]), st.floats(0.5, 2.0))
def test_class_and_flux_agree_within_five_percent(name, factor):
    letters = {"C": 1e-6, "M": 1e-5, "X": 1e-4}
    flux = letters[name[0].upper()] * float(name[1:]) * factor
    outcome = ask("F2", batch([P], goes_class=name, peak_flux=flux))[0][0]
    if abs(abs(factor - 1) - 0.05) > 1e-6:
        assert outcome == (Outcome.PASS if abs(factor - 1) < 0.05 else Outcome.INVALID)


def test_a_missed_scale_is_named():
    outcomes, reasons = ask("F2", batch([P, P], goes_class="M5.0", peak_flux=[5e-5 / 0.7, 5e-5 * 1.3]))
    assert outcomes == [Outcome.INVALID] * 2
    assert reasons == [
        "class and flux differ by 0.70: one of them is on the other scale",
        "class and flux do not agree",
    ]


def test_what_is_no_class_is_invalid_and_what_is_missing_not_evaluable():
    made = batch([P, P, P], goes_class=["Q1.0", "", "C1.0"], peak_flux=[1e-6, 1e-6, np.nan])
    assert ask("F2", made)[0] == [Outcome.INVALID, NA, NA]
