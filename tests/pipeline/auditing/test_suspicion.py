"""Objections weighed: what good forecasts meet often decides nothing alone."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.suspicion import levels, suspicion
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import batch, check, findings

PASS, REVIEW, IMPLAUSIBLE, MISSING = Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE, Outcome.NOT_EVALUABLE
GATE = load_limits().gate
# What outweighs a single objection, and what does not.
COMMON = [(name, reason) for name, reasons in GATE.objected.items() for reason in reasons]


def reason_of(name):
    return next(iter(GATE.objected.get(name, {"because": 0})))


def judged(observed=PASS, reason=None, says=None, **outcomes):
    """Judge one forecast to which these checks answer so, and one check against the observed Sun.

    ``says``: how far what K3 measures lies beyond its limit; without it K3 has no answer.
    """
    forecasts = batch(1)
    checks = [check(name, [outcome], reason=reason or reason_of(name)) for name, outcome in outcomes.items()]
    known = [] if says is None else [check("K3", [PASS])]
    found = findings(forecasts, *known, check("C4", [observed], 900), *checks)
    if says is not None:
        found["value"].values[0] = found["limit"].values[0] + says
    return judge(forecasts, found)


@pytest.mark.parametrize(("name", "reason"), COMMON, ids=[f"{name}-{reason[:12]}" for name, reason in COMMON])
def test_what_good_forecasts_meet_is_a_remark(name, reason):
    result = judged(reason=reason, says=1.0, **{name: REVIEW})
    assert result["verdict"].item() == "ACCEPT"
    assert result["codes"].item() == name
    assert result["why"].item().startswith(f"accepted with a remark that good forecasts meet, too: {name} ")
    assert "remark" in result["decide"].item()
    share = (GATE.objected[name][reason] + 1) / (GATE.forecasts + 2)
    np.testing.assert_allclose(result["suspicion"], -np.log(share))


@pytest.mark.parametrize(("one", "other"), [("J4", "E8"), ("E2", "J1"), ("J4", "E2")])
def test_two_remarks_put_a_forecast_to_review(one, other):
    result = judged(**{one: REVIEW, other: REVIEW})
    assert result["verdict"].item() == "REVIEW"
    assert "served with this flag" in result["decide"].item()
    alone = [judged(**{name: REVIEW})["suspicion"].item() for name in (one, other)]
    np.testing.assert_allclose(result["suspicion"].item(), sum(alone))


@pytest.mark.parametrize(("one", "other"), [("C2", "K1"), ("C6", "C8"), ("B5", "C9"), ("G1", "C9"), ("G3", "K1")])
def test_a_flare_that_two_do_not_expect_is_one_objection(one, other):
    alone = [judged(**{name: REVIEW})["suspicion"].item() for name in (one, other)]
    both = judged(says=1.0, **{one: REVIEW, other: REVIEW})
    np.testing.assert_allclose(both["suspicion"].item(), max(alone))
    assert both["verdict"].item() == "ACCEPT"
    assert both["codes"].item() == f"{one},{other}"


def test_an_unexpected_flare_from_inputs_that_are_doubted_is_two_objections():
    alone = [judged(**{name: REVIEW})["suspicion"].item() for name in ("C2", "J4")]
    result = judged(says=1.0, C2=REVIEW, J4=REVIEW)
    np.testing.assert_allclose(result["suspicion"].item(), sum(alone))
    assert result["verdict"].item() == "REVIEW"


@pytest.mark.parametrize("name", ["K3", "H4", "A4", "E3", "L1"])
def test_what_no_good_forecast_met_decides_alone(name):
    assert judged(**{name: REVIEW})["verdict"].item() == "REVIEW"
    assert -np.log(1 / (GATE.forecasts + 2)) > GATE.level > GATE.unknown


def test_what_says_more_bears_more():
    one = -np.log((GATE.objected["J4"][reason_of("J4")] + 1) / (GATE.forecasts + 2))
    two = one - np.log((GATE.objected["J5"][reason_of("J5")] + 1) / (GATE.forecasts + 2))
    assert GATE.unknown < two < GATE.level
    for weight, objections in ((one, {"J4": REVIEW}), (two, {"J4": REVIEW, "J5": REVIEW})):
        assert judged(says=GATE.per_nat * weight * 0.99, **objections)["verdict"].item() == "REVIEW"
        assert judged(says=GATE.per_nat * weight * 1.01, **objections)["verdict"].item() == "ACCEPT"
    assert judged(says=0.0)["verdict"].item() == "ACCEPT"
    assert judged(says=1e6, H4=REVIEW)["verdict"].item() == "REVIEW"


@pytest.mark.parametrize("name", ["C7", "E1", "D4"])
def test_where_nobody_knows_what_it_says_a_rare_objection_decides_alone(name):
    assert judged(**{name: REVIEW})["verdict"].item() == "REVIEW"
    assert judged(says=1.0, **{name: REVIEW})["verdict"].item() == "ACCEPT"
    assert judged(J4=REVIEW)["verdict"].item() == "ACCEPT"


def test_where_nobody_knows_what_it_says_two_common_objections_are_too_many():
    forecasts = batch(2)
    np.testing.assert_array_equal(levels(findings(forecasts, check("J4", [PASS, PASS]))), GATE.unknown)
    found = findings(forecasts, check("K3", [MISSING, PASS]))
    found["value"].values[0, 1] = 1e6
    np.testing.assert_array_equal(levels(found), [GATE.unknown, GATE.level])


@pytest.mark.parametrize("name", list(GATE.objected))
def test_a_reason_that_no_good_forecast_met_decides_alone(name):
    assert judged(reason="QUALITY says that there is no data at all", **{name: REVIEW})["verdict"].item() == "REVIEW"


def test_weight_or_not_a_grave_finding_rejects():
    assert judged(J4=IMPLAUSIBLE)["verdict"].item() == "REJECT"


def test_a_remark_hides_no_forecast_that_nothing_could_prove():
    result = judged(observed=MISSING, J4=REVIEW)
    assert result["verdict"].item() == "REVIEW"
    assert result["codes"].item() == "UNPROVEN,J4"
    assert result["why"].item().startswith("no check could hold it against what was observed; J4 ")
    assert "on evidence from elsewhere" in result["decide"].item()


def test_without_objections_there_is_no_suspicion():
    forecasts = batch(3)
    found = findings(forecasts, check("J4", [PASS, Outcome.INFO, MISSING]))
    np.testing.assert_array_equal(suspicion(found), 0)
