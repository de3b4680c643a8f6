"""What was not examined of the model is told, and only that."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.auditing.examined import unexamined
from tests.pipeline.auditing.batches import batch, check, findings

PASS, REVIEW, MISSING = Outcome.PASS, Outcome.REVIEW, Outcome.NOT_EVALUABLE


@pytest.mark.parametrize("judged", [PASS, REVIEW])
def test_a_check_of_the_model_that_judged_nothing_is_named_with_its_reason(judged):
    forecasts = batch(3)
    found = findings(
        forecasts,
        check("A1", [MISSING] * 3),
        check("L1", [MISSING] * 3, reason="too few regions: 6 of 10"),
        check("L2", [judged, judged, MISSING]),
    )
    assert unexamined(found, forecasts) == ["L1 name of L1: too few regions: 6 of 10"]


def test_a_batch_without_checks_of_the_model_has_nothing_to_tell():
    forecasts = batch(2)
    assert unexamined(findings(forecasts, check("A1", [MISSING] * 2)), forecasts) == []


def test_the_reason_is_that_of_the_regions_however_many_other_slots_there_are():
    forecasts = batch(7)
    forecasts["entity"].values[:3] = "full_disk"
    forecasts["status"].values[4:] = "NO_FORECAST"
    few = {"model_gain_high": np.full(7, np.nan), "model_flaring": np.array([np.nan] * 3 + [6.0] * 4)}
    forecasts = forecasts.assign({name: ("forecast", values) for name, values in few.items()})
    (told,) = unexamined(evaluate(forecasts, all_checks(["L1"])), forecasts)
    assert told.endswith(
        "too few regions that flared and that the referee judges in the validation block to examine the model: 6 of 10"
    )
