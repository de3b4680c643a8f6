import re
from dataclasses import replace

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import batch, check, findings

PASS, INFO, REVIEW = Outcome.PASS, Outcome.INFO, Outcome.REVIEW
IMPLAUSIBLE, INVALID, MISSING = Outcome.IMPLAUSIBLE, Outcome.INVALID, Outcome.NOT_EVALUABLE


def judged(*columns, **changes):
    """Judge one forecast a column; the first check is arithmetic, the second has a reference set."""
    forecasts = batch(len(columns), **changes)
    arithmetic, observed = zip(*columns, strict=True)
    return judge(forecasts, findings(forecasts, check("A1", arithmetic), check("C4", observed, 900)))


@pytest.mark.parametrize(
    ("outcomes", "verdict", "codes"),
    [
        ((PASS, PASS), "ACCEPT", ""),
        ((INFO, PASS), "ACCEPT", ""),
        ((MISSING, PASS), "ACCEPT", ""),
        ((REVIEW, PASS), "REVIEW", "A1"),
        ((PASS, MISSING), "REVIEW", "UNPROVEN"),
        ((MISSING, MISSING), "REVIEW", "UNPROVEN"),
        ((PASS, IMPLAUSIBLE), "REJECT", "C4"),
        ((INVALID, MISSING), "REJECT", "A1"),
        ((REVIEW, IMPLAUSIBLE), "REJECT", "C4,A1"),
    ],
)
def test_the_gravest_finding_decides(outcomes, verdict, codes):
    result = judged(outcomes)
    assert result["verdict"].item() == verdict
    assert result["codes"].item() == codes


def test_what_could_not_be_evaluated_is_counted_and_named():
    result = judged((MISSING, MISSING), (PASS, PASS))
    assert result["not_evaluable"].values.tolist() == [2, 0]
    assert result["unevaluated"].values.tolist() == ["A1, C4: because", ""]


def test_a_rejection_tells_its_numbers_and_its_reason():
    text = judged((PASS, IMPLAUSIBLE))["why"].item()
    assert text == "C4 name of C4 IMPLAUSIBLE: 0.5 against 0.25 (because)"


def test_an_accepted_forecast_serves_its_own_probability():
    forecasts = batch(1)
    result = judge(forecasts, findings(forecasts, check("C4", [PASS], 900)))
    np.testing.assert_array_equal(result["served_probability"], forecasts["probability"])
    assert result["served"].item() == "deep model"
    assert result["served_status"].item() == "ISSUED"


def test_the_physics_referee_is_served_instead_of_a_rejected_forecast():
    forecasts = batch(2)
    result = judge(forecasts, findings(forecasts, check("C4", [IMPLAUSIBLE, PASS], 900)))
    np.testing.assert_array_equal(result["served_probability"][0], forecasts["probability_regression"][0])
    assert result["served_status"].values.tolist() == ["FALLBACK", "ISSUED"]
    assert result["served_reason"].values[0].startswith("rejected by C4; served instead: logistic regression")


@pytest.mark.parametrize("code", ["D4", "E2", "J1"])
def test_a_referee_that_reads_the_rejected_inputs_is_passed_over(code):
    forecasts = batch(2)
    found = findings(forecasts, check("C4", [PASS, IMPLAUSIBLE], 900), check(code, [IMPLAUSIBLE, PASS], 900))
    result = judge(forecasts, found)
    assert result["served"].values[0] == "climatology of the prior 120 days"
    assert result["served"].values[1].startswith("logistic regression")


@pytest.mark.parametrize(
    ("place", "value"),
    [((0, 0, 0), np.nan), ((0, 0, 0), 1.01), ((0, 2, 0), 0.9), ((0, 0, 2), 0.0)],
    ids=["missing", "out of bounds", "X above C", "72 h below 24 h"],
)
def test_a_broken_referee_is_passed_over_for_climatology(place, value):
    forecasts = batch(1)
    forecasts["probability_regression"].values[place] = value
    result = judge(forecasts, findings(forecasts, check("C4", [IMPLAUSIBLE], 900)))
    assert result["served"].item() == "climatology of the prior 120 days"
    np.testing.assert_array_equal(result["served_probability"], forecasts["probability_climatology"])


def test_nothing_is_served_where_nothing_coherent_is_left():
    forecasts = batch(1).drop_vars(["probability_regression", "probability_climatology"])
    result = judge(forecasts, findings(forecasts, check("C4", [IMPLAUSIBLE], 900)))
    assert np.isnan(result["served_probability"]).all()
    assert result["served_status"].item() == "NO_FORECAST"
    assert "nothing to serve instead" in result["served_reason"].item()


def test_a_slot_without_a_forecast_is_no_verdict_on_one():
    row = ("forecast",)
    texts = {"status": (row, ["NO_FORECAST"]), "status_reason": (row, ["no SHARP record in 24 h"])}
    forecasts = batch(1, **{name: (dims, np.array(value, dtype=object)) for name, (dims, value) in texts.items()})
    result = judge(forecasts, findings(forecasts, check("C4", [PASS], 900)))
    assert result["verdict"].item() == "NO_FORECAST"
    assert result["why"].item() == "no forecast: no SHARP record in 24 h"
    assert result["served_status"].item() == "FALLBACK"


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ((INVALID, PASS), "and must be mended"),
        ((PASS, IMPLAUSIBLE), "none of the reference events did .C4 name of C4"),
        ((PASS, REVIEW), "served with this flag"),
        ((PASS, MISSING), "Decide on evidence from elsewhere"),
        ((PASS, PASS), "does not show that the forecast is skilful"),
    ],
)
def test_the_scientist_is_told_what_is_left_to_decide(outcomes, words):
    assert re.search(words, judged(outcomes)["decide"].item())


def test_a_check_held_against_a_simulated_sun_proves_nothing_of_the_sun():
    forecasts = batch(1)
    of_the_model = replace(check("H2", [PASS], 166), reference_set="simulated Sun, 2013; no GOES scale")
    found = findings(forecasts, check("A1", [PASS]), of_the_model)
    assert judge(forecasts, found)["codes"].values.tolist() == ["UNPROVEN"]
    proven = findings(forecasts, check("A1", [PASS]), check("C4", [PASS], 900), of_the_model)
    assert judge(forecasts, proven)["verdict"].values.tolist() == ["ACCEPT"]


@pytest.mark.parametrize("name", ["A3", "B7", "G1", "E1", "D4", "M1"])
def test_numbers_that_agree_with_each_other_alone_are_not_accepted(name):
    forecasts = batch(2)
    alone = judge(forecasts, findings(forecasts, check(name, [PASS, PASS], 900), check("C4", [MISSING, PASS], 900)))
    assert alone["verdict"].values.tolist() == ["REVIEW", "ACCEPT"]
    assert alone["codes"].values.tolist() == ["UNPROVEN", ""]
    assert alone["why"].values[0].startswith("no check could hold it against what was observed; 1 checks passed")
