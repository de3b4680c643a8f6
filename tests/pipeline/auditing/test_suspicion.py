"""Objections weighed: what good forecasts meet often decides nothing alone."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.suspicion import suspicion
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import batch, check, findings

PASS, REVIEW, IMPLAUSIBLE = Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE
GATE = load_limits().gate


def judged(**outcomes):
    """Judge one forecast to which these checks answer so, and which passes a check against the observed Sun."""
    forecasts = batch(1)
    checks = [check(name, [outcome]) for name, outcome in outcomes.items()]
    return judge(forecasts, findings(forecasts, check("A8", [PASS], 900), *checks))


@pytest.mark.parametrize("name", ["J4", "E8", "E2", "J1", "G1", "J5", "J3", "C9"])
def test_what_good_forecasts_meet_is_a_remark(name):
    result = judged(**{name: REVIEW})
    assert result["verdict"].item() == "ACCEPT"
    assert result["codes"].item() == name
    assert result["why"].item().startswith(f"accepted with a remark that good forecasts meet, too: {name} ")
    assert "remark" in result["decide"].item()
    np.testing.assert_allclose(result["suspicion"], -np.log((GATE.objected[name] + 1) / (GATE.forecasts + 2)))


@pytest.mark.parametrize(("one", "other"), [("J4", "E8"), ("E2", "J1"), ("J4", "J3")])
def test_two_remarks_put_a_forecast_to_review(one, other):
    result = judged(**{one: REVIEW, other: REVIEW})
    assert result["verdict"].item() == "REVIEW"
    assert "served with this flag" in result["decide"].item()
    alone = [judged(**{name: REVIEW})["suspicion"].item() for name in (one, other)]
    np.testing.assert_allclose(result["suspicion"].item(), sum(alone))


@pytest.mark.parametrize("name", ["K3", "H5", "B5", "B8"])
def test_what_hardly_any_good_forecast_meets_decides_alone(name):
    assert judged(**{name: REVIEW})["verdict"].item() == "REVIEW"


def test_weight_or_not_a_grave_finding_rejects():
    assert judged(J4=IMPLAUSIBLE)["verdict"].item() == "REJECT"


def test_without_objections_there_is_no_suspicion():
    forecasts = batch(3)
    found = findings(forecasts, check("J4", [PASS, Outcome.INFO, Outcome.NOT_EVALUABLE]))
    np.testing.assert_array_equal(suspicion(found), 0)
