"""What was not examined of the model is told, and only that."""

import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.examined import unexamined
from tests.pipeline.auditing.batches import batch, check, findings

PASS, REVIEW, MISSING = Outcome.PASS, Outcome.REVIEW, Outcome.NOT_EVALUABLE


@pytest.mark.parametrize("judged", [PASS, REVIEW])
def test_a_check_of_the_model_that_judged_nothing_is_named_with_its_reason(judged):
    found = findings(
        batch(3),
        check("A1", [MISSING] * 3),
        check("L1", [MISSING] * 3, reason="too few regions: 6 of 10"),
        check("L2", [judged, judged, MISSING]),
    )
    assert unexamined(found) == ["L1 name of L1: too few regions: 6 of 10"]


def test_a_batch_without_checks_of_the_model_has_nothing_to_tell():
    assert unexamined(findings(batch(2), check("A1", [MISSING] * 2))) == []
